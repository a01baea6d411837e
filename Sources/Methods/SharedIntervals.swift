import Compute
import RealModule

/// Confidence intervals of tasks' coefficients that are shorter where a coefficient seems to be the shared one: Huang et al.
/// (2024), Appendix F.
///
/// A coefficient whose own estimate is near the centre's gets the interval of the centre, which all tasks make narrow;
/// others get that of their own estimate:
///
///     c_k +- h_k            where |b_mk - c_k| < sqrt(2 log(max(2 n_m, 8 / alpha))) se_mk     (the gate)
///     b_mk +- z se_mk       else,   z the quantile of 1 - alpha / 4.
///
/// What holds: for each coefficient, coverage of at least `1 - alpha` for many rows and tasks, **provided** that a task's
/// coefficient is either the shared one or several gates away. What does not: a coefficient that differs by less than
/// about three gates may be given the centre's interval, which then misses it more often than `alpha`, up to always. No
/// method has shorter intervals than those of own estimates without such an assumption. Intervals are for one coefficient
/// each, not for all together.
public struct SharedIntervals: Sendable {
    /// How the half width `h_k` is found, by the share `a` of tasks that may be on one side of the median by chance or by
    /// their differences, `a = W_B / W + sqrt(1.01 delta sum over G of w^2) / W_G`: `B` are the tasks that fail the gate, `G`
    /// the others.
    public enum HalfWidth: String, Sendable, CaseIterable {
        /// The `h` with `sum over G of w Phi(h / se) = (1/2 + a) W_G`, `delta = log(4 / alpha) / 2`: what Lemma 12 bounds,
        /// exactly.
        case quantile
        /// `z se_c + W_B / (2 W f)`, the median's asymptotic distribution: `f = sum of w phi(0) / se / W` and
        /// `se_c = sqrt(sum of w^2) / (2 W f)`. The narrowest; it needs many tasks, half of them with
        /// ``SharedIntervals/leastDegreesOfFreedom`` or more: with fewer, `1 / se` is too large on average, and intervals too
        /// short.
        case normal
        /// `1.25 C a s`, with `s` the mean of standard errors, `C = C_0.45` of Lemma 12 and
        /// `delta = log(max(8 / alpha, 2 n)) / 2`: as printed, and far wider than own intervals unless there are
        /// thousands of tasks.
        case paper
    }

    public let level: Double
    /// Nil where all intervals are those of own estimates.
    public let halfWidth: HalfWidth?
    /// `h_k` of each coefficient; NaN where tasks that fail the gate are more than a fifth, or too few tasks, or degrees of
    /// freedom, are left: all tasks then have their own estimates' intervals.
    public let halfWidths: [Double]
    /// The median of tasks' degrees of freedom.
    public let typicalDegreesOfFreedom: Double
    /// The share by weight of tasks that fail the gate, of each coefficient; NaN where tasks are not compared.
    public let failingShares: [Double]
    /// What `normal` needs: of tasks with 5 coefficients that are all shared, its intervals of 95 % covered 98 % with 15 degrees
    /// of freedom and 90 % with 7 (100 tasks), 75 % with 2 (30 tasks).
    public static let leastDegreesOfFreedom = 15.0

    /// How many standard errors the gate of a task of median size is.
    public let typicalGate: Double
    private let differences: CenterDifferences
    private let gates: [Double]
    /// The quantiles of `1 - alpha / 4` and `1 - alpha / 2` for each task's degrees of freedom.
    private let criticals: [(quarter: Double, half: Double)]

    /// - Parameters:
    ///   - level: the coverage `1 - alpha`, between 0 and 1.
    ///   - halfWidth: nil for own estimates' intervals throughout, which promise their coverage without any assumption on
    ///     differences.
    /// - Complexity: O(*taskCount* x *featureCount*), for `quantile` about eight times.
    public init(
        _ differences: CenterDifferences, level: Double, halfWidth: HalfWidth? = .quantile,
        parallel: Parallel = Parallel()
    ) {
        precondition(level > 0 && level < 1, "coverage is a share between 0 and 1")
        let alpha = 1 - level
        self.level = level
        self.halfWidth = halfWidth
        self.differences = differences
        let gates = differences.sampleCounts.map {
            (2 * Double.log(max(2 * Double($0), 8 / alpha))).squareRoot()
        }
        self.gates = gates
        typicalGate = gates.isEmpty ? .nan : gates.sorted()[gates.count / 2]
        let degrees = differences.degreesOfFreedom.filter { !$0.isNaN }.sorted()
        typicalDegreesOfFreedom = degrees.isEmpty ? .nan : degrees[degrees.count / 2]
        criticals = Self.criticals(differences.degreesOfFreedom, alpha: alpha)
        guard let halfWidth else {
            halfWidths = differences.center.map { _ in .nan }
            failingShares = halfWidths
            return
        }
        let search = HalfWidthSearch(differences, gates: gates, alpha: alpha, parallel)
        failingShares = differences.center.indices.map {
            differences.isCompared($0) ? search.failingShare($0) : .nan
        }
        switch halfWidth {
        case .quantile: halfWidths = search.quantile
        case .normal:
            halfWidths =
                typicalDegreesOfFreedom >= Self.leastDegreesOfFreedom
                ? search.normal : differences.center.map { _ in .nan }
        case .paper: halfWidths = search.paper
        }
    }

    /// The share of tasks that may fail the gate: Condition 12.
    public static let mostFailing = 0.2

    private static func criticals(
        _ degreesOfFreedom: [Double], alpha: Double
    ) -> [(quarter: Double, half: Double)] {
        var known: [Double: (quarter: Double, half: Double)] = [:]
        for degrees in degreesOfFreedom.distinctNumbers where degrees >= 1 {
            let distribution = StudentT(degreesOfFreedom: degrees)
            known[degrees] = (-distribution.quantile(alpha / 4), -distribution.quantile(alpha / 2))
        }
        return degreesOfFreedom.map { known[$0] ?? (.nan, .nan) }
    }

    /// The interval of a task's coefficient, and whether it is the centre's. NaN for a task without estimates of its own.
    public func interval(task: Int, feature: Int) -> (low: Double, high: Double, isShared: Bool) {
        let place = task * differences.featureCount + feature
        let (own, error) = (differences.ownCoefficients[place], differences.ownStandardErrors[place])
        let (center, width) = (differences.center[feature], halfWidths[feature])
        if width.isNaN {
            let reach = criticals[task].half * error
            return (own - reach, own + reach, false)
        }
        if abs(own - center) < gates[task] * error { return (center - width, center + width, true) }
        let reach = criticals[task].quarter * error
        return (own - reach, own + reach, false)
    }
}

/// Half widths of the centre's interval, one a coefficient.
private struct HalfWidthSearch {
    private let differences: CenterDifferences
    private let gates: [Double]
    private let alpha: Double
    private let parallel: Parallel
    /// Of each coefficient, over tasks that pass the gate: sums of `w`, `w^2`, `w / se` and `w se`.
    private let sums: [Double]
    /// Of each coefficient, the sums of `w`, `w^2` and `w / se` over all tasks.
    private let totals: [Double]

    init(_ differences: CenterDifferences, gates: [Double], alpha: Double, _ parallel: Parallel) {
        self.differences = differences
        self.gates = gates
        self.alpha = alpha
        self.parallel = parallel
        let width = differences.featureCount
        let all = differences.sums(7, parallel) { task, sums in
            let weight = differences.weights[task]
            for feature in 0..<width {
                let error = differences.ownStandardErrors[task &* width &+ feature]
                guard error > 0, error.isFinite else { continue }
                let sums = sums + 7 &* feature
                sums[4] += weight
                sums[5] += weight * weight
                sums[6] += weight / error
                guard abs(differences.difference(task, feature)) < gates[task] * error else { continue }
                sums[0] += weight
                sums[1] += weight * weight
                sums[2] += weight / error
                sums[3] += weight * error
            }
        }
        sums = (0..<width).flatMap { all[7 * $0..<7 * $0 + 4] }
        totals = (0..<width).flatMap { all[7 * $0 + 4..<7 * $0 + 7] }
    }

    func failingShare(_ feature: Int) -> Double { 1 - sums[4 * feature] / totals[3 * feature] }

    /// Whether the centre's interval may be used at all.
    private func isUsable(_ feature: Int) -> Bool {
        differences.isCompared(feature) && failingShare(feature) <= SharedIntervals.mostFailing + 1e-12
    }

    /// `a`, by `delta`.
    private func sidedShare(_ feature: Int, delta: Double) -> Double {
        failingShare(feature) + (1.01 * delta * sums[4 * feature + 1]).squareRoot() / sums[4 * feature]
    }

    var normal: [Double] {
        let critical = -StudentT(degreesOfFreedom: .infinity).quantile(alpha / 4)
        return (0..<differences.featureCount).map { feature in
            guard isUsable(feature) else { return .nan }
            // `W f`.
            let height = totals[3 * feature + 2] / (2 * Double.pi).squareRoot()
            let error = totals[3 * feature + 1].squareRoot() / (2 * height)
            return critical * error + failingShare(feature) * totals[3 * feature] / (2 * height)
        }
    }

    var paper: [Double] {
        let rows = Double(differences.sampleCounts.max() ?? 1)
        let constant = MedianConcentration.constant(0.45)
        return (0..<differences.featureCount).map { feature in
            let share = sidedShare(feature, delta: 0.5 * Double.log(max(8 / alpha, 2 * rows)))
            guard isUsable(feature), share < 0.45 else { return .nan }
            return 1.25 * constant * share * sums[4 * feature + 3] / sums[4 * feature]
        }
    }

    /// By Newton's method from 0: the weighted distribution function is concave beyond its median, so that no step goes too
    /// far.
    var quantile: [Double] {
        let width = differences.featureCount
        let targets = (0..<width).map { feature -> Double in
            let share = sidedShare(feature, delta: 0.5 * Double.log(4 / alpha))
            return isUsable(feature) && share < 0.5 ? (0.5 + share) * sums[4 * feature] : .nan
        }
        var reached = targets.map { $0.isNaN ? Double.nan : 0 }
        for _ in 0..<Self.mostSteps {
            let found = distribution(at: reached)
            var largest = 0.0
            for feature in 0..<width where !targets[feature].isNaN {
                let step = (targets[feature] - found[2 * feature]) / found[2 * feature + 1]
                reached[feature] += step
                largest = max(largest, step / reached[feature])
            }
            if !(largest > 1e-10) { break }
        }
        return reached
    }

    private static let mostSteps = 60

    /// `sum over G of w Phi(h / se)` and its derivative, of each coefficient.
    private func distribution(at reached: [Double]) -> [Double] {
        let width = differences.featureCount
        let peak = 1 / (2 * Double.pi).squareRoot()
        return differences.sums(2, parallel) { task, sums in
            let weight = differences.weights[task]
            for feature in 0..<width where !reached[feature].isNaN {
                let error = differences.ownStandardErrors[task &* width &+ feature]
                guard error > 0, error.isFinite,
                    abs(differences.difference(task, feature)) < gates[task] * error
                else { continue }
                let z = reached[feature] / error
                sums[2 &* feature] += weight * 0.5 * (1 + Double.erf(z * 0.5.squareRoot()))
                sums[2 &* feature &+ 1] += weight * peak * Double.exp(-0.5 * z * z) / error
            }
        }
    }
}

/// How sharply the quantiles of several normal distributions with one mean concentrate: Lemma 12.
package enum MedianConcentration {
    /// `C_a`, the least over `e` of `1 / (phi(Phi^-1(1 - e)) (1 - 2 a / (1 - 2 e))^2)`: the `(1/2 + a)`-quantile is at most
    /// `C_a a` mean deviations above the mean. The paper prints a maximum, which is infinite, and no square, which its
    /// proof has.
    ///
    /// - Precondition: `0 <= a < 1/2`.
    package static func constant(_ a: Double) -> Double {
        let normal = StudentT(degreesOfFreedom: .infinity)
        func value(_ e: Double) -> Double {
            let z = normal.quantile(e)
            let density = Double.exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
            let rest = 1 - 2 * a / (1 - 2 * e)
            return 1 / (density * rest * rest)
        }
        // It falls, then rises, from infinity to infinity: golden sections.
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (0.0, 0.5 - a)
        for _ in 0..<80 {
            let (first, second) = (high - ratio * (high - low), low + ratio * (high - low))
            if value(first) < value(second) { high = second } else { low = first }
        }
        return value((low + high) / 2)
    }
}
