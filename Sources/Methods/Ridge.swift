public import Compute

/// Ridge regression of each task, towards zero or towards the pooled fit.
///
/// With `c` zero or the coefficients of ``Pooled``, each task's coefficients minimise
///
///     1/2 sum over its rows of w (y - x'b)^2 + lambda / 2 sum over k of d_k (b_k - c_k)^2
///
/// where the intercept is not penalised and every other `d_k` is 1: the penalty acts on the user's scale, and has the
/// units of the squared feature. With `standardizes`, `d_k` is the variance of feature `k` over all rows, so that the
/// penalty is that of standardized features. The sum of squares is not divided by the number of rows, as in
/// scikit-learn's `Ridge`: tasks of few rows are drawn to the centre more than tasks of many, as if coefficients varied
/// around it with variance `s^2 / lambda`.
public struct Ridge: Estimator {
    public static let name = "ridge"

    /// What coefficients are drawn to.
    public enum Center: String, Sendable, CaseIterable {
        case zero, pool
    }

    /// How strongly.
    public enum Penalty: Sendable, Equatable {
        /// `lambda`, more than 0.
        case value(Double)
        /// Of ten, the one with the least squared error on rows that were held out.
        case crossValidated(foldCount: Int, seed: UInt64)
    }

    public var center: Center
    public var penalty: Penalty
    public var standardizes: Bool

    public init(
        center: Center = .pool, penalty: Penalty = .crossValidated(foldCount: 5, seed: 1), standardizes: Bool = false
    ) {
        self.center = center
        self.penalty = penalty
        self.standardizes = standardizes
    }

    public var passCount: Int { 1 }
    public var arrayCount: Int {
        if case .crossValidated(let foldCount, _) = penalty { return foldedArrayCount(foldCount) }
        return foldedArrayCount(1)
    }

    /// The folds that the penalty is chosen by; one where it is given.
    var folds: RowFolds {
        if case .crossValidated(let foldCount, let seed) = penalty { return RowFolds(foldCount: foldCount, seed: seed) }
        return RowFolds(foldCount: 1, seed: 0)
    }

    /// Whether the penalty is found from the data.
    public var isCrossValidated: Bool { lambda == nil }

    /// The penalty where it is given.
    var lambda: Double? {
        if case .value(let lambda) = penalty { return lambda }
        return nil
    }

    /// Fits the problem. There are no standard errors: coefficients that are drawn to a centre are biased by intention.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        let folded = try FoldedMoments(of: problem, folds: folds, on: backend, progress: progress)
        let moments = folded.training(without: nil)
        let chosen: ChosenPenalty
        if let lambda {
            chosen = ChosenPenalty(value: lambda, origin: .given)
        } else {
            chosen = try RidgePath(self, of: folded).best()
        }
        var fit = try fit(moments, lambda: chosen.value)
        if B.Scalar.self != Double.self {
            let beyond = fit.tasksBeyond(unit: Double(B.Scalar.ulpOfOne))
            if beyond > 0 {
                fit = try self.fit(problem, on: reference, reference: reference, progress: progress)
                fit.refittedTaskCount = problem.layout.taskCount
                return fit
            }
        }
        fit.penalty = chosen
        return fit
    }

    private func fit<B: Backend>(_ moments: MomentShards<B>, lambda: Double) throws(ComputeError) -> Fit {
        let target = try RidgeTarget(self, from: moments)
        let (width, counts, parallel) = (moments.featureCount, moments.sampleCounts, moments.backend.parallel)
        var fit = Fit(tasks: TaskEstimates(taskCount: 0, featureCount: width), statuses: [])
        fit.reserveCapacity(taskCount: counts.count)
        try moments.forEachShard { range, shard throws(ComputeError) in
            let solution = try target.penalty.solve(
                shard, lambda: lambda, center: target.center, on: moments.backend)
            let coefficients = moments.scaling.unscaled(try moments.backend.download(solution.scaled))
            fit.append(
                Fit(
                    solution.diagnosis, coefficients: coefficients, featureCount: width, sampleCounts: counts[range],
                    parallel: parallel))
        }
        fit.centerStatus = target.status
        fit.setCenter(target.center, sampleCounts: counts[...])
        return fit
    }
}

extension Ridge: MomentEstimator {
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
        guard let lambda else { preconditionFailure("a penalty that has been found") }
        let fit = try fit(moments, lambda: lambda)
        let coefficients = fit.tasks?.coefficients ?? []
        return fit.centerStatus == .ok ? coefficients : coefficients.map { _ in .nan }
    }
}

extension Fit {
    /// What became of tasks whose penalised Grams have been factored.
    init(
        _ diagnosis: RidgeDiagnosis, coefficients: [Double], featureCount width: Int, sampleCounts: ArraySlice<Int>,
        parallel: Parallel
    ) {
        let (taskCount, first) = (sampleCounts.count, sampleCounts.startIndex)
        let missing = Array(repeating: Double.nan, count: taskCount)
        self.init(
            tasks: TaskEstimates(
                featureCount: width, coefficients: coefficients,
                standardErrors: Array(repeating: .nan, count: coefficients.count), degreesOfFreedom: missing,
                conditions: parallel.map(taskCount, grain: SolvedTasks.grain) { diagnosis.condition(of: $0) },
                errorVariances: missing),
            statuses: parallel.map(taskCount, grain: SolvedTasks.grain) { task in
                diagnosis.status(
                    of: task, sampleCount: sampleCounts[first &+ task],
                    coefficients: coefficients[task &* width..<(task &+ 1) &* width])
            })
    }

    /// Puts the centre to the tasks' coefficients, and in the place of those that could not be had.
    mutating func setCenter(_ center: [Double], sampleCounts: ArraySlice<Int>) {
        let sampleCount = zip(sampleCounts, statuses).reduce(0) { $1.1 == .ok ? $0 + $1.0 : $0 }
        self.center = Estimate(
            coefficients: center, standardErrors: center.map { _ in .nan }, degreesOfFreedom: .nan,
            sampleCount: sampleCount, condition: .nan)
        tasks?.replaceBadTasks(statuses, with: center)
    }

    /// How many tasks, or the centre, a scalar of this unit roundoff cannot be trusted with: what is dependent or too
    /// large in one precision need not be in another, and conditions may leave fewer than two certain digits.
    func tasksBeyond(unit: Double) -> Int {
        if centerStatus != .ok { return statuses.count }
        return statuses.enumerated().count { task, status in
            switch status {
            case .ok: !(unit * (tasks?.conditions[task] ?? 0) * (tasks?.conditions[task] ?? 0) <= 0.01)
            case .collinear, .nonFinite: true
            default: false
            }
        }
    }
}
