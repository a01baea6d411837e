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
        for part in batch.parts(for: backend, arrayCount: count, passes: .one) {
            fits +=
                canBeTogether && part.whole.shardCount(for: backend, arrayCount: count, passes: .one) == 1
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
            sampleCounts: totals.sums(of: folded.totals.observations), in: batch.whole, on: backend)
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
        let (counts, diagnosis) = (folded.totals.observations, solution.diagnosis)
        // Threads share the groups out or, where there are few, the tasks of each.
        let single = Parallel(threadCount: 1)
        let (outer, inner) =
            batch.groups.count < backend.parallel.threadCount
            ? (single, backend.parallel) : (backend.parallel, single)
        return outer.map(batch.groups.count) { group in
            guard let penalty = chosen[group] else { return nil }
            let tasks = batch.groups[group]
            let values = coefficients[tasks.lowerBound * width..<tasks.upperBound * width]
            var fit = Fit(
                diagnosis.part(tasks), coefficients: Array(values), featureCount: width, sampleCounts: counts[tasks],
                parallel: inner)
            fit.setCenter(targets.center(group), sampleCounts: counts[tasks])
            fit.penalty = penalty
            return fit
        }
    }
}
