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
            // 1 for a task that is there, 0 otherwise: selections then need no branch.
            var presence = Array(repeating: Scalar(0), count: packs.count * lanes)
            for (place, task) in (packs.lowerBound * lanes..<min(packs.upperBound * lanes, vectors.taskCount))
                .enumerated()
            {
                presence[place] = 1
                guard let weights else { continue }
                let weight: UnsafeMutablePointer<Scalar> = weights.entries.lane(of: task, lanes: lanes)
                presence[place] = weight[0] > 0 ? 1 : 0
            }
            presence.withUnsafeBufferPointer { presence in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * lanes * entryCount) { memory in
                    memory.initialize(repeating: 0)
                    guard let totals = memory.baseAddress, let present = presence.baseAddress else { return }
                    for pack in packs {
                        let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                        let firstPresent = present + (pack - packs.lowerBound) * lanes
                        for (entry, interval) in intervals.enumerated() {
                            Self.add(
                                values + entry * lanes, firstPresent, Scalar(interval.shift), Scalar(interval.lower),
                                Scalar(interval.upper), to: totals + 2 * lanes * entry)
                        }
                    }
                    for place in 0..<2 * entryCount {
                        for lane in 0..<lanes { sums[place] += totals[place * lanes + lane] }
                    }
                }
            }
            return sums
        }.flatMap { $0 }
    }

    /// Adds one pack's values inside an interval, and how many they are, lane by lane.
    @inline(__always)
    private static func add(
        _ values: UnsafePointer<Scalar>, _ presence: UnsafePointer<Scalar>, _ shift: Scalar, _ lower: Scalar,
        _ upper: Scalar, to totals: UnsafeMutablePointer<Double>
    ) {
        let lanes = Scalar.Lanes.scalarCount
        for lane in 0..<lanes {
            let value = values[lane] - shift
            var isInside = presence[lane]
            isInside = value > lower ? isInside : 0
            isInside = value < upper ? isInside : 0
            totals[lane] += Double(isInside > 0 ? value : 0)
            totals[lanes &+ lane] += Double(isInside)
        }
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
