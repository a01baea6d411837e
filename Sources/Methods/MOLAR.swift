public import Compute
import RealModule

/// MOLAR: every task's least-squares estimates, shrunk coordinate by coordinate towards their weighted median.
///
/// Huang, Xu, Lee, Hassani, Bastani and Dobriban, "Optimal Multitask Linear Regression and Contextual Bandits under
/// Sparse Heterogeneity" (2024), Algorithm 1. Tasks are taken to share coefficients except for a few each, and neither
/// how many nor which is asked. With `b_m` and `s_m` the estimates and standard errors of task `m` on its own `n_m` rows,
///
///     c_k     minimises  sum over m of w_m |b_mk - c_k|,   w_m = n_m / s_m^2      (stage 1, for each coefficient k)
///     t_mk    = c1 sqrt(log(min(N / n_m, d))) se_mk                               (Theorem 1; N is the sum of all n_m)
///     hard:   b_mk where |b_mk - c_k| > t_mk, else c_k                            (stage 2)
///     soft:   c_k + sign(b_mk - c_k) max(0, |b_mk - c_k| - t_mk)
///
/// where `d` counts the coefficients that are shrunk. All of it is on the user's scale, and columns may be scaled without
/// any effect. One task, or one coefficient, gives the task's own estimates.
public struct MOLAR: Estimator {
    public static let name = "molar"

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

    public var shrinkage: Shrinkage
    /// `c1`, at least 0.
    public var strength: Double
    public var intercept: InterceptRole
    public var weights: TaskWeights
    /// Which of several medians is taken.
    public var tie: TieRule
    /// What a row costs: of losses with one column. Others than the squared one are Algorithm 4, with maximum likelihood in the
    /// place of least squares, thresholds `c1 sqrt(log(min(M, d))) se_mk` for `M` tasks, and an intercept that is the likeliest
    /// beside the slopes.
    public var loss = Loss.squared

    public init(
        shrinkage: Shrinkage = .hard, strength: Double = 1, intercept: InterceptRole = .free,
        weights: TaskWeights = .precision, tie: TieRule = .midpoint
    ) {
        precondition(strength >= 0, "a strength is not negative")
        self.shrinkage = shrinkage
        self.strength = strength
        self.intercept = intercept
        self.weights = weights
        self.tie = tie
    }

    /// Of other losses than the squared one a guess: they pass once for each step of Newton's method.
    public var passCount: Int { loss == .squared ? 1 : 14 }
    public var arrayCount: Int { ownEstimates.arrayCount }

    /// Fits the problem. A task whose own estimates cannot be had takes no part in the centre, and gets it.
    ///
    /// A coefficient that stays as the task's own rows have it keeps its standard error; one that is moved has none.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        if loss != .squared {
            return try likelihoodFit(problem, on: backend, reference: reference, progress: progress)
        }
        let own = try ownEstimates.fit(problem, on: backend, reference: reference, progress: progress)
        return try fit(own, to: problem, on: backend, reference: reference)
    }

    /// The estimates of all groups together, then each group's centre.
    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [Fit] {
        if loss != .squared {
            return try fitsOneByOne(batch, on: backend, reference: reference, progress: progress)
        }
        let own = try ownEstimates.fits(batch, on: backend, reference: reference, progress: progress)
        var fits: [Fit] = []
        for (group, fit) in own.enumerated() {
            fits.append(try self.fit(fit, to: batch.problem(group), on: backend, reference: reference))
        }
        return fits
    }

    var ownEstimates: Individual {
        var individual = Individual()
        individual.loss = loss
        individual.keepsTaskSums = true
        return individual
    }

    /// Shrinks the estimates of every task on its own to their centre.
    private func fit<B: Backend, R: Backend<Double>>(
        _ individual: Fit, to problem: some Problem, on backend: B, reference: R
    ) throws(ComputeError) -> Fit {
        var fit = individual
        guard var tasks = fit.tasks else { return fit }
        let own = OwnEstimates(
            tasks, statuses: fit.statuses, sampleCounts: problem.sampleCounts, intercept: problem.scaling.intercept)
        let shrunken = try shrinkage(of: own, on: backend, reference: reference)
        for index in own.coefficients.indices where own.coefficients[index] != shrunken.coefficients[index] {
            tasks.standardErrors[index] = .nan
        }
        tasks.coefficients = shrunken.coefficients
        // What is shrunk has no t statistic.
        tasks.degreesOfFreedom = tasks.degreesOfFreedom.map { _ in .nan }
        fit.tasks = tasks
        fit.center = Estimate(
            coefficients: shrunken.center, standardErrors: shrunken.center.map { _ in .nan }, degreesOfFreedom: .nan,
            sampleCount: shrunken.sampleCount, condition: .nan)
        fit.differingTaskCounts = shrunken.differingTaskCounts
        return fit
    }

    /// The estimates are on the user's scale, which float need not carry; and a few of them are no work for a device.
    /// Both give the same bits.
    func shrinkage<B: Backend, R: Backend<Double>>(
        of own: OwnEstimates, on backend: B, reference: R
    ) throws(ComputeError) -> MOLARShrinkage {
        if B.Scalar.self == Double.self, own.coefficients.count > Self.fewValues {
            return try MOLARShrinkage(self, of: own, on: backend)
        }
        return try MOLARShrinkage(self, of: own, on: reference)
    }

    private static let fewValues = 100_000
}

extension MOLAR: MomentEstimator {
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
        try MOLARShrinkage(self, of: OwnEstimates(from: moments), on: moments.backend).coefficients
    }
}
