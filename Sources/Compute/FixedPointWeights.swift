/// Weights as whole numbers of a common unit, a power of two chosen so that all of them add up to less than 2^62.
///
/// Sums of whole numbers are exact in any order, so what is decided by comparing them is the same on every backend. Weights
/// that are whole numbers are exact; of others, what is smaller than the unit is rounded.
package struct FixedPointWeights: Sendable {
    /// Each task's weight in units: at least 1 where it is positive.
    package let units: [UInt64]
    package let total: UInt64
    /// Whether all weights are whole numbers, and of units too: then sums of them are meant exactly.
    package let areWhole: Bool
    /// A unit is `2^-exponent`.
    package let exponent: Int
    /// Whether every positive weight is one unit, whatever it was.
    package let countsTasks: Bool

    /// One unit for every positive weight. Nil when there is none.
    package init?(countingPositive weights: [Double]) {
        units = weights.map { $0 > 0 ? 1 : 0 }
        total = units.reduce(0, +)
        (areWhole, exponent, countsTasks) = (true, 0, true)
        if total == 0 { return nil }
    }

    /// Nil unless every weight is finite and not negative, and one is positive.
    package init?(_ weights: [Double]) {
        var largest = 0.0
        var areUsable = true
        for weight in weights {
            areUsable = areUsable && weight >= 0
            largest = max(largest, weight)
        }
        guard areUsable, largest > 0, largest.isFinite else { return nil }
        let countBits = Int.bitWidth - weights.count.leadingZeroBitCount
        exponent = 60 - Int(largest.exponent) - countBits
        let (first, second) = Self.scales(exponent: exponent)
        var total: UInt64 = 0
        var areWhole = true
        units = [UInt64](unsafeUninitializedCapacity: weights.count) { units, count in
            for (task, weight) in weights.enumerated() {
                let scaled = weight * first * second
                let whole = scaled.rounded(.toNearestOrEven)
                areWhole = areWhole && whole == scaled && weight == weight.rounded()
                units[task] = weight > 0 ? max(1, UInt64(whole)) : 0
                total &+= units[task]
            }
            count = weights.count
        }
        self.total = total
        self.areWhole = areWhole
        countsTasks = false
    }

    /// Two powers of two, neither too large nor too small for the scalar, whose product is `2^exponent`.
    package static func scales<Scalar: BinaryFloatingPoint>(
        of scalar: Scalar.Type = Double.self, exponent: Int
    ) -> (Scalar, Scalar) {
        let half = exponent / 2
        return (
            Scalar(sign: .plus, exponent: Scalar.Exponent(half), significand: 1),
            Scalar(sign: .plus, exponent: Scalar.Exponent(exponent - half), significand: 1)
        )
    }
}
