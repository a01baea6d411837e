public import Compute
import Kernels

extension OpenCLBackend {
    public func accumulate(_ rows: DeviceRows<Scalar>, rowWeights: Buffer?, into moments: Moments<Buffer>)
        throws(ComputeError)
    {
        let width = rows.chunk.width
        precondition(width == moments.featureCount + 1, "rows as wide as the moments")
        let entryCount = triangleCount(width)
        let weights = rowWeights ?? rows.weights
        let sums: Buffer = try context.makeBuffer(count: rows.blockCount * entryCount)
        let groupSize = shape.itemsPerGroup
        try kernel("sum_blocks", in: .accumulate, order: moments.featureCount).launch(
            global: rows.blockCount * groupSize, local: groupSize,
            .count(rows.blockCount), .count(width), .count(weights == nil ? 0 : 1), .buffer(rows.blocks),
            .buffer(rows.values), .buffer(weights ?? rows.values), .buffer(sums))
        try addBlocks(sums, of: rows, into: moments.joint.triangles)
    }

    /// Adds the sums of each block, in order, to those of the block's task.
    func addBlocks(_ sums: Buffer, of rows: DeviceRows<Scalar>, into target: Vectors<Buffer>) throws(ComputeError) {
        let share = shape.itemsPerBlock
        try kernel("add_blocks", in: .accumulate, order: rows.chunk.width - 1).launch(
            global: rows.spanCount * share,
            arguments: [.count(rows.spanCount), .count(share), .count(target.valuesPerTask)] + place(target.entries)
                + [.buffer(rows.spans), .buffer(sums), .buffer(target.entries.buffer)])
    }
}
