public import Compute
import Kernels

extension OpenCLBackend {
    /// Packs that are summed as one block (`PACKS_PER_BLOCK` of the kernel).
    private static var packsPerSumBlock: Int { 64 }

    public func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)
    {
        let entryCount = vectors.valuesPerTask
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(sum.taskCount == 1 && sum.valuesPerTask == entryCount, "a sum as wide as the vectors")
        let packs = packCount(vectors.taskCount)
        let blocks = (packs + Self.packsPerSumBlock - 1) / Self.packsPerSumBlock
        if context.device.hasDouble {
            try add(vectors, weights, packs: packs, blocks: blocks, partials: Double.self, into: sum)
        } else {
            try add(vectors, weights, packs: packs, blocks: blocks, partials: Float.self, into: sum)
        }
    }

    private func add<Accum: LaneScalar>(
        _ vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, packs: Int, blocks: Int, partials: Accum.Type,
        into sum: Vectors<Buffer>
    ) throws(ComputeError) {
        let entryCount = vectors.valuesPerTask
        let partials = try context.makeBuffer(of: Accum.self, count: blocks * entryCount * lanes)
        try kernel("sum_packs", in: .sums, order: 0).launch(
            global: blocks * entryCount * (shape == .vectors ? 1 : lanes),
            arguments: [.count(packs), .count(entryCount)] + place(vectors.entries) + place(weights.entries) + [
                .buffer(vectors.entries.buffer), .buffer(weights.entries.buffer), .buffer(partials),
            ])
        try kernel("sum_partials", in: .sums, order: 0).launch(
            global: entryCount, .count(blocks), .count(entryCount), .count(sum.entries.firstEntry),
            .buffer(partials), .buffer(sum.entries.buffer))
    }
}
