import Compute

/// Problems side by side, as one problem whose tasks come in groups: each group is a problem of its own.
public struct ProblemBatch<Whole: Problem>: Sendable {
    public let whole: Whole
    /// Consecutive tasks, in order; tasks in no group are in no problem.
    public let groups: [Range<Int>]

    public init(_ whole: Whole, groups: [Range<Int>]) {
        self.whole = whole
        self.groups = groups
    }

    /// The problem that a group is.
    func problem(_ group: Int) -> ProblemSlice<Whole> {
        ProblemSlice(whole, tasks: groups[group], sampleCounts: whole.sampleCounts)
    }
}

extension ProblemBatch {
    /// The batch in parts, each of as many groups as come through in one shard together, and of one at least.
    func parts(
        for backend: some Backend, arrayCount: Int, passes: ShardPasses
    ) -> [ProblemBatch<ProblemSlice<Whole>>] {
        let limit = whole.shardSize(for: backend, arrayCount: arrayCount, passes: passes)
        let sampleCounts = whole.sampleCounts
        var parts: [ProblemBatch<ProblemSlice<Whole>>] = []
        var first = 0
        while first < groups.count {
            let start = groups[first].lowerBound
            var end = first + 1
            while end < groups.count, groups[end].upperBound - start <= limit { end += 1 }
            let slice = ProblemSlice(whole, tasks: start..<groups[end - 1].upperBound, sampleCounts: sampleCounts)
            parts.append(
                ProblemBatch<ProblemSlice<Whole>>(
                    slice, groups: groups[first..<end].map { $0.lowerBound - start..<$0.upperBound - start }))
            first = end
        }
        return parts
    }
}

extension Estimator {
    /// Fits the groups one after another.
    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit] {
        try fitsOneByOne(batch, on: backend, reference: reference, progress: progress)
    }

    func fitsOneByOne<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit] {
        var fits: [Fit] = []
        for group in batch.groups.indices {
            fits.append(try fit(batch.problem(group), on: backend, reference: reference, progress: progress))
        }
        return fits
    }
}

extension Fit {
    /// What was found of consecutive tasks.
    func part(_ range: Range<Int>) -> Fit {
        Fit(center: center, tasks: tasks?.part(range), statuses: Array(statuses[range]))
    }
}

extension TaskEstimates {
    /// The estimates of consecutive tasks.
    func part(_ range: Range<Int>) -> TaskEstimates {
        if range == 0..<taskCount { return self }
        let values = range.lowerBound * featureCount..<range.upperBound * featureCount
        var part = TaskEstimates(
            featureCount: featureCount, coefficients: Array(coefficients[values]),
            standardErrors: Array(standardErrors[values]), degreesOfFreedom: Array(degreesOfFreedom[range]),
            conditions: Array(conditions[range]), errorVariances: Array(errorVariances[range]))
        part.featureMeans = featureMeans.isEmpty ? [] : Array(featureMeans[values])
        part.weightSums = weightSums.isEmpty ? [] : Array(weightSums[range])
        return part
    }
}
