public import Compute

extension CPUBackend {
    /// Rows are summed block by block into partial sums, and each task's partial sums then added in order, so that no
    /// bit depends on threads or chunks.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func accumulate(_ rows: Rows, rowWeights: Buffer?, into moments: FoldMoments<Buffer>) {
        let chunk = rows.chunk
        precondition(chunk.width == moments.joint.order, "rows as wide as the moments")
        precondition(chunk.range.foldCount == moments.foldCount, "rows in as many folds as the moments")
        let blocks = chunk.range.blocks
        let entryCount = triangleCount(chunk.width)
        let weights = rowWeights?.base ?? chunk.weights
        let grain = blocksPerUnit(
            blocks: blocks.count, rows: chunk.range.rowCount, costPerRow: chunk.width * chunk.width)
        /// Calls `body` for each block with its sums.
        func forEachBlock(_ body: (Int, RowBlock, JointGram<Scalar>) -> Void) {
            parallel.forEachRange(
                of: blocks.count, grain: grain, scratch: JointGram<Scalar>(width: chunk.width)
            ) { range, gram in
                for index in range {
                    let block = blocks[index]
                    let first = Int(block.firstRow)
                    gram.sum(
                        rows: chunk.values + first * chunk.width, weights: weights.map { UnsafePointer($0) + first },
                        rowCount: Int(block.rowCount))
                    body(index, block, gram)
                }
            }
        }
        if chunk.range.hasOneBlockASum {
            return forEachBlock { _, block, gram in
                let task = moments.joint.entries.lane(of: Int(block.task), lanes: Self.lanes)
                gram.add(to: task + Int(block.fold) * entryCount * Self.lanes, stride: Self.lanes)
            }
        }
        let partials = CPUBuffer<Scalar>(count: blocks.count * entryCount)
        forEachBlock { index, _, gram in gram.write(to: partials.base + index * entryCount, stride: 1) }
        add(partials, of: blocks, grain: grain, to: moments.joint.triangles)
    }

    /// Adds the entries of each block, in order, to those of the block's task and fold. A unit of work owns the tasks
    /// whose first block lies in its range.
    ///
    /// - Parameter sums: of the first fold; those of the others follow.
    @inline(__always)
    func add(_ partials: Buffer, of blocks: [RowBlock], grain: Int, to sums: Vectors<Buffer>) {
        let entryCount = sums.valuesPerTask
        parallel.forEachRange(of: blocks.count, grain: grain) { range in
            var index = range.lowerBound
            while index > 0, index < range.upperBound, blocks[index].task == blocks[index - 1].task { index += 1 }
            var last: Int32? = nil
            while index < blocks.count, index < range.upperBound || blocks[index].task == last {
                let task = blocks[index].task
                let fold = Int(blocks[index].fold)
                let destination =
                    sums.entries.lane(of: Int(task), lanes: Self.lanes) + fold * entryCount * Self.lanes
                let source = partials.base + index * entryCount
                for entry in 0..<entryCount { destination[entry * Self.lanes] += source[entry] }
                last = task
                index += 1
            }
        }
    }

    /// How many blocks make a unit of work of at least a fraction of a millisecond.
    @inline(__always)
    func blocksPerUnit(blocks: Int, rows: Int, costPerRow: Int) -> Int {
        let costPerBlock = max(1, rows * costPerRow / max(1, blocks))
        return max(1, min(1_000_000 / costPerBlock, blocks))
    }
}
