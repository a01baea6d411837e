import Compute

extension ARMUL {
    /// Fits tasks in clusters: eq. (3.12). The residual is that at the labels that were found.
    func clusteredFit<B: Backend, R: Backend<Double>>(
        _ structure: ClusterStructure, _ loss: ProfiledLoss<B>, sampleCounts: [Int], on reference: R
    ) throws(ComputeError) -> Fit {
        let clusters = try ClusterSolver(loss, structure).solve(on: reference)
        let found = try ProfiledFit(clusters.solver, at: clusters.centers.flatMap(\.center), on: reference)
        let quadratics = loss.quadratics
        let shares = clusters.solver.loss.members.map { $0.reduce(0.0) { $0 + loss.weights[$1] } }
        let heaviest = shares.indices.max { shares[$0] < shares[$1] } ?? 0
        var fit = Fit(statuses: statuses(of: Array(0..<quadratics.taskCount), quadratics, sampleCounts: sampleCounts))
        let full = clusters.solver.loss.members.enumerated().map { cluster, tasks in
            FullCoefficients(
                quadratics, center: clusters.centers[cluster].center, weights: clusters.solver.loss.weights,
                tasks: tasks)
        }
        let labels = clusters.labels.map { $0 < 0 ? heaviest : $0 }
        var estimates = TaskEstimates(taskCount: labels.count, featureCount: full[heaviest].center.count)
        estimates.coefficients = labels.enumerated().flatMap { full[$1].task($0, found.tasks.coefficients) }
        estimates.replaceBadTasks(fit.statuses, with: full[heaviest].center)
        fit.tasks = estimates
        fit.clusters = FittedClusters(centers: full.map(\.center), labels: labels)
        fit.centerStatus = shares.reduce(0, +) == 0 ? .tooFewRows : clusters.hasConverged ? .ok : .notConverged
        fit.certificate = Certificate(
            objective: zip(shares, found.objectives).reduce(0) { $0 + $1.0 * $1.1 },
            residual: found.residuals.max() ?? 0, dualityGap: nil, iterationCount: clusters.iterationCount,
            hasConverged: clusters.hasConverged)
        return fit
    }
}
