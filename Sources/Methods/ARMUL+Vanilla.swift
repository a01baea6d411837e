import Compute

extension ARMUL {
    /// Fits the tasks of each group around one centre: eq. (3.11).
    func vanillaFits<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, sampleCounts: [Int], on reference: R
    ) throws(ComputeError) -> [Fit] {
        let solver = try CenterSolver(loss)
        let centers = try solver.solve(strengths: [1], on: reference)
        let found = try ProfiledFit(solver, at: VanillaCenters(centers), on: reference)
        return centers.enumerated().map { group, center in
            fit(found, center, group: group, of: loss, sampleCounts: sampleCounts)
        }
    }

    private func fit<B: Backend>(
        _ found: ProfiledFit, _ center: SolvedCenter, group: Int, of loss: ProfiledLoss<B>, sampleCounts: [Int]
    ) -> Fit {
        let (quadratics, tasks) = (loss.quadratics, loss.members[group])
        let included = tasks.filter { loss.weights[$0] > 0 }
        var fit = Fit(statuses: statuses(of: tasks, quadratics, sampleCounts: sampleCounts))
        let full = FullCoefficients(quadratics)
        let slopes = included.isEmpty ? center.center.map { _ in .nan } : center.center
        let coefficients = full.center(slopes, of: tasks, weights: loss.weights)
        fit.centerStatus = included.isEmpty ? .tooFewRows : center.hasConverged ? .ok : .notConverged
        fit.center = .ofCenter(coefficients, sampleCount: included.reduce(0) { $0 + sampleCounts[$1] })
        var estimates = TaskEstimates(taskCount: tasks.count, featureCount: coefficients.count)
        for (place, task) in tasks.enumerated() {
            full.write(task, found.tasks.coefficients, to: &estimates.coefficients, at: place)
        }
        estimates.replaceBadTasks(fit.statuses, with: coefficients)
        fit.tasks = estimates
        fit.certificate = Certificate(
            objective: found.objectives[group], residual: found.residuals[group],
            dualityGap: found.dualityGaps[group], iterationCount: center.iterationCount,
            hasConverged: center.hasConverged)
        return fit
    }
}
