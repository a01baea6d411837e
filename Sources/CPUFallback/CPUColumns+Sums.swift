import Compute

extension CPUColumns {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    func maxima() -> [Double] {
        let (lanes, entryCount) = (Scalar.Lanes.scalarCount, self.entryCount)
        let parts = forEachBlock { packs in
            var maxima = Array(repeating: -Scalar.infinity, count: entryCount)
            for pack in packs {
                let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                let count = min(lanes, vectors.taskCount - pack * lanes)
                for entry in 0..<entryCount {
                    for lane in 0..<count {
                        let value = values[entry &* lanes &+ lane]
                        // A NaN is taken, and then kept.
                        if !(value <= maxima[entry]) && maxima[entry] == maxima[entry] { maxima[entry] = value }
                    }
                }
            }
            return maxima.map { Double($0) }
        }
        return (0..<entryCount).map { entry in
            parts.reduce(-Double.infinity) { $0.isNaN || $0 >= $1[entry] ? $0 : $1[entry] }
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    func blockSums(inside intervals: [ShiftedInterval]) -> [Double] {
        let (lanes, entryCount) = (Scalar.Lanes.scalarCount, self.entryCount)
        return forEachBlock { packs in
            var sums = Array(repeating: 0.0, count: 2 * entryCount)
            var isPresent = Array(repeating: true, count: packs.count * lanes)
            for (place, task) in (packs.lowerBound * lanes..<packs.upperBound * lanes).enumerated() {
                isPresent[place] = task < vectors.taskCount
                if let weights, isPresent[place] {
                    let weight: UnsafeMutablePointer<Scalar> = weights.entries.lane(of: task, lanes: lanes)
                    isPresent[place] = weight[0] > 0
                }
            }
            for entry in 0..<entryCount {
                let shift = Scalar(intervals[entry].shift)
                let lower = Scalar(intervals[entry].lower)
                let upper = Scalar(intervals[entry].upper)
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * lanes) { totals in
                    totals.initialize(repeating: 0)
                    for (place, pack) in packs.enumerated() {
                        let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                        for lane in 0..<lanes {
                            let value = values[entry &* lanes &+ lane] - shift
                            let isInside = value > lower && value < upper && isPresent[place &* lanes &+ lane]
                            totals[lane] += isInside ? Double(value) : 0
                            totals[lanes &+ lane] += isInside ? 1 : 0
                        }
                    }
                    for lane in 0..<lanes {
                        sums[2 * entry] += totals[lane]
                        sums[2 * entry + 1] += totals[lanes + lane]
                    }
                }
            }
            return sums
        }.flatMap { $0 }
    }

    /// What `body` makes of the packs of each block of tasks that is summed as one, in order.
    @inline(__always)
    private func forEachBlock(_ body: (Range<Int>) -> [Double]) -> [[Double]] {
        let packCount = (vectors.taskCount + Scalar.Lanes.scalarCount - 1) / Scalar.Lanes.scalarCount
        let size = CPUBackend<Scalar>.packsPerSumBlock
        return parallel.map((packCount + size - 1) / size) { block in
            body(block * size..<min((block + 1) * size, packCount))
        }
    }
}
