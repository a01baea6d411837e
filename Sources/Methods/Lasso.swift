public import Compute
import RealModule

/// Each task's LASSO, or elastic net, towards a centre: zero, as it is usual, or a robust mean of all tasks' least-squares
/// estimates, which takes the bias off what tasks do not share.
///
/// Huang et al. (2024), Section 2.3, Appendix E and J.1. With `c` the centre and `s_m` the standard deviation of the task's
/// errors, each task's coefficients minimise
///
///     1/(2 n_m) sum over its rows of w (y - x'b)^2
///         + lambda_m sum over k of (a |b_k - c_k| + (1 - a) (b_k - c_k)^2 / 2),    lambda_m = strength s_m sqrt(log(d) / n_m)
///
/// on the user's scale, or that of standardized features; where rows have weights, their sum takes the place of `n_m`.
/// `a` is 1 for the LASSO. A free intercept has no penalty and does not count in `d`; one coefficient alone has none by
/// this rule. A square has another unit than a size: with `a` below 1 the unit of the response matters.
///
/// A task may have fewer rows than coefficients. It then takes no part in a centre, and the median of the others' `s_m^2`
/// takes the place of its own, which its rows do not tell; where no task's do, the variance of its response. Both give way to
/// ``fallbackVariance``.
///
/// All tasks, and all strengths of a path, are one computation: coordinate descent on their Gram matrices. Each solution
/// ends with its KKT residual: a task whose descent has not come to its least has the status `notConverged`.
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
        /// A sparse centre that is found with all tasks' gradients, also where tasks have fewer rows than coefficients:
        /// Algorithm 3, ``SparseCenter``, with `c` of its bounds, above 0, and the most that the slopes of a task may differ from the
        /// centre in Euclidean length. It is for tens of tasks: each of up to 200,000 steps takes products with all Gram
        /// matrices.
        case sparse(strength: Double = 1, radius: Double = .infinity)
        /// A centre that is known: one number a coefficient, on the user's scale.
        case given([Double])

        /// RM with the paper's share.
        public static var trimmedMean: Center { .trimmedMean(share: 0.2) }
    }

    /// What the strength is.
    public enum Penalty: Sendable, Equatable {
        /// At least 0.
        case value(Double)
        /// One for all tasks, the best of several on rows that were held out. Where the grid's are multiples of the noise
        /// there are twelve from a twentieth to two hundred, which need no unit.
        case crossValidated(StrengthGrid)
    }

    /// What is under the root of the penalty beside the strength and `s_m^2 / n_m`.
    public enum Rate: String, Sendable, Equatable, CaseIterable {
        /// `log(d)`: the paper's experiments, J.1.
        case coefficients
        /// `log(d n_m)`: the paper's theory, Appendix E.
        case coefficientsAndRows = "coefficients-and-rows"
    }

    public var center: Center
    public var penalty: Penalty
    public var intercept: MOLAR.InterceptRole
    /// `a`, from 0 to 1: 1 is the LASSO, 0 ridge regression.
    public var mixture = 1.0
    public var rate = Rate.coefficients
    /// Whether the penalty is on coefficients of standardized features, each divided by its deviation over all rows; else it
    /// depends on the units of features.
    public var standardizes = false
    /// What stands for `s_m^2` of tasks whose rows do not tell it; nil for the median of the others'.
    public var fallbackVariance: Double?

    public init(center: Center = .zero, penalty: Penalty, intercept: MOLAR.InterceptRole = .free) {
        if case .value(let strength) = penalty { precondition(strength >= 0, "a strength is not negative") }
        if case .trimmedMean(let share) = center { precondition(share >= 0 && share < 0.5, "less than half is off") }
        self.center = center
        self.penalty = penalty
        self.intercept = intercept
    }

    /// - Parameter strength: at least 0; the paper's choice where none is given, 0.05 towards zero and 0.35 else.
    public init(center: Center = .zero, strength: Double? = nil, intercept: MOLAR.InterceptRole = .free) {
        self.init(
            center: center, penalty: .value(strength ?? (center == .zero ? 0.05 : 0.35)), intercept: intercept)
    }

    public var passCount: Int { 1 }
    /// The moments by fold, their conversion, and what is found of the tasks.
    public var arrayCount: Int { foldedArrayCount(folds.foldCount) + 2 }

    /// The folds that the strength is chosen by; one where it is given.
    var folds: RowFolds {
        grid.map { RowFolds(foldCount: $0.foldCount, seed: $0.seed) } ?? RowFolds(foldCount: 1, seed: 0)
    }

    private var grid: StrengthGrid? {
        if case .crossValidated(let grid) = penalty { return grid.ofLasso }
        return nil
    }

    /// Fits the problem, in double. Error variances that the problem knows take the place of estimates. A task with numbers
    /// that are not finite, or without rows, gets the centre. There are no standard errors.
    ///
    /// Of the centre, a free intercept is the mean of what it is in tasks whose slopes are the centre's.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        if B.Scalar.self != Double.self {
            return try fit(problem, on: reference, reference: reference, progress: progress)
        }
        let folded = try FoldedMoments(of: problem, folds: folds, on: backend, progress: progress)
        let moments = folded.training(without: nil)
        let own = try OwnEstimates(from: moments, hasStandardErrors: false)
        let tasks = try LassoTasks(self, of: moments)
        let penalties = try unitPenalties(own, tasks, known: problem.errorVariances)
        var (chosen, curve) = (ChosenPenalty(value: 0, origin: .given), [PenaltyError]?.none)
        if case .value(let strength) = penalty { chosen = ChosenPenalty(value: strength, origin: .given) }
        if let grid {
            let path = try path(grid, of: folded, penalties: penalties, on: reference)
            chosen = path.best(of: 0)
            curve = path.curve(of: 0)
        }
        let found = try center(of: own, tasks, known: problem.errorVariances, on: reference)
        var fit = try tasks.fit(
            around: found.coefficients, penalties: penalties.map { $0 * chosen.value },
            mixture: mixture)
        if !found.hasConverged, fit.centerStatus == .ok { fit.centerStatus = .notConverged }
        fit.penalty = chosen
        fit.penaltyCurve = curve
        return fit
    }

    /// The centre on the user's scale, and whether a search for it has converged.
    ///
    /// - Parameter known: `s_m^2`, where it is not estimated.
    private func center<B: Backend, R: Backend<Double>>(
        of own: OwnEstimates, _ tasks: LassoTasks<B>, known: [Double]?, on reference: R
    ) throws(ComputeError) -> (coefficients: [Double], hasConverged: Bool) {
        guard case .sparse(let strength, let radius) = center else { return (try slopes(of: own, on: reference), true) }
        let variances: [Double]
        if let known { variances = known } else { variances = try errorVariances(own, tasks) }
        return try tasks.sparseCenter(strength: strength, radius: radius, variances: variances)
    }

    /// A centre of tasks' estimates on the user's scale; NaN where tasks' estimates are asked for and no task has any.
    func slopes<R: Backend<Double>>(of own: OwnEstimates, on reference: R) throws(ComputeError) -> [Double] {
        switch center {
        case .zero: Array(repeating: 0, count: own.featureCount)
        case .median: try MOLARShrinkage(MOLAR(intercept: intercept), of: own, on: reference).center
        case .trimmedMean(let share): try own.trimmedMean(share: share, on: reference)
        case .given(let coefficients): coefficients
        case .sparse: Array(repeating: 0, count: own.featureCount)
        }
    }

    /// `lambda_m` at a strength of 1; 0 for a task without rows.
    ///
    /// - Parameter known: `s_m^2`, where it is not estimated.
    func unitPenalties<B: Backend>(
        _ own: OwnEstimates, _ tasks: LassoTasks<B>, known: [Double]?
    ) throws(ComputeError) -> [Double] {
        let variances: [Double]
        if let known { variances = known } else { variances = try errorVariances(own, tasks) }
        return tasks.weightSums.indices.map { task in
            let (weight, variance) = (tasks.weightSums[task], variances[task])
            guard weight > 0 else { return 0 }
            let count = Double(tasks.order) * (rate == .coefficients ? 1 : weight)
            return (variance * Double.log(max(1, count)) / weight).squareRoot()
        }
    }

    /// `s_m^2` of every task: its own, or the median of those that tasks have, or where none has the variance of its response.
    private func errorVariances<B: Backend>(
        _ own: OwnEstimates, _ tasks: LassoTasks<B>
    ) throws(ComputeError) -> [Double] {
        let estimated = own.statuses.indices.filter { own.statuses[$0] == .ok }.map { own.errorVariances[$0] }.sorted()
        let typical: Double
        if let fallbackVariance {
            typical = fallbackVariance
        } else {
            guard !estimated.isEmpty else { return try tasks.responseVariances() }
            typical = estimated[estimated.count / 2]
        }
        return own.statuses.indices.map { own.statuses[$0] == .ok ? own.errorVariances[$0] : typical }
    }

    /// The errors of a grid's strengths on each fold. Penalties are those of all rows.
    ///
    /// - Parameter penalties: `lambda_m` at a strength of 1.
    func path<B: Backend, P: Problem, R: Backend<Double>>(
        _ grid: StrengthGrid, of folded: FoldedMoments<B, P>, penalties: [Double], on reference: R
    ) throws(ComputeError) -> StrengthPath {
        let (foldCount, count) = (folded.foldCount, grid.multiples.count)
        var path = StrengthPath(grid, sizes: [nil], unit: 1, foldCount: foldCount)
        for fold in 0..<foldCount {
            try folded.checkInterruption()
            let coefficients = try coefficients(
                from: folded.training(without: fold), strengths: grid.multiples, penalties: penalties, on: reference)
            let errors = try folded.squaredErrors(inFold: fold, at: coefficients, columnCount: count)
            for task in penalties.indices {
                let found = errors[task * count..<(task + 1) * count]
                guard found.allSatisfy(\.isFinite) else { continue }
                let weight = folded.counts.weights[task * foldCount + fold]
                for (place, error) in found.enumerated() {
                    path.add(error: error, weight: weight, fold: fold, place: place)
                }
            }
        }
        return path
    }

    /// Every task's coefficients on the user's scale at several strengths, ascending: `taskCount x strengths x coefficients`.
    ///
    /// - Parameter penalties: `lambda_m` at a strength of 1.
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, strengths: [Double], penalties: [Double], on reference: R
    ) throws(ComputeError) -> [Double] {
        let tasks = try LassoTasks(self, of: moments)
        let center: [Double]
        if case .zero = self.center {
            center = Array(repeating: 0, count: moments.featureCount)
        } else {
            let own = try OwnEstimates(from: moments, hasStandardErrors: false)
            center = try self.center(of: own, tasks, known: moments.errorVariances, on: reference).coefficients
        }
        return try tasks.coefficients(
            around: center, penalties: penalties, strengths: strengths, mixture: mixture)
    }
}

/// A LASSO whose strength has been chosen.
struct ChosenLasso: MomentEstimator {
    let lasso: Lasso
    let chosen: ChosenPenalty
    /// `lambda_m` at a strength of 1: that of all rows, also where moments are of some of them.
    let penalties: [Double]

    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
        try lasso.coefficients(from: moments, strengths: [chosen.value], penalties: penalties, on: reference)
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
