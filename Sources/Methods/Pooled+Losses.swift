import Compute

/// Losses other than the squared one: ``MaximumLikelihood`` for all tasks' rows together.
extension Pooled {
    func likelihoodFit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        let totals = try ResponseTotals(of: problem, loss, on: backend, progress: progress)
        let haveFiniteRows = try backend.haveFiniteRows(problem, loss, progress: progress)
        let isFinite = zip(haveFiniteRows, totals.weights).map { $0 && $1.isFinite }
        let groups = CoefficientSharing.together(isIncluded: isFinite)
        let sampleCount = zip(totals.observations, isFinite).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        let found = try MaximumLikelihood(
            loss, of: problem, groups: groups, totals: totals, on: backend, progress: progress)
        let solution = found.solution
        var fit = Fit(statuses: isFinite.map { $0 ? .ok : .nonFinite })
        fit.centerStatus = solution.statuses[0]
        fit.certificate = found.evidence().certificate
        let isDouble = B.Scalar.self == Double.self
        if !isDouble, fit.centerStatus != .ok || solution.hasUncertainCoefficients(0) || isFinite.contains(false) {
            return try refit(problem, on: reference, progress: progress)
        }
        guard fit.centerStatus == .ok else { return fit }
        let errors = try StandardErrors(
            ofLikelihood: loss, solution, to: problem, groups: groups, sampleCounts: [sampleCount],
            variance: variance, progress: progress)
        fit.center = Estimate(
            coefficients: solution.coefficients, standardErrors: errors.values,
            degreesOfFreedom: errors.degreesOfFreedom[0], sampleCount: sampleCount, condition: solution.conditions[0])
        return fit
    }
}

extension Backend {
    /// Whether each task's rows and their squares are finite.
    fileprivate func haveFiniteRows(
        _ problem: some Problem, _ loss: Loss, progress: PassProgress?
    ) throws(ComputeError) -> [Bool] {
        var areFinite: [Bool] = []
        for shard in problem.shards(for: self, arrayCount: 3, passes: .one) {
            let place = try makeVectors(taskCount: 1, width: problem.featureCount)
            let sums = try derivativeSums(loss, over: shard.source(of: Scalar.self), at: place, progress: progress)
            areFinite += zip(try self.areFinite(sums.curvatures), try download(sums.values)).map { $0 && $1.isFinite }
        }
        return areFinite
    }
}
