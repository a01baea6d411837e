public import Compute
import Kernels

extension OpenCLBackend {
    /// Packs that are summed as one block (`PACKS_PER_BLOCK` of the kernels).
    static var packsPerSumBlock: Int { 64 }
    /// Tasks that are summed as one block.
    public var sumBlockSize: Int { Self.packsPerSumBlock * lanes }

    public func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)
    {
        precondition(sum.taskCount == 1 && sum.valuesPerTask == vectors.valuesPerTask, "a sum as wide as the vectors")
        if context.device.hasDouble {
            try add(blockSums(of: vectors, weights: weights, partials: Double.self), into: sum)
        } else {
            try add(blockSums(of: vectors, weights: weights, partials: Float.self), into: sum)
        }
    }

    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, adding totals: [Double]
    ) throws(ComputeError) -> [Double] {
        if context.device.hasDouble {
            return try BlockSums(of: [blockSums(of: vectors, weights: weights, partials: Double.self)], lanes: lanes)
                .totals(adding: totals)
        }
        return try BlockSums(of: [blockSums(of: vectors, weights: weights, partials: Float.self)], lanes: lanes)
            .totals(adding: totals)
    }

    /// The sum over each block of tasks, lane by lane: blocks x values a task x lanes.
    func blockSums<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, partials: Accum.Type
    ) throws(ComputeError) -> DeviceBuffer<Accum> {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        let entryCount = vectors.valuesPerTask
        let packs = packCount(vectors.taskCount)
        let blocks = (packs + Self.packsPerSumBlock - 1) / Self.packsPerSumBlock
        let partials = try context.makeBuffer(of: Accum.self, count: blocks * entryCount * lanes)
        try kernel("sum_packs", in: .sums, order: 0).launch(
            global: shape == .vectors ? blocks : blocks * entryCount * lanes, local: shape == .vectors ? 1 : nil,
            arguments: [.count(vectors.taskCount), .count(entryCount)] + place(vectors.entries) + place(weights.entries)
                + [
                    .buffer(vectors.entries.buffer), .buffer(weights.entries.buffer), .buffer(partials),
                ])
        return partials
    }

    private func add<Accum>(_ partials: DeviceBuffer<Accum>, into sum: Vectors<Buffer>) throws(ComputeError) {
        let entryCount = sum.valuesPerTask
        try kernel("sum_partials", in: .sums, order: 0).launch(
            global: entryCount, .count(partials.count / (entryCount * lanes)), .count(entryCount),
            .count(sum.entries.firstEntry), .buffer(partials), .buffer(sum.entries.buffer))
    }
}
