public import Compute

extension CPUBackend {
    /// A thread forms the Grams of a pack's tasks in scratch that stays in its cache, factors and solves them there, and
    /// writes only what was asked for.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func leastSquares(
        _ rows: Rows, tolerance: Scalar, into coefficients: Vectors<Buffer>, diagnosis: Vectors<Buffer>
    ) {
        let chunk = rows.chunk
        precondition(chunk.range.foldCount == 1, "rows in no folds")
        precondition(
            coefficients.width == chunk.featureCount && coefficients.columnCount == chunk.responseCount,
            "one coefficient a feature and response")
        precondition(diagnosis.valuesPerTask == 2, "a code and a condition a task")
        guard let tasks = chunk.range.wholeTasks else {
            preconditionFailure("least squares needs chunks of whole packs of tasks")
        }
        let firstPack = tasks.lowerBound / Self.lanes
        let packCount = (tasks.upperBound + Self.lanes - 1) / Self.lanes - firstPack
        let firstBlocks = Self.firstBlocks(of: chunk.range.blocks, firstPack: firstPack, packCount: packCount)
        let order = chunk.featureCount
        let rowCost = chunk.range.rowCount / max(1, packCount) * chunk.width * chunk.width
        let grain = max(
            1, min(8_000_000 / (rowCost + order * order * order + 1), packCount / (8 * parallel.threadCount)))
        parallel.forEachRange(
            of: packCount, grain: grain, scratch: LeastSquaresScratch<Scalar>(width: chunk.width, order: order)
        ) { packs, scratch in
            for pack in packs {
                scratch.formMoments(of: chunk.range.blocks[firstBlocks[pack]..<firstBlocks[pack + 1]], in: chunk)
                scratch.cholesky.factor(
                    scratch.moments, tolerance: tolerance,
                    diagnosis: diagnosis.entries.vectors(ofPack: firstPack + pack), scratch: scratch.vectors)
                let output: UnsafeMutablePointer<Scalar.Lanes> = coefficients.entries.vectors(ofPack: firstPack + pack)
                for response in 0..<chunk.responseCount {
                    let x = output + response * order
                    x.update(from: scratch.moments + triangleCount(order + response), count: order)
                    scratch.cholesky.solveLower(x)
                    scratch.cholesky.solveUpper(x)
                }
            }
        }
    }

    /// The first block of each pack of a chunk, and the number of blocks.
    @inline(__always)
    private static func firstBlocks(of blocks: [RowBlock], firstPack: Int, packCount: Int) -> [Int] {
        var firstBlocks = [0]
        firstBlocks.reserveCapacity(packCount + 1)
        for (index, block) in blocks.enumerated() {
            while firstBlocks.count <= Int(block.task) / lanes - firstPack { firstBlocks.append(index) }
        }
        while firstBlocks.count <= packCount { firstBlocks.append(blocks.count) }
        return firstBlocks
    }
}

/// One thread's memory for the moments and the factors of one pack of tasks.
struct LeastSquaresScratch<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = Scalar.Lanes

    /// The joint Grams, one task a lane.
    let moments: UnsafeMutablePointer<Lanes>
    let cholesky: PackCholesky<Scalar.Lanes>
    /// What factoring needs.
    let vectors: UnsafeMutablePointer<Lanes>
    private let gram: JointGram<Scalar>
    private let entryCount: Int

    init(width: Int, order: Int) {
        entryCount = triangleCount(width)
        moments = .allocate(capacity: entryCount)
        cholesky = PackCholesky(order: order, lower: .allocate(capacity: triangleCount(order)))
        vectors = .allocate(capacity: 3 * order)
        gram = JointGram(width: width)
    }

    func deallocate() {
        moments.deallocate()
        cholesky.lower.deallocate()
        vectors.deallocate()
        gram.deallocate()
    }

    /// Sums the blocks of the pack's tasks from zero, as `accumulate` does.
    @inline(__always)
    func formMoments(of blocks: ArraySlice<RowBlock>, in chunk: RowChunk<Scalar>) {
        moments.initialize(repeating: .zero, count: entryCount)
        let lanes = Lanes.scalarCount
        let values = UnsafeMutableRawPointer(moments).assumingMemoryBound(to: Scalar.self)
        for block in blocks {
            let first = Int(block.firstRow)
            gram.sum(
                rows: chunk.values + first * chunk.width, weights: chunk.weights.map { UnsafePointer($0) + first },
                rowCount: Int(block.rowCount))
            gram.add(to: values + Int(block.task) % lanes, stride: lanes)
        }
    }
}
