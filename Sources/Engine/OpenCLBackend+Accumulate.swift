public import Compute
import Kernels

extension OpenCLBackend {
    public func accumulate(_ rows: DeviceRows<Scalar>, rowWeights: Buffer?, into moments: FoldMoments<Buffer>)
        throws(ComputeError)
    {
        try accumulate(rows, rowWeights: rowWeights, into: moments, firstTask: 0)
    }

    /// - Parameter firstTask: the task that the moments' first is of.
    func accumulate(
        _ rows: DeviceRows<Scalar>, rowWeights: Buffer?, into moments: FoldMoments<Buffer>, firstTask: Int
    ) throws(ComputeError) {
        let width = rows.chunk.width
        precondition(width == moments.joint.order, "rows as wide as the moments")
        precondition(rows.chunk.range.foldCount == moments.foldCount, "rows in as many folds as the moments")
        let entryCount = triangleCount(width)
        let weights = rowWeights ?? rows.weights
        let sums: Buffer = try context.makeBuffer(count: rows.blockCount * entryCount)
        let isWeighted = KernelArgument.count(weights == nil ? 0 : 1)
        let inputs: [KernelArgument] = [
            .buffer(rows.blocks), .buffer(rows.values), .buffer(weights ?? rows.values),
        ]
        switch shape {
        case .vectors:
            let scratch = try makeGramScratch(width: width, blockCount: rows.blockCount)
            try kernel("sum_blocks", in: .accumulate, order: 0).launch(
                global: scratch.itemCount, local: 1,
                arguments: [.count(rows.blockCount), .count(scratch.itemCount), .count(width)] + scratch.sizes
                    + [isWeighted] + inputs + [.memory(scratch.memory), .buffer(sums)])
        case .lanes:
            let groupSize = shape.itemsPerGroup
            try kernel("sum_blocks", in: .accumulate, order: width - 1).launch(
                global: rows.blockCount * groupSize, local: groupSize,
                arguments: [.count(rows.blockCount), .count(width), isWeighted] + inputs + [.buffer(sums)])
        }
        try addBlocks(sums, of: rows, into: moments.joint.triangles, firstTask: firstTask)
    }

    /// Adds the sums of each block, in order, to those of the block's task and fold.
    ///
    /// - Parameters:
    ///   - target: of the first fold; those of the others follow.
    ///   - firstTask: the task that the target's first is of.
    func addBlocks(
        _ sums: Buffer, of rows: DeviceRows<Scalar>, into target: Vectors<Buffer>, firstTask: Int = 0
    ) throws(ComputeError) {
        let share = shape.itemsPerBlock
        let sizes: [KernelArgument] = [
            .count(rows.spanCount), .count(share), .count(target.valuesPerTask), .count(firstTask),
        ]
        try kernel("add_blocks", in: .accumulate, order: shape == .vectors ? 0 : rows.chunk.width - 1).launch(
            global: rows.spanCount * share,
            arguments: sizes + place(target.entries) + [
                .buffer(rows.spans), .buffer(rows.folds), .buffer(sums), .buffer(target.entries.buffer),
            ])
    }
}
