public import Compute
import Kernels

extension OpenCLBackend {
    /// What the sums of blocks may take at a time.
    private static var labelSumBytes: Int { 64_000_000 }

    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, labels: Vectors<Buffer>, into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(sums.taskCount == 1 && sums.width == vectors.valuesPerTask, "sums as wide as the vectors")
        if context.device.hasDouble {
            try addBlocks(of: vectors, weights, labels, accum: Double.self, into: sums)
        } else {
            try addBlocks(of: vectors, weights, labels, accum: Float.self, into: sums)
        }
    }

    private func addBlocks<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, _ labels: Vectors<Buffer>, accum: Accum.Type,
        into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        let width = sums.valuesPerTask
        let totals = try context.makeBuffer(of: Accum.self, count: width, zeroed: true)
        let blockCount = (vectors.taskCount + sumBlockSize - 1) / sumBlockSize
        let atOnce = blocksAtOnce(width: width)
        for first in stride(from: 0, to: max(blockCount, 1), by: atOnce) {
            let blocks = first..<min(first + atOnce, blockCount)
            let partials = try blockSums(
                of: vectors, weights, labels, labelCount: sums.columnCount, blocks: blocks, accum: Accum.self)
            try kernel("add_labels", in: .sums, order: 0).launch(
                global: width, .count(blocks.count), .count(width), .count(blocks.upperBound == blockCount ? 1 : 0),
                .count(sums.entries.firstEntry), .buffer(partials), .buffer(totals), .buffer(sums.entries.buffer))
        }
    }

    /// Blocks whose sums of so many values are formed at a time.
    func blocksAtOnce(width: Int) -> Int { max(1, Self.labelSumBytes / (8 * max(width, 1))) }

    /// The sums over some blocks of tasks: blocks x labels x values a task.
    func blockSums<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, _ labels: Vectors<Buffer>, labelCount: Int,
        blocks: Range<Int>, accum: Accum.Type
    ) throws(ComputeError) -> DeviceBuffer<Accum> {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(labels.taskCount == vectors.taskCount && labels.valuesPerTask == 1, "one label a task")
        let entryCount = vectors.valuesPerTask
        let partials = try context.makeBuffer(of: Accum.self, count: blocks.count * labelCount * entryCount)
        try kernel("sum_labels", in: .sums, order: 0).launch(
            global: blocks.count * entryCount,
            arguments: [
                .count(vectors.taskCount), .count(entryCount), .count(labelCount), .count(blocks.lowerBound),
                .count(blocks.count),
            ] + place(vectors.entries) + place(weights.entries) + place(labels.entries) + [
                .buffer(vectors.entries.buffer), .buffer(weights.entries.buffer), .buffer(labels.entries.buffer),
                .buffer(partials),
            ])
        return partials
    }
}
