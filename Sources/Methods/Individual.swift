public import Compute

/// Individual task learning: each task by least squares on its own rows, `b_j = (X_j'W X_j)^-1 X_j'W y_j`; or with another
/// loss of one column by maximum likelihood, ``MaximumLikelihood``.
///
/// The baseline `itl` of Duan and Wang (2023) and the first stage of MOLAR (Huang et al., 2024). Tasks are solved by their
/// normal equations; those that need more digits than these carry, by QR of their rows. A task whose rows do not
/// determine its coefficients is missing, with its status; it has no centre to fall back on.
public struct Individual: Estimator {
    public static let name = "itl"
    /// How standard errors are estimated. `.cluster` needs the problem's cluster codes.
    public var variance: VarianceEstimator
    /// What a row costs: of losses with one column. Others than the squared one are without `.hc2` and `.hc3`.
    public var loss = Loss.squared
    /// `rho`, at least 0: each task's Gram has `rho tr(G) / d` added to its diagonal, the intercept's left as it is, with
    /// columns scaled as the problem's are. Above 0, from about 1e-8 for six certain digits, a task whose columns depend on
    /// each other is fitted too: what its rows do not tell is near 0 and has a very large standard error. Variances have
    /// `(G + rho tr(G) / d)^-1` for `G^-1`: a little small. For squared errors with `.iid` variances.
    public var ridge = 0.0

    /// Whether standard errors are those of errors of variance 1; they keep the degrees of freedom of estimated ones.
    var hasUnitErrors = false
    /// Whether the means of tasks' features and the sums of their weights are kept.
    var keepsTaskSums = false

    public init(variance: VarianceEstimator = .iid) { self.variance = variance }

    /// Of other losses than the squared one a guess: they pass once for each step of Newton's method.
    public var passCount: Int { (loss == .squared ? 1 : 9) + (variance == .iid ? 0 : 1) }
    /// The moments, their factor, the middle of a robust variance and what is summed of it; of other losses also the vectors
    /// of a step.
    public var arrayCount: Int { loss == .squared ? 4 : 5 }

    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        if loss != .squared {
            return try likelihoodFit(problem, on: backend, reference: reference, progress: progress)
        }
        var whole: Fit?
        for shard in problem.shards(for: backend, arrayCount: arrayCount, passes: .one) {
            let part = try fitShard(shard, on: backend, reference: reference, progress: progress)
            if whole == nil {
                whole = part
                if shard.tasks.count < problem.layout.taskCount {
                    whole?.reserveCapacity(taskCount: problem.layout.taskCount)
                }
            } else {
                whole?.append(part)
            }
        }
        whole?.finish()
        return whole ?? Fit(statuses: [])
    }

    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [Fit] {
        let all = try fit(batch.whole, on: backend, reference: reference, progress: progress)
        return batch.groups.map { all.part($0) }
    }

    private func fitShard<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        let moments = try backend.moments(of: problem, progress: progress)
        let counts = problem.sampleCounts
        var solution = try LeastSquares(
            moments: moments, sampleCounts: counts, scaling: problem.scaling,
            needsResiduals: problem.errorVariances == nil, ridge: ridge, on: backend)
        let isDouble = B.Scalar.self == Double.self
        let hasRows = problem.drawnMoments == nil
        // QR of the rows would be without the ridge.
        let beyondMoments =
            isDouble && hasRows && ridge == 0 ? counts.indices.filter { solution.isBeyondMoments($0) } : []
        if variance == .iid, isDouble, hasRows {
            let unresolved = counts.indices.filter {
                solution.statuses[$0] == .ok && solution.hasUncertainResiduals($0)
                    && (ridge > 0 || !solution.isBeyondMoments($0))
            }
            try solution.sumResiduals(of: unresolved, problem, progress: progress)
        }
        var fit = try fit(solution, problem, progress: progress)
        fit.ridgedTasks = solution.ridgedTasks.filter { solution.statuses[$0] == .ok }.sorted()
        if keepsTaskSums {
            fit.tasks?.featureMeans = try solution.featureMeans(moments)
            fit.tasks?.weightSums = try backend.weightSums(of: problem, moments, progress: progress)
        }
        if !isDouble {
            let beyond = counts.indices.filter { solution.isBeyondScalar($0) || fit.lacksStandardErrors(task: $0) }
            try refit(tasks: beyond, of: problem, in: &fit, on: reference, progress: progress)
        }
        try orthogonalize(tasks: beyondMoments, of: problem, in: &fit, on: backend, progress: progress)
        return fit
    }

    /// The coefficients with their standard errors.
    private func fit<B: Backend>(
        _ solution: LeastSquares<B>, _ problem: some Problem, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        let counts = problem.sampleCounts
        let errors = try StandardErrors(
            of: solution, to: problem, groups: .each(taskCount: counts.count), sampleCounts: counts,
            variance: variance, hasUnitErrors: hasUnitErrors, progress: progress)
        let estimates = TaskEstimates(
            featureCount: problem.featureCount, coefficients: solution.coefficients, standardErrors: errors.values,
            degreesOfFreedom: errors.degreesOfFreedom, conditions: solution.conditions,
            errorVariances: problem.errorVariances
                ?? solution.errorVariances(sampleCounts: counts, weightScale: problem.weightScale))
        return Fit(tasks: estimates, statuses: solution.statuses)
    }

    /// Solves tasks again by QR of their rows.
    private func orthogonalize<B: Backend>(
        tasks: [Int], of problem: some Problem, in fit: inout Fit, on backend: B, progress: PassProgress?
    ) throws(ComputeError) {
        guard !tasks.isEmpty else { return }
        let subset = TaskSubset(of: problem, tasks: tasks)
        let solution = try LeastSquares(
            orthogonalizing: subset, groups: .each(taskCount: tasks.count), sampleCounts: subset.sampleCounts,
            on: backend, progress: progress)
        fit.replace(tasks: tasks, with: try self.fit(solution, subset, progress: progress))
        fit.orthogonalizedTaskCount = solution.statuses.count { $0 == .ok }
    }

    private func refit<R: Backend<Double>>(
        tasks: [Int], of problem: some Problem, in fit: inout Fit, on reference: R, progress: PassProgress?
    ) throws(ComputeError) {
        guard !tasks.isEmpty else { return }
        let subset = TaskSubset(of: problem, tasks: tasks)
        let again = try self.fit(subset, on: reference, reference: reference, progress: progress)
        fit.replace(tasks: tasks, with: again)
        fit.refittedTaskCount = tasks.count
        fit.ridgedTasks = again.ridgedTasks.map { tasks[$0] }
        fit.orthogonalizedTaskCount = again.orthogonalizedTaskCount
    }
}

extension Fit {
    /// Puts what another fit found of these tasks in the place of what is here.
    mutating func replace(tasks chosen: [Int], with other: Fit) {
        if let estimates = other.tasks { tasks?.replace(tasks: chosen, with: estimates) }
        for (index, task) in chosen.enumerated() { statuses[task] = other.statuses[index] }
    }

    /// Whether a fitted task has coefficients without standard errors.
    func lacksStandardErrors(task: Int) -> Bool {
        guard statuses[task] == .ok, let errors = tasks?.standardErrors(of: task) else { return false }
        return !errors.allSatisfy(\.isFinite)
    }

    /// Makes what cannot be told missing, and counts what the summary tells.
    mutating func finish() {
        guard var estimates = tasks else { return }
        // There is one reference to each array then, and it is changed where it is.
        tasks = nil
        let width = estimates.featureCount
        illConditionedTaskCount = 0
        missingErrorTaskCount = 0
        for (task, status) in statuses.enumerated() {
            guard status == .ok else {
                estimates.clear(task: task)
                continue
            }
            if Fit.isIllConditioned(estimates.conditions[task]) { illConditionedTaskCount += 1 }
            for index in task &* width..<(task &+ 1) &* width where !estimates.standardErrors[index].isFinite {
                missingErrorTaskCount += 1
                break
            }
        }
        tasks = estimates
    }

    /// Whether columns of this condition leave fewer than six certain digits of coefficients solved by QR in double, as
    /// those are whose normal equations leave fewer.
    static func isIllConditioned(_ condition: Double) -> Bool { !(Double.ulpOfOne * condition <= 1e-6) }
}
