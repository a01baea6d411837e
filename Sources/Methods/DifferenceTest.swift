import Compute
import RealModule

/// Tests of "this task's coefficient is the shared one", for every task and coefficient.
///
/// The statistic is the own estimate less the weighted median of all tasks', over its standard error. With `f` the weighted
/// mean of the densities of tasks' own estimates at the centre, of tasks within three standard errors of it, the median moves by
/// `sign / (2 W f)` for each unit of a task's weight, so that for large numbers of tasks
///
///     var(b_m - c) = se_m^2 + sum of w^2 / (4 W^2 f^2) - sqrt(2 / pi) w_m se_m / (W f),
///
/// which the first term rules; the last is of tasks near the centre alone, since where a far one is does not move the
/// median. It is compared with Student's t of the task's degrees of freedom. It is a test of one
/// coefficient; over many, ``FalseDiscovery`` says how to read them.
public struct DifferenceTest: Sendable {
    private let differences: CenterDifferences
    /// For each coefficient, the variance of its median, and what a task's `w se` takes off.
    private let medianVariances: [Double]
    private let shares: [Double]
    private let distributions: [Double: StudentT]

    /// - Complexity: O(*taskCount* x *featureCount*).
    public init(_ differences: CenterDifferences, parallel: Parallel = Parallel()) {
        self.differences = differences
        let width = differences.featureCount
        // Of tasks near the centre: sum of w / se, sum of w, sum of w^2.
        let sums = differences.sums(3, parallel) { task, sums in
            let weight = differences.weights[task]
            for feature in 0..<width where differences.isNear(task, feature) {
                let error = differences.ownStandardErrors[task &* width &+ feature]
                sums[3 &* feature] += weight / error
                sums[3 &* feature &+ 1] += weight
                sums[3 &* feature &+ 2] += weight * weight
            }
        }
        let peak = 1 / (2 * Double.pi).squareRoot()
        medianVariances = (0..<width).map { feature in
            let height = peak * sums[3 * feature]
            return sums[3 * feature + 2] / (4 * height * height)
        }
        shares = (0..<width).map { (2 / Double.pi).squareRoot() / (peak * sums[3 * $0]) }
        var distributions: [Double: StudentT] = [:]
        for degrees in differences.degreesOfFreedom.distinctNumbers where degrees >= 1 {
            distributions[degrees] = StudentT(degreesOfFreedom: degrees)
        }
        self.distributions = distributions
    }

    /// The statistic and its two-sided p-value; NaN where the coefficient is not compared, or its error is not known.
    public func result(task: Int, feature: Int) -> (statistic: Double, pValue: Double) {
        let difference = differences.difference(task, feature)
        guard differences.isCompared(feature), !difference.isNaN,
            let distribution = distributions[differences.degreesOfFreedom[task]]
        else { return (.nan, .nan) }
        // The median is this task's own estimate, or a tie with it.
        if difference == 0 { return (0, 1) }
        let error = differences.ownStandardErrors[task * differences.featureCount + feature]
        // Where no task is near, or the centre is given, the task's own error is what is known.
        var variance = error * error
        if medianVariances[feature].isFinite {
            variance += medianVariances[feature]
            if differences.isNear(task, feature) {
                variance -= shares[feature] * differences.weights[task] * error
            }
        }
        let statistic = difference / variance.squareRoot()
        return (statistic, distribution.twoSidedPValue(statistic))
    }

    /// The p-value of every task and coefficient, `taskCount x featureCount`.
    public func pValues(parallel: Parallel = Parallel()) -> [Double] {
        let width = differences.featureCount
        return parallel.map(differences.taskCount * width, grain: 4096) {
            result(task: $0 / width, feature: $0 % width).pValue
        }
    }
}

extension CenterDifferences {
    /// Whether the own estimate is so near the centre's that both may be estimates of one thing.
    fileprivate func isNear(_ task: Int, _ feature: Int) -> Bool {
        let error = ownStandardErrors[task &* featureCount &+ feature]
        return error > 0 && isCompared(feature) && abs(difference(task, feature)) <= 3 * error
    }
}

/// Corrections of many p-values at once.
public enum FalseDiscovery {
    /// For each p-value the least rate of false discoveries at which it is one: Benjamini and Hochberg (1995).
    ///
    /// With `p_(1) <= p_(2) <= ...` of the `N` values that are numbers, `q_(i)` is the least of `N p_(j) / j` over `j >= i`.
    /// Calling all with `q <= r` discoveries makes no more than a share `r` of them false, on average, where the values are
    /// independent or positively dependent. NaN stays and is not counted.
    ///
    /// - Complexity: that of sorting.
    public static func adjusted(_ pValues: [Double]) -> [Double] {
        var sorted: [(value: Double, index: Int)] = []
        sorted.reserveCapacity(pValues.count)
        for (index, value) in pValues.enumerated() where !value.isNaN { sorted.append((value, index)) }
        sorted.sort { $0.value < $1.value }
        var adjusted = Array(repeating: Double.nan, count: pValues.count)
        var least = 1.0
        for (place, entry) in sorted.enumerated().reversed() {
            least = min(least, entry.value * Double(sorted.count) / Double(place + 1))
            adjusted[entry.index] = least
        }
        return adjusted
    }
}
