/// Weights as whole numbers of a common unit, a power of two chosen so that all of them add up to less than 2^62.
///
/// Sums of whole numbers are exact in any order, so what is decided by comparing them is the same on every backend. Weights
/// that are whole numbers are exact; of others, what is smaller than the unit is rounded.
package struct FixedPointWeights: Sendable {
    /// Each task's weight in units: at least 1 where it is positive.
    package let units: [UInt64]
    package let total: UInt64
    /// At least that of every task.
    let largest: UInt64
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
        largest = 1
        if total == 0 { return nil }
    }

    /// Nil unless every weight is finite and not negative, and one is positive.
    package init?(_ weights: [Double], parallel: Parallel = Parallel()) {
        let size = 1 << 16
        let parts = (weights.count + size - 1) / size
        func range(_ part: Int) -> Range<Int> { part * size..<min((part + 1) * size, weights.count) }
        let extremes = weights.withUnsafeBufferPointer { weights in
            parallel.map(parts) { Self.extremes(UnsafeBufferPointer(rebasing: weights[range($0)])) }
        }
        let largest = extremes.reduce(0) { max($0, $1.largest) }
        // NaN fails every comparison.
        guard extremes.allSatisfy({ $0.least >= 0 }), largest > 0, largest.isFinite else { return nil }
        let countBits = Int.bitWidth - weights.count.leadingZeroBitCount
        exponent = 60 - Int(largest.exponent) - countBits
        let (first, second) = Self.scales(exponent: exponent)
        self.largest = max(1, UInt64((largest * first * second).rounded(.toNearestOrEven)))
        var sums: [(total: UInt64, areWhole: Bool)] = []
        units = [UInt64](hugeUninitializedCapacity: weights.count) { units, count in
            weights.withUnsafeBufferPointer { weights in
                let units = UnsafeMutableBufferPointer(rebasing: units[..<weights.count])
                sums = parallel.map(parts) { part in
                    Self.round(
                        UnsafeBufferPointer(rebasing: weights[range(part)]), first, second,
                        to: UnsafeMutableBufferPointer(rebasing: units[range(part)]))
                }
            }
            count = weights.count
        }
        total = sums.reduce(0) { $0 &+ $1.total }
        areWhole = sums.allSatisfy(\.areWhole)
        countsTasks = false
    }

    /// The least and the largest weight, the least NaN where one is.
    private static func extremes(_ weights: UnsafeBufferPointer<Double>) -> (least: Double, largest: Double) {
        var least = SIMD8<Double>(repeating: .infinity)
        var largest = SIMD8<Double>.zero
        for first in stride(from: 0, to: weights.count - 7, by: 8) {
            for lane in 0..<8 {
                let weight = weights[first &+ lane]
                least[lane] = least[lane] <= weight || least[lane] != least[lane] ? least[lane] : weight
                largest[lane] = largest[lane] < weight ? weight : largest[lane]
            }
        }
        for weight in weights.suffix(weights.count % 8) {
            least[0] = least[0] <= weight || least[0] != least[0] ? least[0] : weight
            largest[0] = largest[0] < weight ? weight : largest[0]
        }
        let smallest = least.indices.reduce(Double.infinity) { $0 <= least[$1] || $0.isNaN ? $0 : least[$1] }
        return (smallest, largest.max())
    }

    /// Writes weights in units, and returns their sum and whether all are whole numbers.
    private static func round(
        _ weights: UnsafeBufferPointer<Double>, _ first: Double, _ second: Double,
        to units: UnsafeMutableBufferPointer<UInt64>
    ) -> (total: UInt64, areWhole: Bool) {
        var total: UInt64 = 0
        var brokenCount = 0
        for task in weights.indices {
            let weight = weights[task]
            let scaled = weight * first * second
            let whole = scaled.rounded(.toNearestOrEven)
            brokenCount &+= (whole == scaled ? 0 : 1) | (weight == weight.rounded() ? 0 : 1)
            // Less than 2^62: no sign to lose.
            let unit = UInt64(bitPattern: Int64(whole))
            units[task] = weight > 0 ? (unit > 1 ? unit : 1) : 0
            total &+= units[task]
        }
        return (total, brokenCount == 0)
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
