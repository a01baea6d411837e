public import Compute

extension Ridge {
    /// One sum of all groups' moments and one solution of all tasks.
    ///
    /// Groups are fitted on their own where each needs a penalty of its own form, the features' variances, and where folds
    /// are of rows: those are dealt out by a task's number in its problem.
    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [Fit] {
        let canBeTogether = !standardizes && (!isCrossValidated || batch.whole.drawnMoments != nil)
        let count = groupArrayCount(featureCount: batch.whole.featureCount)
        var fits: [Fit] = []
        for part in batch.parts(for: backend, arrayCount: count) {
            fits +=
                canBeTogether && part.whole.shardCount(for: backend, arrayCount: count) == 1
                ? try fitsTogether(part, on: backend, reference: reference, progress: progress)
                : try fitsOneByOne(part, on: backend, reference: reference, progress: progress)
        }
        return fits
    }

    /// With each task's own penalties beside the moments.
    private func groupArrayCount(featureCount: Int) -> Int {
        let penalties = isCrossValidated ? RidgePath.penaltyCount : 1
        return arrayCount + 1 + penalties * featureCount / triangleCount(featureCount + 1)
    }

    private func fitsTogether<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit] {
        let folded = try FoldedMoments(of: batch.whole, folds: folds, on: backend, progress: progress)
        var fits: [Fit?] = []
        try folded.forEachShardWithTotal { moments, total throws(ComputeError) in
            fits = try self.fits(batch, of: folded, moments, total: total)
        }
        let unit = Double(B.Scalar.ulpOfOne)
        let isDouble = B.Scalar.self == Double.self
        var results: [Fit] = []
        for (group, fit) in fits.enumerated() {
            if let fit, isDouble || fit.tasksBeyond(unit: unit) == 0 {
                results.append(fit)
            } else {
                results.append(
                    try self.fit(batch.problem(group), on: backend, reference: reference, progress: progress))
            }
        }
        return results
    }

    /// The fits of groups from the tasks' moments by fold and their total; nil where a centre cannot be estimated.
    private func fits<B: Backend, P: Problem>(
        _ batch: ProblemBatch<P>, of folded: FoldedMoments<B, P>, _ moments: FoldMoments<B.Buffer>,
        total: Moments<B.Buffer>
    ) throws(ComputeError) -> [Fit?] {
        let (backend, width) = (folded.backend, total.featureCount)
        let totals = try GroupTotals(of: moments, total: total, groups: TaskGroups(batch.groups), on: backend)
        let groups = totals.groups
        let targets = try RidgeTargets(
            self, totals: totals.training(without: nil), of: totals,
            sampleCounts: totals.sums(of: folded.totalCounts), in: batch.whole, on: backend)
        var chosen: [ChosenPenalty?] = batch.groups.map { _ in lambda.map { ChosenPenalty(value: $0, origin: .given) } }
        if isCrossValidated {
            chosen = try RidgePath.paths(self, of: folded, moments, total: total, totals: totals, around: targets).map {
                $0?.best()
            }
        }
        for (group, status) in targets.statuses.enumerated() where status != .ok { chosen[group] = nil }
        // Groups to be fitted alone are solved too, without a penalty, and what is found of them is not used.
        let lambdas = chosen.map { $0?.value ?? 0 }
        let pulls = lambdas.indices.flatMap { group in
            chosen[group] == nil
                ? Array(repeating: 0.0, count: width)
                : targets.penalty.pull(lambda: lambdas[group], toward: targets.center(group))
        }
        let solution = try targets.penalty.solve(
            total, lambdas: backend.spread(lambdas, width: 1, over: groups, taskCount: total.taskCount),
            pull: backend.spread(pulls, width: width, over: groups, taskCount: total.taskCount), on: backend)
        let coefficients = batch.whole.scaling.unscaled(try backend.download(solution.scaled))
        let counts = folded.totalCounts
        return backend.parallel.map(batch.groups.count) { group in
            guard let penalty = chosen[group] else { return nil }
            var fit = Fit(
                solution, tasks: batch.groups[group], coefficients: coefficients, sampleCounts: counts,
                center: targets.center(group))
            fit.penalty = penalty
            return fit
        }
    }
}

extension Fit {
    /// What became of consecutive tasks with a centre that could be estimated.
    ///
    /// - Parameter coefficients: of all tasks, on the user's scale.
    fileprivate init<B: Backend>(
        _ solution: RidgeSolution<B>, tasks: Range<Int>, coefficients: [Double], sampleCounts: [Int], center: [Double]
    ) {
        let width = center.count
        let statuses = tasks.map { task in
            solution.status(
                of: task, sampleCount: sampleCounts[task], coefficients: coefficients[task * width..<(task + 1) * width]
            )
        }
        var estimates = TaskEstimates(taskCount: tasks.count, featureCount: width)
        estimates.coefficients = Array(coefficients[tasks.lowerBound * width..<tasks.upperBound * width])
        estimates.conditions = tasks.map { solution.condition(of: $0) }
        estimates.replaceBadTasks(statuses, with: center)
        let sampleCount = zip(tasks, statuses).reduce(0) { $1.1 == .ok ? $0 + sampleCounts[$1.0] : $0 }
        self.init(
            center: Estimate(
                coefficients: center, standardErrors: center.map { _ in .nan }, degreesOfFreedom: .nan,
                sampleCount: sampleCount, condition: .nan),
            tasks: estimates, statuses: statuses)
    }
}
