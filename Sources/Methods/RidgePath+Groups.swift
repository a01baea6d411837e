import Compute

extension RidgePath {
    /// The path of each group, with penalties around its own balance; nil where the rows outside of a fold do not
    /// determine a centre.
    ///
    /// - Parameter total: of the tasks' folds.
    static func paths<B: Backend, P: Problem>(
        _ ridge: Ridge, of folded: FoldedMoments<B, P>, _ moments: FoldMoments<B.Buffer>, total: Moments<B.Buffer>,
        totals: GroupTotals<B>, around targets: RidgeTargets
    ) throws(ComputeError) -> [RidgePath?] {
        let (backend, groups, taskCount) = (folded.backend, totals.groups, total.taskCount)
        let balances = try backend.spread(targets.balances, width: 1, over: groups, taskCount: taskCount)
        let penalties = try backend.makeVectors(
            taskCount: taskCount, columnCount: penaltyCount, width: total.featureCount)
        try backend.combine(
            targets.penalty.diagonals(lambdas: multiples, on: backend).scaled(by: balances), into: penalties)
        let errors = try backend.makeVectors(taskCount: taskCount, width: penaltyCount)
        var paths: [RidgePath?] = targets.balances.map { balance in
            RidgePath(penalties: multiples.map { balance * $0 }, foldCount: folded.foldCount)
        }
        for fold in 0..<folded.foldCount {
            try folded.checkInterruption()
            let own = try RidgeTargets(
                ridge, totals: totals.training(without: fold), of: totals,
                sampleCounts: totals.sums(of: folded.training(without: fold).sampleCounts), in: folded.problem,
                on: backend)
            let centers = try backend.spread(
                own.scaledCenters, width: total.featureCount, over: groups, taskCount: taskCount)
            try backend.ridgeErrors(
                of: total, holdingOut: moments[fold], penalties: penalties, toward: centers,
                tolerance: LeastSquares<B>.collinearityTolerance, into: errors)
            let values = try backend.download(errors)
            for (group, tasks) in groups.ranges.enumerated() {
                let range = tasks.lowerBound * penaltyCount..<tasks.upperBound * penaltyCount
                paths[group]?.add(values[range], fold: fold)
                if own.statuses[group] != .ok { paths[group] = nil }
            }
        }
        return paths
    }
}
