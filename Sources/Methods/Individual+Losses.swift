import Compute

/// Losses other than the squared one: ``MaximumLikelihood``.
extension Individual {
    /// Fits the problem, shard by shard. The response is neither shifted nor scaled.
    func likelihoodFit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        var whole: Fit?
        var evidence: LikelihoodEvidence?
        for shard in problem.shards(for: backend, arrayCount: arrayCount, passes: .one) {
            let part = try likelihoodFit(of: shard, on: backend, reference: reference, progress: progress)
            if whole == nil {
                (whole, evidence) = part
                whole?.reserveCapacity(taskCount: problem.layout.taskCount)
            } else {
                whole?.append(part.fit)
                evidence?.add(part.evidence)
            }
        }
        whole?.certificate = evidence?.certificate
        whole?.finish()
        return whole ?? Fit(statuses: [])
    }

    private func likelihoodFit<B: Backend, R: Backend<Double>>(
        of problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> (fit: Fit, evidence: LikelihoodEvidence) {
        let totals = try ResponseTotals(of: problem, loss, on: backend, progress: progress)
        let found = try MaximumLikelihood(
            loss, of: problem, groups: .each(taskCount: problem.layout.taskCount), totals: totals, on: backend,
            progress: progress)
        let solution = found.solution
        let errors = try StandardErrors(
            ofLikelihood: loss, solution, to: problem, groups: .each(taskCount: totals.weights.count),
            sampleCounts: totals.observations, variance: variance, progress: progress)
        var estimates = TaskEstimates(
            featureCount: problem.featureCount, coefficients: solution.coefficients, standardErrors: errors.values,
            degreesOfFreedom: errors.degreesOfFreedom, conditions: solution.conditions,
            errorVariances: totals.weights.map { _ in 1 })
        if keepsTaskSums { estimates.weightSums = totals.weights }
        var fit = Fit(tasks: estimates, statuses: solution.statuses)
        if B.Scalar.self == Double.self { return (fit, found.evidence()) }
        let beyond = fit.statuses.indices.filter {
            let isDecided = fit.statuses[$0] == .ok || fit.statuses[$0] == .tooFewRows
            return !isDecided || solution.hasUncertainCoefficients($0) || fit.lacksStandardErrors(task: $0)
        }
        var evidence = found.evidence(leavingOut: beyond)
        if beyond.isEmpty { return (fit, evidence) }
        let again = try likelihoodFit(
            of: TaskSubset(of: problem, tasks: beyond), on: reference, reference: reference, progress: progress)
        fit.replace(tasks: beyond, with: again.fit)
        fit.refittedTaskCount = beyond.count
        evidence.add(again.evidence)
        return (fit, evidence)
    }
}
