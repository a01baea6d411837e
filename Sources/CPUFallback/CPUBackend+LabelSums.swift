public import Compute

extension CPUBackend {
    /// Blocks that are summed at the same time: their sums are added before those of the next ones are formed.
    private static var blocksAtOnce: Int { 64 }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, labels: Vectors<Buffer>, into sums: Vectors<Buffer>
    ) {
        let (width, labelCount, lanes) = (vectors.valuesPerTask, sums.columnCount, Self.lanes)
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(labels.taskCount == vectors.taskCount && labels.valuesPerTask == 1, "one label a task")
        precondition(sums.taskCount == 1 && sums.width == width, "sums as wide as the vectors, a column a label")
        let blockCount = (vectors.taskCount + sumBlockSize - 1) / sumBlockSize
        var totals = Array(repeating: 0.0, count: labelCount * width)
        for first in stride(from: 0, to: blockCount, by: Self.blocksAtOnce) {
            let blocks = first..<min(first + Self.blocksAtOnce, blockCount)
            let partials = CPUBuffer<Double>(count: blocks.count * totals.count)
            parallel.forEachBlock(blocks.count) { block in
                let partial = partials.base + block * labelCount * width
                let start = (first + block) * sumBlockSize
                for task in start..<min(start + sumBlockSize, vectors.taskCount) {
                    let weight = weights.entries.lane(of: task, lanes: lanes)[0]
                    let label = labels.entries.lane(of: task, lanes: lanes)[0]
                    guard weight != 0, label >= 0, label < Scalar(labelCount) else { continue }
                    let values = vectors.entries.lane(of: task, lanes: lanes)
                    let sum = partial + Int(label) * width
                    let factor = Double(weight)
                    for entry in 0..<width { sum[entry] += factor * Double(values[entry &* lanes]) }
                }
            }
            for block in 0..<blocks.count {
                for place in totals.indices { totals[place] += partials.base[block * totals.count + place] }
            }
        }
        upload(totals[...], into: sums)
    }
}
