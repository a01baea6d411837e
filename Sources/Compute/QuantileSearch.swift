/// Where a weighted quantile of the values of many tasks is sought: between two values of a sample.
package struct Bracket: Sendable {
    package let lower: Double
    package let upper: Double
}

/// The weights of one entry's values below, at and inside a bracket, and the values inside it.
package struct BracketSplit: Sendable {
    /// Of values less than `lower`.
    package var below: UInt64 = 0
    /// Of values up to `lower`.
    package var throughLower: UInt64 = 0
    /// Of values up to `upper`.
    package var throughUpper: UInt64 = 0
    /// Whether a task of positive weight holds NaN.
    package var hasNaN = false
    /// The values greater than `lower` and less than `upper`; nil when they were too many to be kept.
    package var inside: [WeightedValue]? = []

    package init() {}

    /// Adds what other tasks have in the same bracket.
    package mutating func add(_ other: BracketSplit) {
        below += other.below
        throughLower += other.throughLower
        throughUpper += other.throughUpper
        hasNaN = hasNaN || other.hasNaN
        if let values = other.inside { inside?.append(contentsOf: values) } else { inside = nil }
    }
}

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
            var statistics = select(splits, brackets, low: low, high: high)
            for (index, entry) in entries.enumerated() where isMissed(splits[index], low: low, high: high) {
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
            let task = Int(generator.next() % UInt64(taskCount))
            if generator.next() % weights.largest < weights.units[task] { tasks.append(task) }
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
            let point = UInt64(part) * step + generator.next() % step
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
            var values: [WeightedValue] = []
            values.reserveCapacity(count)
            for task in 0..<count {
                let value = sample[task * entryCount + entries.lowerBound + index]
                if !value.isNaN { values.append(WeightedValue(value: value, weight: 1)) }
            }
            let present = UInt64(values.count)
            if present == 0 { return Bracket(lower: -.infinity, upper: .infinity) }
            let (lower, upper) = values.withUnsafeMutableBufferPointer {
                $0.orderStatistics(
                    low: min(UInt64(max(first, 1)), present), high: min(UInt64(max(last, 1)), present))
            }
            return Bracket(
                lower: first < 1 ? -.infinity : lower.value, upper: last > Double(count) ? .infinity : upper.value)
        }
    }

    /// Whether a rank lies outside the bracket, or what is inside was not kept.
    private func isMissed(_ split: BracketSplit, low: UInt64, high: UInt64) -> Bool {
        if split.hasNaN { return false }
        return low <= split.below || high > split.throughUpper || split.inside == nil
    }

    private func select(
        _ splits: [BracketSplit], _ brackets: [Bracket], low: UInt64, high: UInt64
    ) -> [(low: OrderStatistic, high: OrderStatistic)?] {
        parallel.map(splits.count) { index in
            let split = splits[index]
            guard var inside = split.inside, !split.hasNaN, !isMissed(split, low: low, high: high) else { return nil }
            let belowUpper = split.throughLower + inside.reduce(0) { $0 + $1.weight }
            let atLower = OrderStatistic(
                value: brackets[index].lower, below: split.below, through: split.throughLower)
            let atUpper = OrderStatistic(value: brackets[index].upper, below: belowUpper, through: split.throughUpper)
            return inside.withUnsafeMutableBufferPointer { inside in
                func isInside(_ rank: UInt64) -> Bool { rank > split.throughLower && rank <= belowUpper }
                func statistic(_ rank: UInt64) -> OrderStatistic { rank <= split.throughLower ? atLower : atUpper }
                if !isInside(low) && !isInside(high) { return (statistic(low), statistic(high)) }
                let selected = inside.orderStatistics(
                    low: isInside(low) ? low - split.throughLower : 1,
                    high: isInside(high) ? high - split.throughLower : belowUpper - split.throughLower)
                return (
                    isInside(low) ? selected.low.adding(split.throughLower) : statistic(low),
                    isInside(high) ? selected.high.adding(split.throughLower) : statistic(high)
                )
            }
        }
    }
}

extension OrderStatistic {
    fileprivate func adding(_ weight: UInt64) -> OrderStatistic {
        OrderStatistic(value: value, below: below + weight, through: through + weight)
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
}
