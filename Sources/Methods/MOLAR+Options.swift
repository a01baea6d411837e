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

    /// A centre that other tasks have made.
    public struct GivenCenter: Sendable, Equatable {
        /// One for each coefficient, on the user's scale.
        public let coefficients: [Double]
        /// The observations of the tasks that made it.
        public let sampleCount: Int
        /// How many those are.
        public let taskCount: Int
        /// The typical variance of their errors, where it is known: it stands for that of tasks whose rows do not tell theirs.
        public let errorVariance: Double?

        public init(coefficients: [Double], sampleCount: Int, taskCount: Int, errorVariance: Double? = nil) {
            self.coefficients = coefficients
            self.sampleCount = sampleCount
            self.taskCount = taskCount
            self.errorVariance = errorVariance
        }
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
    /// Those of one task.
    struct OfTask {
        let factor: Double
        /// Whether standard errors are multiplied by the factor; else it is the threshold.
        let isMultiple: Bool

        @inline(__always)
        func value(_ standardError: Double) -> Double { isMultiple ? factor * standardError : factor }
    }

    /// One a task: a multiple of the estimates' standard errors, or the threshold itself. 0 for a task without estimates.
    let factors: [Double]
    let unit: MOLAR.ThresholdUnit

    @inline(__always)
    func ofTask(_ task: Int) -> OfTask {
        let factor = factors[task]
        // Infinitely many errors of 0 are infinitely much.
        return OfTask(factor: factor, isMultiple: unit != .isotropic && factor != .infinity)
    }
}

extension MOLAR {
    /// - Parameters:
    ///   - isInCenter: the tasks that the centre is of.
    ///   - shrunkCount: how many coefficients of a task are shrunk.
    func thresholds(
        of own: OwnEstimates, _ isInCenter: [Bool], shrunkCount: Int, _ parallel: Parallel
    ) -> MOLARThresholds {
        // With one coefficient nothing is shrunk, whatever the strength.
        guard shrunkCount > 1, strength > 0 else {
            return MOLARThresholds(factors: Array(repeating: 0, count: own.taskCount), unit: unit)
        }
        let (statuses, counts, variances) = (own.statuses, own.sampleCounts, own.errorVariances)
        // Of a centre without a variance it is not known what observations of its tasks tell.
        let isEffective = ratio == .effective && (givenCenter == nil || givenCenter?.errorVariance != nil)
        func information(_ task: Int) -> Double { Double(counts[task]) / (isEffective ? variances[task] : 1) }
        let others = givenCenter.map { center in
            let count = Double(loss == .squared ? center.sampleCount : center.taskCount)
            return isEffective ? count / (center.errorVariance ?? 1) : count
        }
        let whole = others ?? isInCenter.indices.reduce(0.0) { isInCenter[$1] ? $0 + information($1) : $0 }
        let most = Double(shrunkCount)
        let (multiple, isIsotropic) = (Multiple(self, own, isInCenter), unit == .isotropic)
        let isAdded = others != nil
        let factors = parallel.map(statuses.count, grain: SolvedTasks.grain) { task -> Double in
            guard statuses[task] == .ok else { return 0 }
            let own = information(task)
            // A task counts itself; one that is not in the centre as well.
            let ratio = min((isAdded || !isInCenter[task] ? whole + own : whole) / own, most)
            // Nor is anything with one task.
            guard ratio > 1 else { return 0 }
            let value = multiple.value(ratio)
            return isIsotropic && value < .infinity ? value * multiple.isotropicError(task) : value
        }
        return MOLARThresholds(factors: factors, unit: unit)
    }

    /// How many units a threshold is.
    private struct Multiple {
        private let strength: Double
        /// The same for all tasks, where the ratio does not matter.
        private let fixed: Double?
        private let own: OwnEstimates

        init(_ molar: MOLAR, _ own: OwnEstimates, _ isInCenter: [Bool]) {
            strength = molar.strength
            self.own = own
            switch molar.noise {
            case .gaussian: fixed = nil
            case .orlicz(let exponent, let constant):
                let taskCount = molar.givenCenter.map { $0.taskCount + 1 } ?? isInCenter.count { $0 }
                let delta = max(Double.log(Double(taskCount)), 1 / exponent + Double.log(3))
                fixed = 2 + Double.pow(constant * delta, 1 / exponent)
            }
        }

        func value(_ ratio: Double) -> Double { strength * (fixed ?? Double.log(ratio).squareRoot()) }

        func isotropicError(_ task: Int) -> Double { (own.errorVariances[task] / own.weightSums[task]).squareRoot() }
    }
}
