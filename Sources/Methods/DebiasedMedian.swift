public import Compute
import RealModule

/// The LASSO-debiased median, ML: each task's LASSO towards the weighted median of all tasks' least-squares estimates.
///
/// Huang et al. (2024), Appendix E and J.3.3. With `c` the median of ``MOLAR`` and `s_m` the standard deviation of the
/// task's errors, each task's coefficients minimise
///
///     1/(2 n_m) sum over its rows of w (y - x'b)^2 + lambda_m sum over k of |b_k - c_k|,
///     lambda_m = strength s_m sqrt(log(d) / n_m)
///
/// on the user's scale; where rows have weights, their sum takes the place of `n_m`. A free intercept has no penalty and does not count in `d`. Each solution ends with its KKT
/// residual; a task whose iteration does not converge has that status.
public struct DebiasedMedian: Estimator {
    public static let name = "ml"
    /// At least 0; the paper's choice is 0.35.
    public var strength: Double
    public var intercept: MOLAR.InterceptRole

    public init(strength: Double = 0.35, intercept: MOLAR.InterceptRole = .free) {
        precondition(strength >= 0, "a strength is not negative")
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
        let median = try MOLARShrinkage(MOLAR(intercept: intercept), of: own, on: reference)
        var tasks = TaskEstimates(taskCount: own.taskCount, featureCount: own.featureCount)
        tasks.coefficients = []
        var statuses: [TaskStatus] = []
        try moments.forEachShard { range, shard throws(ComputeError) in
            let triangles = try reference.download(shard.joint.triangles)
            let size = triangles.count / max(1, range.count)
            for (place, task) in range.enumerated() {
                guard own.statuses[task] == .ok else {
                    tasks.coefficients += median.center
                    statuses.append(own.statuses[task])
                    continue
                }
                let solution = solve(
                    triangles[place * size..<(place + 1) * size], own, task, center: median.center, problem.scaling,
                    weightScale: problem.weightScale)
                tasks.coefficients += problem.scaling.unscaled(solution.coefficients)
                statuses.append(solution.isConverged ? .ok : .notConverged)
            }
        }
        var fit = Fit(tasks: tasks, statuses: statuses)
        fit.center = Estimate(
            coefficients: median.center, standardErrors: median.center.map { _ in .nan }, degreesOfFreedom: .nan,
            sampleCount: median.sampleCount, condition: .nan)
        return fit
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
