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

    public var shrinkage: Shrinkage
    /// `c1`, at least 0.
    public var strength: Double
    public var intercept: InterceptRole
    public var weights: TaskWeights
    /// Which of several medians is taken.
    public var tie: TieRule
    /// What thresholds are multiples of.
    public var unit = ThresholdUnit.standardError
    public var ratio = SampleRatio.observations
    public var errorVariance = ErrorVariance.each
    public var noise = Noise.gaussian
    /// ``Individual/ridge`` of own estimates.
    public var ridge = 0.0
    /// The centre that tasks are drawn to where it is not found of theirs, as that of a model that is there already:
    /// Corollary 2. Each task then is as if it had come to those others alone.
    public var givenCenter: GivenCenter?
    /// How the standard errors of own estimates are estimated, and with them thresholds and tests. `.cluster` needs the
    /// problem's cluster codes.
    public var variance = VarianceEstimator.iid
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
    public var passCount: Int { ownEstimates.passCount + (loss == .squared ? 0 : 5) }
    public var arrayCount: Int { ownEstimates.arrayCount }

    /// Fits the problem. A task whose own estimates cannot be had takes no part in the centre, and gets it.
    ///
    /// A coefficient that stays as the task's own rows have it keeps its standard error; one that is moved has none.
    /// ``Fit/differences`` has all own estimates, to test and to form intervals with.
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
        var individual = Individual(variance: variance)
        individual.loss = loss
        individual.ridge = ridge
        individual.hasUnitErrors = errorVariance == .pooled && variance == .iid && loss == .squared
        individual.keepsTaskSums = true
        return individual
    }

    /// Shrinks the estimates of every task on its own to their centre.
    private func fit<B: Backend, R: Backend<Double>>(
        _ individual: Fit, to problem: some Problem, on backend: B, reference: R
    ) throws(ComputeError) -> Fit {
        guard let tasks = individual.tasks else { return individual }
        var own = OwnEstimates(
            tasks, statuses: individual.statuses, ridgedTasks: individual.ridgedTasks,
            sampleCounts: problem.sampleCounts, intercept: problem.scaling.intercept)
        var degrees = tasks.degreesOfFreedom
        if errorVariance == .pooled {
            degrees = own.poolErrorVariances(degreesOfFreedom: degrees, hasUnitErrors: variance == .iid)
        }
        let shrunken = try shrinkage(of: own, on: backend, reference: reference)
        var fit = fit(individual, own, shrunken, degreesOfFreedom: degrees)
        if let givenCenter {
            try fitFewRows(of: &fit, problem, towards: givenCenter, on: backend, reference: reference)
        }
        return fit
    }

    /// Draws tasks without estimates of their own, for few rows or dependent columns, to a given centre by the LASSO, which needs
    /// none: Section 2.10 of Appendix E with the paper's strength.
    private func fitFewRows<B: Backend, R: Backend<Double>>(
        of fit: inout Fit, _ problem: some Problem, towards center: GivenCenter, on backend: B, reference: R
    ) throws(ComputeError) {
        let few = fit.statuses.indices.filter { task in
            if case .collinear = fit.statuses[task] { return true }
            return fit.statuses[task] == .tooFewRows && problem.sampleCounts[task] > 0
        }
        guard !few.isEmpty else { return }
        var lasso = Lasso(center: .given(center.coefficients), intercept: intercept)
        lasso.fallbackVariance = center.errorVariance
        let found = try lasso.fit(
            TaskSubset(of: problem, tasks: few), on: backend, reference: reference, progress: nil)
        guard let estimates = found.tasks else { return }
        for (place, task) in few.enumerated() where found.statuses[place] == .ok {
            fit.tasks?.setCoefficients(of: task, to: Array(estimates.coefficients(of: place)))
            fit.statuses[task] = .ok
            fit.penalizedTaskCount += 1
        }
    }

    /// What has been found, from the fit of every task on its own.
    func fit(
        _ individual: Fit, _ own: OwnEstimates, _ shrunken: MOLARShrinkage, degreesOfFreedom: [Double]
    ) -> Fit {
        var fit = individual
        guard var tasks = fit.tasks else { return fit }
        // There is one reference to each array then, and it is changed where it is.
        fit.tasks = nil
        fit.differingTaskCounts = shrunken.differingTaskCounts
        fit.differences = CenterDifferences(own, shrunken, degreesOfFreedom: degreesOfFreedom)
        tasks.standardErrors = own.standardErrors
        tasks.errorVariances = own.errorVariances
        for index in own.coefficients.indices where own.coefficients[index] != shrunken.coefficients[index] {
            tasks.standardErrors[index] = .nan
        }
        tasks.coefficients = shrunken.coefficients
        // What is shrunk has no statistic.
        tasks.degreesOfFreedom = tasks.degreesOfFreedom.map { _ in .nan }
        fit.tasks = tasks
        let counts = own.sampleCounts
        fit.center = Estimate(
            coefficients: shrunken.center, standardErrors: shrunken.center.map { _ in .nan }, degreesOfFreedom: .nan,
            sampleCount: givenCenter?.sampleCount
                ?? own.statuses.indices.reduce(0) { own.statuses[$1] == .ok ? $0 + counts[$1] : $0 },
            condition: .nan)
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
        let isPooled = errorVariance == .pooled && moments.errorVariances == nil
        var own = try OwnEstimates(from: moments, ridge: ridge, hasUnitErrors: isPooled)
        if isPooled {
            let degrees = own.sampleCounts.map { Double($0 - own.featureCount) }
            _ = own.poolErrorVariances(degreesOfFreedom: degrees, hasUnitErrors: true)
        }
        return try MOLARShrinkage(self, of: own, on: moments.backend).coefficients
    }
}

extension OwnEstimates {
    /// Gives all tasks the variance of the residuals of all, and returns its degrees of freedom.
    ///
    /// - Parameter hasUnitErrors: whether standard errors are those of errors of variance 1, to be scaled by it.
    fileprivate mutating func poolErrorVariances(degreesOfFreedom: [Double], hasUnitErrors: Bool) -> [Double] {
        let included = statuses.indices.filter { statuses[$0] == .ok && degreesOfFreedom[$0].isFinite }
        let degrees = included.reduce(0.0) { $0 + degreesOfFreedom[$1] }
        guard degrees > 0 else { return degreesOfFreedom }
        let pooled = included.reduce(0.0) { $0 + degreesOfFreedom[$1] * errorVariances[$1] } / degrees
        for task in included {
            errorVariances[task] = pooled
            guard hasUnitErrors else { continue }
            for index in task * featureCount..<(task + 1) * featureCount {
                standardErrors[index] *= pooled.squareRoot()
            }
        }
        return degreesOfFreedom.map { $0.isFinite ? degrees : $0 }
    }
}
