import Compute

extension LeastSquares {
    /// Whether fewer than eight digits of a task's residual sum are certain: its residuals are small beside the
    /// response's distance from the shift, and the moments lost them by cancellation.
    func hasUncertainResiduals(_ task: Int) -> Bool { !(residualErrors[task] <= 1e-8) }

    /// Sums the squared residuals of some of the problem's tasks from their rows.
    mutating func sumResiduals(
        of tasks: [Int], _ problem: some Problem, progress: PassProgress?
    ) throws(ComputeError) {
        guard !tasks.isEmpty else { return }
        let subset = TaskSubset(of: problem, tasks: tasks)
        let count = factor.order
        let own = try backend.makeVectors(taskCount: tasks.count, width: count)
        let all = try backend.download(scaled)
        try backend.upload(tasks.flatMap { all[$0 * count..<($0 + 1) * count] }, into: own)
        let pass = ResidualPass(backend: backend, coefficients: own, progress: progress)
        for (task, sum) in zip(tasks, try pass.residualSums(of: subset)) {
            residualSums[task] = max(leastSums[task], sum)
        }
    }

    /// Sums the squared residuals of some groups' fits from the rows of those tasks that are included.
    mutating func sumResiduals(
        of groups: [Int], _ batch: ProblemBatch<some Problem>, isIncluded: [Bool], progress: PassProgress?
    ) throws(ComputeError) {
        let ranges = groups.map { batch.groups[$0] }
        let tasks = ranges.flatMap { $0.filter { isIncluded[$0] } }
        guard !tasks.isEmpty else { return }
        let count = factor.order
        let shared = try backend.download(scaled)
        let own = try backend.makeVectors(taskCount: tasks.count, width: count)
        try backend.upload(
            groups.flatMap { group in
                let coefficients = shared[group * count..<(group + 1) * count]
                return batch.groups[group].filter { isIncluded[$0] }.flatMap { _ in coefficients }
            }, into: own)
        let pass = ResidualPass(backend: backend, coefficients: own, progress: progress)
        var sums = try pass.residualSums(of: TaskSubset(of: batch.whole, tasks: tasks))[...]
        for (group, range) in zip(groups, ranges) {
            let count = range.count { isIncluded[$0] }
            residualSums[group] = sums.prefix(count).reduce(0, +)
            sums = sums.dropFirst(count)
        }
    }

    /// Sums the squared residuals of the one fit of all tasks from their rows.
    mutating func sumResiduals(
        of problem: some Problem, groups: CoefficientSharing, progress: PassProgress?
    ) throws(ComputeError) {
        let pass = ResidualPass(backend: backend, coefficients: scaled, progress: progress)
        let sums = try pass.residualSums(of: problem)
        residualSums[0] = sums.indices.reduce(0) { groups.group(of: $1) == nil ? $0 : $0 + sums[$1] }
    }
}
