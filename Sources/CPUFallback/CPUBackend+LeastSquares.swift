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
        let together = LeastSquaresScratch<Scalar>.packCount
        let rowCost = chunk.range.rowCount / max(1, packCount) * chunk.width * chunk.width
        let grain = max(
            1,
            min(8_000_000 / (rowCost + order * order * order + 1), packCount / (8 * parallel.threadCount)) / together)
        chunk.range.blocks.withUnsafeBufferPointer { allBlocks in
            parallel.forEachRange(
                of: (packCount + together - 1) / together, grain: grain,
                scratch: LeastSquaresScratch<Scalar>(width: chunk.width, order: order)
            ) { groups, scratch in
                for group in groups {
                    let packs = group * together..<min((group + 1) * together, packCount)
                    let blocks = allBlocks[firstBlocks[packs.lowerBound]..<firstBlocks[packs.upperBound]]
                    scratch.formMoments(of: blocks, in: chunk, firstTask: (firstPack + packs.lowerBound) * Self.lanes)
                    scratch.solve(responseCount: chunk.responseCount, tolerance: tolerance)
                    for pack in packs {
                        scratch.write(
                            pack - packs.lowerBound, responseCount: chunk.responseCount,
                            coefficients: coefficients.entries.vectors(ofPack: firstPack + pack),
                            diagnosis: diagnosis.entries.vectors(ofPack: firstPack + pack))
                    }
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

/// One thread's memory for the moments and the factors of one pack of tasks, or of two: their factorizations, side by
/// side, do not wait for their square roots and divisions.
struct LeastSquaresScratch<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = Scalar.Lanes
    typealias Wide = Scalar.WideLanes

    private let order: Int
    /// The joint Grams, one task a lane; coefficients take the place of what they are solved from.
    private let moments: UnsafeMutablePointer<Wide>
    private let cholesky: PackCholesky<Wide>
    private let diagnosis: UnsafeMutablePointer<Wide>
    /// What factoring needs.
    private let vectors: UnsafeMutablePointer<Wide>
    private let gram: JointGram<Scalar>
    private let entryCount: Int

    init(width: Int, order: Int) {
        self.order = order
        entryCount = triangleCount(width)
        moments = .allocate(capacity: entryCount)
        cholesky = PackCholesky(order: order, lower: .allocate(capacity: triangleCount(order)))
        diagnosis = .allocate(capacity: 2)
        vectors = .allocate(capacity: 3 * order)
        gram = JointGram(width: width)
    }

    func deallocate() {
        moments.deallocate()
        cholesky.lower.deallocate()
        diagnosis.deallocate()
        vectors.deallocate()
        gram.deallocate()
    }

    /// Packs at a time.
    @inline(__always)
    static var packCount: Int { Wide.scalarCount / Lanes.scalarCount }

    /// Sums the blocks of the packs' tasks from zero, as `accumulate` does.
    @inline(__always)
    func formMoments(of blocks: Slice<UnsafeBufferPointer<RowBlock>>, in chunk: RowChunk<Scalar>, firstTask: Int) {
        moments.initialize(repeating: .zero, count: entryCount)
        let values = UnsafeMutableRawPointer(moments).assumingMemoryBound(to: Scalar.self)
        var last: Int32? = nil
        for block in blocks {
            let first = Int(block.firstRow)
            gram.sum(
                rows: chunk.values + first * chunk.width, weights: chunk.weights.map { UnsafePointer($0) + first },
                rowCount: Int(block.rowCount))
            let lane = values + Int(block.task) - firstTask
            if block.task == last {
                gram.add(to: lane, stride: Wide.scalarCount)
            } else {
                gram.write(to: lane, stride: Wide.scalarCount)
            }
            last = block.task
        }
    }

    /// Factors the Grams and solves for the coefficients of all responses.
    @inline(__always)
    func solve(responseCount: Int, tolerance: Scalar) {
        cholesky.factor(moments, tolerance: tolerance, diagnosis: diagnosis, scratch: vectors)
        for response in 0..<responseCount {
            let x = coefficients(of: response)
            cholesky.solveLower(x)
            cholesky.solveUpper(x)
        }
    }

    /// Writes the coefficients and the diagnosis of one of the packs.
    @inline(__always)
    func write(
        _ pack: Int, responseCount: Int, coefficients output: UnsafeMutablePointer<Lanes>,
        diagnosis diagnosisOutput: UnsafeMutablePointer<Lanes>
    ) {
        for response in 0..<responseCount {
            copy(pack, of: coefficients(of: response), count: order, to: output + response * order)
        }
        copy(pack, of: diagnosis, count: 2, to: diagnosisOutput)
    }

    @inline(__always)
    private func coefficients(of response: Int) -> UnsafeMutablePointer<Wide> {
        moments + triangleCount(order + response)
    }

    @inline(__always)
    private func copy(
        _ pack: Int, of vectors: UnsafeMutablePointer<Wide>, count: Int, to output: UnsafeMutablePointer<Lanes>
    ) {
        let parts = UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Lanes.self) + pack
        for index in 0..<count { output[index] = parts[index &* Self.packCount] }
    }
}
