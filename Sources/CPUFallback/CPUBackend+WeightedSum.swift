public import Compute

extension CPUBackend {
    /// Packs of tasks that are summed as one block; the blocks' sums are then added in order.
    static var packsPerSumBlock: Int { 64 }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>) {
        let entryCount = vectors.valuesPerTask
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(sum.taskCount == 1 && sum.valuesPerTask == entryCount, "a sum as wide as the vectors")
        let lanes = Self.lanes
        let packCount = (vectors.taskCount + lanes - 1) / lanes
        let blockCount = (packCount + Self.packsPerSumBlock - 1) / Self.packsPerSumBlock
        let partials = CPUBuffer<Double>(count: blockCount * entryCount * lanes)
        parallel.forEachRange(of: packCount, grain: Self.packsPerSumBlock) { packs in
            let partial = partials.base + packs.lowerBound / Self.packsPerSumBlock * entryCount * lanes
            for pack in packs {
                let pastEnd = max(0, (pack + 1) * lanes - vectors.taskCount)
                let weight = weights.entries.lane(of: pack * lanes, lanes: lanes)
                let values = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                for lane in 0..<lanes - pastEnd where weight[lane] != 0 {
                    let factor = Double(weight[lane])
                    for entry in 0..<entryCount {
                        partial[entry * lanes + lane] += factor * Double(values[entry * lanes + lane])
                    }
                }
            }
        }
        let result = sum.entries.lane(of: 0, lanes: lanes)
        for entry in 0..<entryCount {
            var total = 0.0
            for block in 0..<blockCount {
                for lane in 0..<lanes { total += partials.base[(block * entryCount + entry) * lanes + lane] }
            }
            result[entry * lanes] = Scalar(total)
        }
    }
}
