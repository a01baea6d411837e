import Compute
import RealModule

extension MOLAR {
    /// How a coefficient that is near the centre's is treated, and one that is not.
    public enum Shrinkage: String, Sendable, CaseIterable {
        /// Near ones become the centre's, others stay: Option I.
        case hard
        /// All move towards the centre by their threshold, and not past it: Option II.
        case soft
    }

    /// What the intercept is to the other coefficients.
    public enum InterceptRole: String, Sendable, CaseIterable {
        /// Each task has its own, which goes with its slopes through the means of its rows; it is not shrunk.
        case free
        /// It is shrunk like any other coefficient.
        case shared
    }

    /// The weight of each task in the median.
    public enum TaskWeights: Sendable {
        /// Observations over the variance of errors, `n_m / s_m^2`: Proposition 1. Where rows have weights, their sum
        /// takes the place of `n_m`.
        case precision
        /// Observations or the sum of their weights, for variances that are believed equal.
        case observations
        case equal
        /// One number a task, none of them negative.
        case given([Double])
    }

    /// What a task's threshold is a multiple of.
    public enum ThresholdUnit: String, Sendable, CaseIterable {
        /// The standard error of each estimate: Theorem 1.
        case standardError = "std-error"
        /// `s_m / sqrt(n_m)` for all of a task's estimates, as if its features were independent and of unit variance:
        /// Appendix J.1. It depends on the features' units.
        case isotropic
    }

    /// How many times the data of a task all tasks together have, in the logarithm of its threshold.
    public enum SampleRatio: String, Sendable, CaseIterable {
        /// `N / n_m`: Theorem 1.
        case observations
        /// The same with `n_m / s_m^2` for `n_m`: observations by what they tell.
        case effective
    }

    /// Where the variance of a task's errors comes from.
    public enum ErrorVariance: String, Sendable, CaseIterable {
        /// Each task's own residuals; of the problem, where that knows it.
        case each
        /// The residuals of all tasks, for variances that are believed equal.
        case pooled
    }

    /// What errors are like, which says how far estimates stray by chance.
    public enum Noise: Sendable, Equatable {
        /// Thresholds of `c1 sqrt(log(min(N / n_m, d)))` units.
        case gaussian
        /// Errors with tails like `exp(-|e|^a)`, `0 < a <= 2`: thresholds of
        /// `c1 (2 + (c max(log(M), 1 / a + log(3)))^(1 / a))` units, Appendix D, where `c` is a constant that the paper
        /// leaves open.
        case orlicz(exponent: Double, constant: Double = 1)
    }
}

/// How far a task's own estimates may be from the centre and count as equal to it.
struct MOLARThresholds: Sendable {
    /// One a task: a multiple of the estimates' standard errors, or the threshold itself. 0 for a task without estimates.
    let factors: [Double]
    let unit: MOLAR.ThresholdUnit

    @inline(__always)
    func threshold(_ task: Int, standardError: Double) -> Double {
        let factor = factors[task]
        // Infinitely many errors of 0 are infinitely much.
        return unit == .isotropic || factor == .infinity ? factor : factor * standardError
    }
}

extension MOLAR {
    /// - Parameters:
    ///   - total: the observations of all tasks with estimates.
    ///   - shrunkCount: how many coefficients of a task are shrunk.
    func thresholds(of own: OwnEstimates, total: Int, shrunkCount: Int) -> MOLARThresholds {
        let ratios = ratios(of: own, total: total)
        let taskCount = own.statuses.count { $0 == .ok }
        let factors = own.statuses.indices.map { task -> Double in
            // With one task or one coefficient nothing is shrunk, whatever the strength.
            guard own.statuses[task] == .ok, strength > 0, shrunkCount > 1, ratios[task] > 1 else { return 0 }
            let multiple = strength * deviations(ratio: min(ratios[task], Double(shrunkCount)), taskCount: taskCount)
            if unit == .standardError || multiple == .infinity { return multiple }
            return multiple * (own.errorVariances[task] / own.weightSums[task]).squareRoot()
        }
        return MOLARThresholds(factors: factors, unit: unit)
    }

    /// How many deviations estimates stray by chance.
    private func deviations(ratio: Double, taskCount: Int) -> Double {
        switch noise {
        case .gaussian: return Double.log(ratio).squareRoot()
        case .orlicz(let exponent, let constant):
            let delta = max(Double.log(Double(taskCount)), 1 / exponent + Double.log(3))
            return 2 + Double.pow(constant * delta, 1 / exponent)
        }
    }

    /// The data of all tasks over those of each.
    private func ratios(of own: OwnEstimates, total: Int) -> [Double] {
        switch ratio {
        case .observations: return own.sampleCounts.map { Double(total) / Double($0) }
        case .effective:
            let information = own.statuses.indices.map {
                own.statuses[$0] == .ok ? Double(own.sampleCounts[$0]) / own.errorVariances[$0] : 0
            }
            let whole = information.reduce(0, +)
            return information.map { whole / $0 }
        }
    }
}
