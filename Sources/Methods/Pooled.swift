public import Compute

/// One least-squares fit of all tasks' rows together: `b = (sum_j X_j'W X_j)^-1 sum_j X_j'W y_j`; or with another loss of one
/// column the maximum-likelihood fit, ``MaximumLikelihood``.
///
/// Tasks with values that are not finite have weight 0; all others take part whatever their size.
public struct Pooled: Estimator {
    public static let name = "pool"
    /// How standard errors are estimated. `.cluster` needs the problem's cluster codes.
    public var variance: VarianceEstimator
    /// What a row costs: of losses with one column. Others than the squared one are without `.hc2` and `.hc3`.
    public var loss = Loss.squared

    public init(variance: VarianceEstimator = .iid) { self.variance = variance }

    /// Of other losses than the squared one a guess: they pass once for each step of Newton's method.
    public var passCount: Int { (loss == .squared ? 1 : 10) + (variance == .iid ? 0 : 1) }
    /// The moments or the middle of a robust variance, and what is summed of them.
    public var arrayCount: Int { 3 }

    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        if loss != .squared {
            return try likelihoodFit(problem, on: backend, reference: reference, progress: progress)
        }
        var total = MomentTotal(featureCount: problem.featureCount, on: backend)
        for shard in problem.shards(for: backend, arrayCount: arrayCount, passes: .one) {
            try total.add(backend.moments(of: shard, progress: progress))
        }
        let isFinite = total.isIncluded
        let groups = CoefficientSharing.together(isIncluded: isFinite)
        let sampleCount = zip(problem.sampleCounts, isFinite).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        var solution = try LeastSquares(
            moments: total.moments(), sampleCounts: [sampleCount], scaling: problem.scaling,
            on: backend)
        let hasRows = problem.drawnMoments == nil
        let isBeyondMoments = B.Scalar.self == Double.self && hasRows && solution.isBeyondMoments(0)
        if isBeyondMoments {
            solution = try LeastSquares(
                orthogonalizing: problem, groups: groups, sampleCounts: [sampleCount], on: backend, progress: progress)
        }
        var fit = Fit(statuses: isFinite.map { $0 ? .ok : .nonFinite })
        fit.centerStatus = solution.statuses[0]
        if B.Scalar.self != Double.self, solution.isBeyondScalar(0) || isFinite.contains(false) {
            return try refit(problem, on: reference, progress: progress)
        }
        guard fit.centerStatus == .ok else { return fit }
        if isBeyondMoments { fit.orthogonalizedTaskCount = problem.layout.taskCount }
        if variance == .iid, hasRows, solution.hasUncertainResiduals(0) {
            try solution.sumResiduals(of: problem, groups: groups, progress: progress)
        }
        let errors = try StandardErrors(
            of: solution, to: problem, groups: groups, sampleCounts: [sampleCount], variance: variance,
            progress: progress)
        if B.Scalar.self != Double.self, !errors.values.allSatisfy(\.isFinite) {
            return try refit(problem, on: reference, progress: progress)
        }
        fit.center = Estimate(
            coefficients: solution.coefficients, standardErrors: errors.values,
            degreesOfFreedom: errors.degreesOfFreedom[0], sampleCount: sampleCount,
            condition: solution.conditions[0])
        return fit
    }

    /// All of it again in double, because float does not carry it.
    func refit<R: Backend<Double>>(
        _ problem: some Problem, on reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        var fit = try fit(problem, on: reference, reference: reference, progress: progress)
        fit.refittedTaskCount = problem.layout.taskCount
        return fit
    }
}
