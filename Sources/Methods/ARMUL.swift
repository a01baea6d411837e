public import Compute

/// ARMUL: every task's least-squares fit, drawn towards a centre that is found together with them.
///
/// Duan and Wang, "Adaptive and Robust Multi-Task Learning", Annals of Statistics 51 (2023), eq. (3.4) and (3.11). With
/// `f_j` half the mean square of task `j`'s residuals on its `n_j` rows, coefficients and their centre minimise
///
///     sum over j of w_j (f_j(b_j) + lambda_j ||b_j - c||),    lambda_j = C sqrt(d / n_j),    w_j = n_j
///
/// The norm is not squared: tasks that are near each other become the centre exactly, and those that are far move by no
/// more than `lambda_j` over the least curvature of their loss, so that a few odd tasks do little harm. `d` counts the
/// coefficients that are shrunk. All of it is on the user's scale: the distance depends on the units of the features.
///
/// The tasks' coefficients are eliminated in closed form, and the centre is found by Newton's method: ``CenterSolver``.
public struct ARMUL: Estimator {
    public static let name = "armul"

    /// What the intercept is to the other coefficients: each task's own, or shrunk like any other.
    public typealias InterceptRole = MOLAR.InterceptRole

    /// The weight of each task.
    public enum TaskWeights: Sendable, Equatable {
        /// Its observations, or the sum of their weights.
        case observations
        case equal
    }

    /// `C`, at least 0: 0 gives each task's own fit, infinity one fit of all.
    public var strength: Double
    public var intercept: InterceptRole
    public var weights: TaskWeights

    public init(strength: Double = 0.5, intercept: InterceptRole = .free, weights: TaskWeights = .observations) {
        precondition(strength >= 0, "a strength is not negative")
        self.strength = strength
        self.intercept = intercept
        self.weights = weights
    }

    public var passCount: Int { 1 }
    /// The moments, their conversion, its eigenvectors, and what is found of the tasks with its second derivatives.
    public var arrayCount: Int { 8 }

    /// Fits the problem. A task with too few rows is drawn to the centre like any other; one with numbers that are not
    /// finite, or without rows, takes no part and gets the centre.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        let folded = try FoldedMoments(
            of: problem, folds: RowFolds(foldCount: 1, seed: 0), on: backend, progress: progress)
        let moments = folded.training(without: nil)
        return try fits(moments, groups: nil, on: reference)[0]
    }

    /// All groups' tasks in one computation. Groups that do not fit the memory come one after another.
    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [Fit] {
        var found: [Fit] = []
        for part in batch.parts(for: backend, arrayCount: arrayCount, passes: .several) {
            guard part.whole.shardCount(for: backend, arrayCount: foldedArrayCount(1)) == 1 else {
                found += try fitsOneByOne(part, on: backend, reference: reference, progress: progress)
                continue
            }
            let folded = try FoldedMoments(
                of: part.whole, folds: RowFolds(foldCount: 1, seed: 0), on: backend, progress: progress)
            found += try fits(folded.training(without: nil), groups: TaskGroups(part.groups), on: reference)
        }
        return found
    }

    /// The fits of all tasks, or of each group.
    private func fits<B: Backend, R: Backend<Double>>(
        _ moments: MomentShards<B>, groups: TaskGroups?, on reference: R
    ) throws(ComputeError) -> [Fit] {
        let free = intercept == .free ? moments.scaling.intercept : nil
        let quadratics = try TaskQuadratics(of: moments, free: free)
        let loss = self.loss(of: quadratics, groups: groups)
        let solver = try CenterSolver(loss)
        let centers = try solver.solve(strengths: [strength], on: reference)
        let strengths = centers.map { _ in strength }
        let found = try ProfiledFit(
            solver, at: centers.flatMap(\.center), strengths: strengths, on: reference)
        return loss.ranges.indices.map { group in
            fit(found, centers[group], group: group, of: loss, sampleCounts: moments.sampleCounts)
        }
    }

    /// The loss of the centre with this method's weights and thresholds.
    func loss<B: Backend>(of quadratics: TaskQuadratics<B>, groups: TaskGroups?) -> ProfiledLoss<B> {
        let count = Double(quadratics.order)
        return ProfiledLoss(
            quadratics, groups: groups,
            weights: weights == .observations ? quadratics.weightSums : quadratics.weightSums.map { _ in 1 },
            thresholds: quadratics.weightSums.map { $0 > 0 ? (count / $0).squareRoot() : 0 })
    }

    private func fit<B: Backend>(
        _ found: ProfiledFit, _ center: SolvedCenter, group: Int, of loss: ProfiledLoss<B>, sampleCounts: [Int]
    ) -> Fit {
        let (quadratics, range) = (loss.quadratics, loss.ranges[group])
        let included = range.filter { loss.weights[$0] > 0 }
        var fit = Fit(
            statuses: range.map {
                quadratics.isIncluded[$0] ? .ok : sampleCounts[$0] == 0 ? .tooFewRows : .nonFinite
            })
        let slopes = included.isEmpty ? center.center.map { _ in .nan } : center.center
        let coefficients = FullCoefficients(quadratics, center: slopes, weights: loss.weights, tasks: range)
        fit.centerStatus = included.isEmpty ? .tooFewRows : center.hasConverged ? .ok : .notConverged
        fit.center = Estimate(
            coefficients: coefficients.center, standardErrors: coefficients.center.map { _ in .nan },
            degreesOfFreedom: .nan, sampleCount: included.reduce(0) { $0 + sampleCounts[$1] }, condition: .nan)
        var estimates = TaskEstimates(taskCount: range.count, featureCount: coefficients.center.count)
        estimates.coefficients = range.flatMap { coefficients.task($0, found.tasks.coefficients) }
        estimates.replaceBadTasks(fit.statuses, with: coefficients.center)
        fit.tasks = estimates
        fit.penalty = ChosenPenalty(value: strength, origin: .given)
        fit.certificate = Certificate(
            objective: found.objectives[group], residual: found.residuals[group],
            dualityGap: found.dualityGaps[group], iterationCount: center.iterationCount,
            hasConverged: center.hasConverged)
        return fit
    }
}
