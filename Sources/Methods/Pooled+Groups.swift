public import Compute

extension Pooled {
    /// One sum of all groups' moments and one solution of all pools. Robust variances need each group's rows on their own.
    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [Fit] {
        var fits: [Fit] = []
        for part in batch.parts(for: backend, arrayCount: arrayCount, passes: .one) {
            let isTogether =
                variance == .iid
                && part.whole.shardCount(for: backend, arrayCount: arrayCount, passes: .one) == 1
            fits +=
                isTogether
                ? try fitsTogether(part, on: backend, reference: reference, progress: progress)
                : try fitsOneByOne(part, on: backend, reference: reference, progress: progress)
        }
        return fits
    }

    private func fitsTogether<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit] {
        let moments = try backend.moments(of: batch.whole, progress: progress)
        let totals = try GroupTotals(
            of: FoldMoments(ofOneFold: moments), total: moments, groups: TaskGroups(batch.groups), on: backend)
        let sampleCounts = totals.sums(of: batch.whole.sampleCounts)
        var pools = try LeastSquares(
            moments: totals.moments(totals.training(without: nil)), sampleCounts: sampleCounts,
            scaling: batch.whole.scaling, on: backend)
        let isDouble = B.Scalar.self == Double.self
        let hasRows = batch.whole.drawnMoments == nil
        // Pools that one summed Gram in this scalar does not carry, as `fit` finds them.
        var isAlone = batch.groups.indices.map { group in
            isDouble
                ? hasRows && pools.isBeyondMoments(group)
                : pools.isBeyondScalar(group) || totals.includedCount(group) < batch.groups[group].count
        }
        if hasRows {
            let uncertain = batch.groups.indices.filter {
                !isAlone[$0] && pools.statuses[$0] == .ok && pools.hasUncertainResiduals($0)
            }
            try pools.sumResiduals(of: uncertain, batch, isIncluded: totals.isIncluded, progress: progress)
        }
        let errors = try StandardErrors(of: pools, sampleCounts: sampleCounts)
        let width = batch.whole.featureCount
        let coefficients = pools.coefficients
        var fits: [Fit] = []
        for (group, tasks) in batch.groups.enumerated() {
            let own = group * width..<(group + 1) * width
            let isFitted = pools.statuses[group] == .ok
            if !isDouble, isFitted, !errors.values[own].allSatisfy(\.isFinite) { isAlone[group] = true }
            if isAlone[group] {
                let problem = batch.problem(group)
                fits.append(
                    isDouble
                        ? try fit(problem, on: backend, reference: reference, progress: progress)
                        : try refit(problem, on: reference, progress: progress))
                continue
            }
            var fit = Fit(statuses: totals.isIncluded[tasks].map { $0 ? .ok : .nonFinite })
            fit.centerStatus = pools.statuses[group]
            if isFitted {
                fit.center = Estimate(
                    coefficients: Array(coefficients[own]), standardErrors: Array(errors.values[own]),
                    degreesOfFreedom: errors.degreesOfFreedom[group], sampleCount: sampleCounts[group],
                    condition: pools.conditions[group])
            }
            fits.append(fit)
        }
        return fits
    }
}
