/// Where a weighted quantile of many values is sought: between two values of a sample.
package struct Bracket: Sendable {
    package let lower: Double
    package let upper: Double
}

/// The weights of values below, at and inside a bracket, and the values inside it.
package struct BracketSplit: Sendable {
    /// Of values less than `lower`.
    package var below: UInt64 = 0
    /// Of values up to `lower`.
    package var throughLower: UInt64 = 0
    /// Of values up to `upper`.
    package var throughUpper: UInt64 = 0
    /// Whether a value of positive weight is NaN.
    package var hasNaN = false
    /// The values greater than `lower` and less than `upper`; nil when they were too many to be kept.
    package var inside: [WeightedRun]? = []

    package init() {}

    /// Adds what other tasks have in the same bracket.
    package mutating func add(_ other: BracketSplit) {
        below += other.below
        throughLower += other.throughLower
        throughUpper += other.throughUpper
        hasNaN = hasNaN || other.hasNaN
        if let runs = other.inside { inside?.append(contentsOf: runs) } else { inside = nil }
    }

    /// Whether a rank lies outside the bracket, or what is inside was not kept.
    func misses(low: UInt64, high: UInt64) -> Bool { low <= below || high > throughUpper || inside == nil }

    /// The values at two ranks that the split does not miss.
    func orderStatistics(at bracket: Bracket, low: UInt64, high: UInt64) -> (low: OrderStatistic, high: OrderStatistic)
    {
        let inside = inside ?? []
        let belowUpper = inside.reduce(throughLower) { $0 + $1.totalWeight }
        let atLower = OrderStatistic(value: bracket.lower, below: below, through: throughLower)
        let atUpper = OrderStatistic(value: bracket.upper, below: belowUpper, through: throughUpper)
        func isInside(_ rank: UInt64) -> Bool { rank > throughLower && rank <= belowUpper }
        func statistic(_ rank: UInt64) -> OrderStatistic { rank <= throughLower ? atLower : atUpper }
        if !isInside(low) && !isInside(high) { return (statistic(low), statistic(high)) }
        let selected = inside.orderStatistics(
            low: isInside(low) ? low - throughLower : 1,
            high: isInside(high) ? high - throughLower : belowUpper - throughLower)
        return (
            isInside(low) ? selected.low.adding(throughLower) : statistic(low),
            isInside(high) ? selected.high.adding(throughLower) : statistic(high)
        )
    }
}

extension OrderStatistic {
    fileprivate func adding(_ weight: UInt64) -> OrderStatistic {
        OrderStatistic(value: value, below: below + weight, through: through + weight)
    }
}
