/// The worst error among the values that a check has compared, in units of their tolerances.
package struct Comparison: Sendable {
    /// Values compared so far.
    package private(set) var count = 0
    /// At most 1 where all is well; infinite for a value that had to be exact and is not.
    package private(set) var worst = 0.0
    /// The value with the worst error.
    package private(set) var found = 0.0
    /// What it should have been.
    package private(set) var expected = 0.0

    /// The rounding of sums over rows and across tasks: that of double, where the device has it.
    let sumRounding: Double
    private let hasFault: Bool

    /// - Parameters:
    ///   - hasDouble: whether the device has double, and so adds in it.
    ///   - hasFault: whether the first value is taken for another one, to see that it is found.
    package init(hasDouble: Bool = true, hasFault: Bool = false) {
        sumRounding = hasDouble ? Double.ulpOfOne : Double(Float.ulpOfOne)
        self.hasFault = hasFault
    }

    /// A check that has compared nothing has not passed.
    package var hasPassed: Bool { count > 0 && worst <= 1 }

    /// Compares a result with what its definition says. NaN where NaN is expected is no error.
    package mutating func compare(_ found: Double, with expected: Double, within tolerance: Double) {
        let found = hasFault && count == 0 ? found + max(1, abs(found)) : found
        let error = Self.error(of: found, expected, tolerance)
        if error > worst || count == 0 {
            worst = error
            self.found = found
            self.expected = expected
        }
        count += 1
    }

    package mutating func compare(_ found: [Double], with expected: [Double], within tolerance: Double) {
        guard found.count == expected.count else {
            return compare(Double(found.count), with: Double(expected.count), within: 0)
        }
        for (one, other) in zip(found, expected) { compare(one, with: other, within: tolerance) }
    }

    private static func error(of found: Double, _ expected: Double, _ tolerance: Double) -> Double {
        if found == expected || found.isNaN && expected.isNaN { return 0 }
        let error = abs(found - expected) / tolerance
        return error.isNaN ? .infinity : error
    }
}
