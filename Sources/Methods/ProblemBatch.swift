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

    /// Small groups one a thread, where the backend allows it, and others one after another.
    func fitsOneByOne<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit] {
        if batch.groups.count > 1, batch.groups.allSatisfy({ $0.count <= mostTasksOfSmallGroup }),
            let fits = try fitsSideBySide(batch, on: backend, reference: reference, progress: progress)
        {
            return fits
        }
        var fits: [Fit] = []
        for group in batch.groups.indices {
            fits.append(try fit(batch.problem(group), on: backend, reference: reference, progress: progress))
        }
        return fits
    }
}

extension Estimator {
    /// One group a thread; nil where the backend works on one thread alone.
    private func fitsSideBySide<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit]? {
        guard backend.forOneThread() != nil, reference.forOneThread() != nil else { return nil }
        let workers = backend.parallel.gather(of: batch.groups.count, grain: 1) {
            GroupWorker(backend: backend.forOneThread(), reference: reference.forOneThread())
        } _: { groups, worker in
            for group in groups { worker.fit(batch.problem(group), group, with: self, progress) }
        }
        if let failure = workers.compactMap(\.failure).first { throw failure }
        return workers.flatMap(\.fits).sorted { $0.group < $1.group }.map(\.fit)
    }
}

/// More tasks than these keep several threads busy.
let mostTasksOfSmallGroup = 1000

/// What one thread has found of the groups that it took.
private struct GroupWorker<B: Backend, R: Backend<Double>> {
    let backend: B?
    let reference: R?
    var fits: [(group: Int, fit: Fit)] = []
    var failure: ComputeError?

    mutating func fit(_ problem: some Problem, _ group: Int, with estimator: some Estimator, _ progress: PassProgress?)
    {
        guard failure == nil, let backend, let reference else { return }
        do throws(ComputeError) {
            fits.append((group, try estimator.fit(problem, on: backend, reference: reference, progress: progress)))
        } catch {
            failure = error
        }
    }
}

extension Fit {
    /// What was found of consecutive tasks.
    func part(_ range: Range<Int>) -> Fit {
        var part = Fit(center: center, tasks: tasks?.part(range), statuses: Array(statuses[range]))
        part.ridgedTasks = ridgedTasks.filter(range.contains).map { $0 - range.lowerBound }
        return part
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
