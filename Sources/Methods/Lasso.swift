public import Compute
import RealModule

/// Each task's LASSO towards a centre: zero, as it is usual, or a robust mean of all tasks' least-squares estimates, which
/// takes the bias off what tasks do not share.
///
/// Huang et al. (2024), Section 2.3, Appendix E and J.1. With `c` the centre and `s_m` the standard deviation of the task's
/// errors, each task's coefficients minimise
///
///     1/(2 n_m) sum over its rows of w (y - x'b)^2 + lambda_m sum over k of |b_k - c_k|,
///     lambda_m = strength s_m sqrt(log(d) / n_m)
///
/// on the user's scale; where rows have weights, their sum takes the place of `n_m`. A free intercept has no penalty and
/// does not count in `d`. Each solution ends with its KKT residual; a task whose iteration does not converge has that
/// status.
public struct Lasso: Estimator {
    public static let name = "lasso"

    /// What coefficients are drawn to.
    public enum Center: Sendable, Equatable {
        /// The LASSO of each task alone.
        case zero
        /// The weighted median of ``MOLAR``: the LASSO-debiased median, ML.
        case median
        /// The mean of what is left of each coefficient when the share of the least and of the greatest of tasks' estimates
        /// is off: robust multitask learning, RM, of Xu and Bastani.
        case trimmedMean(share: Double)

        /// RM with the paper's share.
        public static var trimmedMean: Center { .trimmedMean(share: 0.2) }
    }

    public var center: Center
    /// At least 0; the paper's choice is 0.05 towards zero and 0.35 else.
    public var strength: Double
    public var intercept: MOLAR.InterceptRole

    /// - Parameter strength: the paper's choice where none is given.
    public init(center: Center = .zero, strength: Double? = nil, intercept: MOLAR.InterceptRole = .free) {
        let strength = strength ?? (center == .zero ? 0.05 : 0.35)
        precondition(strength >= 0, "a strength is not negative")
        if case .trimmedMean(let share) = center { precondition(share >= 0 && share < 0.5, "less than half is off") }
        self.center = center
        self.strength = strength
        self.intercept = intercept
    }

    public var passCount: Int { 1 }
    public var arrayCount: Int { foldedArrayCount(1) }

    /// Fits the problem. A task whose own estimates cannot be had takes no part in the centre, and gets it. There are no
    /// standard errors.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        let folded = try FoldedMoments(
            of: problem, folds: RowFolds(foldCount: 1, seed: 0), on: reference, progress: progress)
        let moments = folded.training(without: nil)
        let own = try OwnEstimates(from: moments)
        let center = try center(of: own, on: reference)
        var tasks = TaskEstimates(taskCount: own.taskCount, featureCount: own.featureCount)
        tasks.coefficients = []
        var statuses: [TaskStatus] = []
        try moments.forEachShard { range, shard throws(ComputeError) in
            let triangles = try reference.download(shard.joint.triangles)
            let size = triangles.count / max(1, range.count)
            let solutions = reference.parallel.map(range.count) { place -> CenteredLasso.Solution? in
                let task = range.lowerBound + place
                guard own.statuses[task] == .ok else { return nil }
                return solve(
                    triangles[place * size..<(place + 1) * size], own, task, center: center, problem.scaling,
                    weightScale: problem.weightScale)
            }
            for (task, solution) in zip(range, solutions) {
                tasks.coefficients += solution.map { problem.scaling.unscaled($0.coefficients) } ?? center
                statuses.append(solution.map { $0.isConverged ? .ok : .notConverged } ?? own.statuses[task])
            }
        }
        var fit = Fit(tasks: tasks, statuses: statuses)
        let isIncluded = own.statuses.map { $0 == .ok }
        fit.center = .ofCenter(
            center, sampleCount: zip(own.sampleCounts, isIncluded).reduce(0) { $1.1 ? $0 + $1.0 : $0 })
        return fit
    }

    private func center<R: Backend<Double>>(of own: OwnEstimates, on reference: R) throws(ComputeError) -> [Double] {
        switch center {
        case .zero: Array(repeating: 0, count: own.featureCount)
        case .median: try MOLARShrinkage(MOLAR(intercept: intercept), of: own, on: reference).center
        case .trimmedMean(let share): try own.trimmedMean(share: share, on: reference)
        }
    }

    private func solve(
        _ moments: ArraySlice<Double>, _ own: OwnEstimates, _ task: Int, center: [Double], _ scaling: ColumnScaling,
        weightScale: Double
    ) -> CenteredLasso.Solution {
        let free = intercept == .free ? own.intercept : nil
        let count = Double(own.featureCount - (free == nil ? 0 : 1))
        let responseScale = scaling.scales[own.featureCount]
        let lambda =
            strength
            * (own.errorVariances[task] * weightScale * Double.log(max(1, count)) / own.weightSums[task])
            .squareRoot()
        // |b_k| is |g_k| times the scale of the response over the feature's, in units of the squared response.
        let penalties = (0..<own.featureCount).map { $0 == free ? 0 : lambda / (scaling.scales[$0] * responseScale) }
        return CenteredLasso(moments: moments, weight: own.weightSums[task], center: scaling.scaled(center))
            .solve(penalties: penalties)
    }
}

extension OwnEstimates {
    /// The mean of each coefficient over tasks without the share of the least and of the greatest.
    fileprivate func trimmedMean<B: Backend<Double>>(
        share: Double, on backend: B
    ) throws(ComputeError) -> [Double] {
        let isIncluded = statuses.map { $0 == .ok }
        let vectors = try backend.makeVectors(taskCount: taskCount, width: featureCount, zeroed: false)
        try backend.upload(
            coefficients.enumerated().map { isIncluded[$0 / featureCount] ? $1 : 0 }, into: vectors)
        let weights = try backend.makeVectors(taskCount: taskCount, width: 1, zeroed: false)
        try backend.upload(isIncluded.map { $0 ? 1 : 0 }, into: weights)
        let mean = try backend.makeVectors(taskCount: 1, width: featureCount)
        try backend.trimmedMean(of: vectors, weights: weights, share: share, into: mean)
        return try backend.download(mean)
    }
}
