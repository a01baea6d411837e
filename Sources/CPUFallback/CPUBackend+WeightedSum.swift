public import Compute

extension CPUBackend {
    /// Packs of tasks that are summed as one block; the blocks' sums are then added in order.
    static var packsPerSumBlock: Int { 64 }

    /// Tasks that are summed as one block.
    public var sumBlockSize: Int { Self.packsPerSumBlock * Self.lanes }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>) {
        let entryCount = vectors.valuesPerTask
        precondition(sum.taskCount == 1 && sum.valuesPerTask == entryCount, "a sum as wide as the vectors")
        let totals = weightedSum(of: vectors, weights: weights, adding: Array(repeating: 0, count: entryCount))
        let result = sum.entries.lane(of: 0, lanes: Self.lanes)
        for entry in 0..<entryCount { result[entry * Self.lanes] = Scalar(totals[entry]) }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, adding totals: [Double]
    ) -> [Double] {
        let entryCount = vectors.valuesPerTask
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(totals.count == entryCount, "a total a value")
        let lanes = Self.lanes
        let packCount = (vectors.taskCount + lanes - 1) / lanes
        let blockCount = (packCount + Self.packsPerSumBlock - 1) / Self.packsPerSumBlock
        let partials = CPUBuffer<Double>(count: blockCount * entryCount * lanes)
        let vectorsPerPack = lanes / 8
        parallel.forEachRange(of: packCount, grain: Self.packsPerSumBlock) { packs in
            let partial = partials.base + packs.lowerBound / Self.packsPerSumBlock * entryCount * lanes
            let sums = UnsafeMutableRawPointer(partial).assumingMemoryBound(to: DoubleLanes.self)
            for pack in packs {
                let present = vectors.taskCount - pack * lanes
                let weight: UnsafeMutablePointer<Scalar> = weights.entries.lane(of: pack * lanes, lanes: lanes)
                let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                for vector in 0..<vectorsPerPack {
                    var factors = widened(weight + vector &* 8)
                    factors.replace(with: 0, where: laneNumbers .>= Double(present - vector &* 8))
                    let isLeftOut = factors .== .zero
                    for entry in 0..<entryCount {
                        let place = entry &* vectorsPerPack &+ vector
                        let value = widened(values + place &* 8).replacing(with: 0, where: isLeftOut)
                        sums[place] = multiplyAdd(factors, value, sums[place])
                    }
                }
            }
        }
        return (0..<entryCount).map { entry in
            var total = totals[entry]
            for block in 0..<blockCount {
                for lane in 0..<lanes { total += partials.base[(block * entryCount + entry) * lanes + lane] }
            }
            return total
        }
    }
}
