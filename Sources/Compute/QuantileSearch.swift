/// Finds order statistics of the weighted values of many tasks without sorting them.
///
/// A sample, drawn in proportion to the weights, brackets each entry's value. One pass over the values sums the weights on
/// either side and keeps the few values inside, among which the exact one is selected. All decisions compare sums of
/// whole numbers, so the result does not depend on the sample, nor on who holds the values.
package struct QuantileSearch {
    package let weights: FixedPointWeights
    let parallel: Parallel

    package init(weights: FixedPointWeights, parallel: Parallel = Parallel()) {
        self.weights = weights
        self.parallel = parallel
    }

    /// Up to so many tasks, all values are looked at directly.
    private static let directTaskCount = 2048

    /// For each entry, the values at ranks `low <= high` in units of the weights; nil where a task holds NaN.
    package func orderStatistics(
        of columns: some TaskColumns, low: UInt64, high: UInt64
    ) throws(ComputeError) -> [(low: OrderStatistic, high: OrderStatistic)?] {
        let taskCount = weights.units.count
        var found: [(low: OrderStatistic, high: OrderStatistic)?] = []
        if taskCount <= Self.directTaskCount {
            let values = try columns.columns(0..<columns.entryCount)
            return select(columns.entryCount, low: low, high: high) { candidates(values, column: $0) }
        }
        let sampled = sampledTasks()
        let sample = try columns.values(ofTasks: sampled)
        // A pass keeps about 2^22 values inside brackets.
        let entriesPerPass = max(8, (1 << 26) / taskCount)
        for first in stride(from: 0, to: columns.entryCount, by: entriesPerPass) {
            let entries = first..<min(first + entriesPerPass, columns.entryCount)
            let brackets = brackets(entries, sample: sample, of: columns.entryCount, low: low, high: high)
            let splits = try columns.split(entries, at: brackets, weights: weights)
            let isMissed = splits.map { !$0.hasNaN && $0.misses(low: low, high: high) }
            var statistics = parallel.map(splits.count) { index in
                splits[index].hasNaN || isMissed[index]
                    ? nil : splits[index].orderStatistics(at: brackets[index], low: low, high: high)
            }
            for (index, entry) in entries.enumerated() where isMissed[index] {
                let column = try columns.columns(entry..<entry + 1)
                statistics[index] = select(1, low: low, high: high) { _ in candidates(column, column: 0) }[0]
            }
            found += statistics
        }
        return found
    }

    // MARK: Directly

    /// The values of tasks of positive weight, nil when one is NaN.
    private func candidates(_ values: [Double], column: Int) -> [WeightedValue]? {
        var candidates: [WeightedValue] = []
        candidates.reserveCapacity(weights.units.count)
        for (task, weight) in weights.units.enumerated() where weight > 0 {
            let value = values[column * weights.units.count + task]
            if value.isNaN { return nil }
            candidates.append(WeightedValue(value: value, weight: weight))
        }
        return candidates
    }

    private func select(
        _ count: Int, low: UInt64, high: UInt64, _ candidates: (Int) -> [WeightedValue]?
    ) -> [(low: OrderStatistic, high: OrderStatistic)?] {
        parallel.map(count) { index in
            var values = candidates(index)
            return values?.withUnsafeMutableBufferPointer { $0.orderStatistics(low: low, high: high) }
        }
    }

    // MARK: By a sample

    /// Tasks drawn in proportion to their weights.
    private func sampledTasks() -> [Int] {
        let taskCount = weights.units.count
        let count = min(8192, taskCount / 8, Int(weights.total))
        var generator = SplitMix(state: 1)
        var tasks: [Int] = []
        tasks.reserveCapacity(count)
        // A task drawn like any other is kept with the probability that its weight is of the largest.
        for _ in 0..<8 * count where tasks.count < count {
            let task = Int(generator.next(below: UInt64(taskCount)))
            if generator.next(below: weights.largest) < weights.units[task] { tasks.append(task) }
        }
        return tasks.count < count ? evenlySampledTasks(count, &generator) : tasks
    }

    /// Tasks drawn in proportion to their weights, one from each of equal parts of the total.
    private func evenlySampledTasks(_ count: Int, _ generator: inout SplitMix) -> [Int] {
        let step = weights.total / UInt64(count)
        var tasks: [Int] = []
        tasks.reserveCapacity(count)
        var (task, through) = (0, weights.units[0])
        for part in 0..<count {
            let point = UInt64(part) * step + generator.next(below: step)
            while through <= point {
                task += 1
                through += weights.units[task]
            }
            tasks.append(task)
        }
        return tasks
    }

    /// Values of the sample four standard deviations of a sample quantile on either side of the two ranks.
    private func brackets(
        _ entries: Range<Int>, sample: [Double], of entryCount: Int, low: UInt64, high: UInt64
    ) -> [Bracket] {
        let count = sample.count / entryCount
        func position(_ rank: UInt64, deviations: Double) -> Double {
            let share = Double(rank) / Double(weights.total)
            return share * Double(count) + deviations * (Double(count) * share * (1 - share)).squareRoot()
        }
        let first = position(low, deviations: -4) - 2
        let last = position(high, deviations: 4) + 2
        return parallel.map(entries.count) { index in
            var memory = RunMemory()
            var run = memory.makeRun(capacity: count)
            for task in 0..<count {
                let value = sample[task * entryCount + entries.lowerBound + index]
                if !value.isNaN { run.append(value, weight: 1) }
            }
            let present = UInt64(run.count)
            if present == 0 { return Bracket(lower: -.infinity, upper: .infinity) }
            let (lower, upper) = [run].orderStatistics(
                low: min(UInt64(max(first, 1)), present), high: min(UInt64(max(last, 1)), present))
            return Bracket(
                lower: first < 1 ? -.infinity : lower.value, upper: last > Double(count) ? .infinity : upper.value)
        }
    }
}

/// Where in its part of the total a sampled task lies (SplitMix64). The result does not depend on it, only the time.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    mutating func next(below bound: UInt64) -> UInt64 { bound.multipliedFullWidth(by: next()).high }
}
