extension TaskColumns {
    /// The weighted quantile of each entry, as ``TaskStatistics/weightedQuantile(of:weights:at:tie:into:)`` defines it.
    ///
    /// - Parameter precision: the relative precision of a weight that is not a whole number.
    package func weightedQuantile(
        weights: [Double], at share: Double, tie: TieRule, precision: Double, parallel: Parallel = Parallel()
    ) throws(ComputeError) -> [Double] {
        precondition(share >= 0 && share <= 1, "a quantile's share lies between 0 and 1")
        guard let units = FixedPointWeights(weights, parallel: parallel) else {
            return Array(repeating: .nan, count: entryCount)
        }
        let ranks = units.ranks(at: share, precision: precision)
        let search = QuantileSearch(weights: units, parallel: parallel)
        return try search.orderStatistics(of: self, low: ranks.low, high: ranks.high).map { statistics in
            guard let (low, high) = statistics else { return .nan }
            // Adding zero makes -0 +0.
            return tie.choose(low.value, high.value) + 0
        }
    }
}

extension TieRule {
    fileprivate func choose(_ lower: Double, _ upper: Double) -> Double {
        switch self {
        case .lower: lower
        case .upper: upper
        case .midpoint: lower == upper ? lower : 0.5 * lower + 0.5 * upper
        }
    }
}

extension FixedPointWeights {
    /// The least sums of weights that are at least, and more than, `share` of the total.
    ///
    /// The share's own rounding does not tell a sum from it; nor does that of the weights unless all are whole numbers.
    func ranks(at share: Double, precision: Double) -> (low: UInt64, high: UInt64) {
        let whole = Double(total)
        let target = share * whole
        let rounding = areWhole ? 0 : precision * whole + Double(units.count)
        let slack = Double.ulpOfOne * whole + rounding
        let low = min(max((target - slack).rounded(.up), 1), whole)
        let high = min(max((target + slack).rounded(.down) + 1, 1), whole)
        return (min(UInt64(low), total), min(UInt64(high), total))
    }
}
