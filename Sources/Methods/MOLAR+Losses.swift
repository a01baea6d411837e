import Compute

/// Losses other than the squared one: Algorithm 4 of Appendix G.
///
/// Every task's maximum-likelihood estimates are shrunk towards their weighted median, with the thresholds
///
///     t_mk = c1 sqrt(log(min(M, d))) sqrt(v_mk),    v_m = diag (X_m' D_m X_m)^-1
///
/// where `D_m` holds the curvature of each row's loss at the estimates and `M` counts the tasks that have some: what errors
/// vary by is said by the means, so there is no `s_m`, and a task's precision is its observations. A free intercept is the one
/// that is likeliest beside the slopes that shrinking leaves.
extension MOLAR {
    /// - Parameter problem: its response is neither shifted nor scaled.
    package func likelihoodFit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        let individual = try ownEstimates.likelihoodFit(
            problem, on: backend, reference: reference, progress: progress)
        guard let tasks = individual.tasks else { return individual }
        // Thresholds go by the number of tasks, as if all were of one size.
        var own = OwnEstimates(
            tasks, statuses: individual.statuses, sampleCounts: individual.statuses.map { _ in 1 },
            intercept: problem.scaling.intercept)
        own.featureMeans = tasks.coefficients.map { _ in 0 }
        var shrunken = try shrinkage(of: own, on: backend, reference: reference)
        if intercept == .free, let free = problem.scaling.intercept {
            var coefficients = shrunken.coefficients
            try fitLevels(
                at: free, from: tasks, of: &coefficients, problem, statuses: individual.statuses,
                on: backend, progress: progress)
            try shrunken.setLevels(at: free, from: coefficients, self, of: own, on: reference)
        }
        own.sampleCounts = problem.sampleCounts
        return fit(individual, own, shrunken, degreesOfFreedom: tasks.degreesOfFreedom)
    }

    /// Replaces the intercept of each task whose slopes have moved by the likeliest one beside them.
    ///
    /// - Parameters:
    ///   - own: before shrinking, with the sums of weights.
    ///   - coefficients: those after it, `taskCount x featureCount` on the user's scale.
    private func fitLevels<B: Backend>(
        at free: Int, from own: TaskEstimates, of coefficients: inout [Double], _ problem: some Problem,
        statuses: [TaskStatus], on backend: B, progress: PassProgress?
    ) throws(ComputeError) {
        let width = problem.featureCount
        for shard in problem.shards(for: backend, arrayCount: 3, passes: .one) {
            let values = shard.tasks.lowerBound * width..<shard.tasks.upperBound * width
            let isMoved = shard.tasks.map { task in
                statuses[task] == .ok
                    && (0..<width).contains { own.coefficients[task * width + $0] != coefficients[task * width + $0] }
            }
            let search = NewtonSearch(backend: backend, unknowns: free..<free + 1) {
                tasks, place throws(ComputeError) in
                try backend.derivativeSums(loss, of: shard, tasks: tasks, at: place, progress: progress)
            }
            let found = try search.run(
                from: problem.scaling.scaled(Array(coefficients[values])), statuses: isMoved.map { $0 ? nil : .ok },
                weightSums: Array(own.weightSums[shard.tasks]), observations: shard.sampleCounts)
            let levels = problem.scaling.unscaled(found.coefficients)
            for (place, task) in shard.tasks.enumerated() where isMoved[place] {
                coefficients[task * width + free] = levels[place * width + free]
            }
        }
    }
}
