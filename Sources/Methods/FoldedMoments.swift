package import Compute

/// A problem's moments by fold: for each fold the moments to train on, those of all other folds, and those held out.
///
/// Rows pass once where all folds of all tasks fit the backend's memory, and once a sweep where they do not.
package final class FoldedMoments<B: Backend, P: Problem> {
    let backend: B
    let problem: P
    let folds: RowFolds
    /// The observations of each task in each fold.
    private(set) var counts: FoldCounts
    private let progress: PassProgress?
    /// Those of every shard, once they are formed, where there is room for all of them.
    private var kept: [FoldMoments<B.Buffer>] = []
    private let hasRoom: Bool
    /// Whether the problem is one shard.
    private let isWhole: Bool
    /// The total of the whole problem's folds, and that less one of them: several methods train on it in turn.
    private var wholeTotal: Moments<B.Buffer>?
    private var lastTraining: (fold: Int, moments: Moments<B.Buffer>)?

    /// Forms the moments, or as much of them as fits, and counts observations.
    package init(of problem: P, folds: RowFolds, on backend: B, progress: PassProgress?) throws(ComputeError) {
        self.problem = problem
        self.folds = folds
        self.backend = backend
        self.progress = progress
        counts = FoldCounts(taskCount: problem.layout.taskCount, foldCount: folds.foldCount)
        let arrayCount = foldedArrayCount(folds.foldCount)
        isWhole = problem.shardCount(for: backend, arrayCount: arrayCount, passes: .several) == 1
        hasRoom =
            problem.layout.taskCount
            <= backend.tasksThatFit(entriesPerTask: triangleCount(problem.featureCount + 1), arrayCount: arrayCount)
        if let drawn = problem.drawnMoments {
            counts.set(rowCounts: problem.sampleCounts, of: drawn)
            if !isWhole { return }
        }
        try forEachShard { _, _ in }
    }

    var foldCount: Int { folds.foldCount }

    /// The observations of each task in all folds, and the sum of their weights.
    private(set) lazy var totals = counts.totals()

    var taskCount: Int { counts.taskCount }

    /// Calls `body` with each shard's moments by fold and their total.
    func forEachShardWithTotal(
        _ body: (FoldMoments<B.Buffer>, Moments<B.Buffer>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        try progress?.advance(rows: 0)
        try forEachShard { _, moments throws(ComputeError) in try body(moments, total(of: moments, without: nil)) }
    }

    /// The moments of all tasks together by fold.
    func momentTotals() throws(ComputeError) -> FoldTotals<B> {
        var totals = FoldTotals(featureCount: problem.featureCount, foldCount: foldCount, on: backend)
        try forEachShardWithTotal { moments, total throws(ComputeError) in try totals.add(moments, total: total) }
        return totals
    }

    /// Calls `body` with each shard's tasks and the moments of a fold.
    func forEachShard(
        of fold: Int, _ body: (Range<Int>, Moments<B.Buffer>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        try forEachShard { tasks, moments throws(ComputeError) in try body(tasks, moments[fold]) }
    }

    /// The moments of the rows outside of a fold, or of all rows.
    package func training(without fold: Int?) -> MomentShards<B> {
        let own = fold == nil ? totals : counts.totals(without: fold)
        return MomentShards(
            on: backend, of: problem, sampleCounts: own.observations, weightSums: own.weights, progress: progress
        ) { visitor throws(ComputeError) in
            try self.progress?.advance(rows: 0)
            try self.forEachShard { tasks, moments throws(ComputeError) in
                try visitor(tasks, self.total(of: moments, without: fold))
            }
        }
    }

    /// Stops when the user has asked for it. Between passes over rows nothing else does.
    func checkInterruption() throws(ComputeError) { try progress?.advance(rows: 0) }

    private var shards: ShardSequence<P> {
        problem.shards(for: backend, arrayCount: foldedArrayCount(foldCount), passes: .several)
    }

    private func forEachShard(
        _ body: (_ tasks: Range<Int>, FoldMoments<B.Buffer>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        if !kept.isEmpty {
            for (shard, moments) in zip(shards, kept) { try body(shard.tasks, moments) }
            return
        }
        var formed: [FoldMoments<B.Buffer>] = []
        for shard in shards {
            let moments = try moments(of: shard)
            if hasRoom { formed.append(moments) }
            try body(shard.tasks, moments)
        }
        kept = formed
    }

    private func moments(of shard: ProblemSlice<P>) throws(ComputeError) -> FoldMoments<B.Buffer> {
        let drawn = shard.drawnMoments
        let moments = try backend.makeFoldMoments(
            taskCount: shard.tasks.count, featureCount: problem.featureCount, foldCount: foldCount,
            zeroed: drawn == nil)
        if let drawn {
            try add(drawn, to: moments)
        } else {
            counts.clear(shard.tasks)
            try add(shard.source(of: B.Scalar.self), firstTask: shard.tasks.lowerBound, to: moments)
        }
        return moments
    }

    private func add(
        _ drawn: some DrawnMoments, to moments: FoldMoments<B.Buffer>
    ) throws(ComputeError) {
        precondition(foldCount == 1 || foldCount == drawn.foldCount, "moments are drawn in the folds that are held out")
        for fold in 0..<foldCount { try backend.upload(drawn, fold: foldCount == 1 ? nil : fold, into: moments[fold]) }
        try progress?.advance(rows: 0)
    }

    private func add(
        _ source: some TaskSource<B.Scalar>, firstTask: Int, to moments: FoldMoments<B.Buffer>
    ) throws(ComputeError) {
        let own = RowFolds(foldCount: foldCount, seed: folds.seed, firstTask: folds.firstTask + firstTask)
        try backend.forEachChunk(of: source, folds: foldCount == 1 ? nil : own, progress: progress) {
            rows throws(ComputeError) in
            try backend.accumulate(rows, rowWeights: nil, into: moments)
            for block in rows.chunk.range.blocks {
                counts.add(
                    observations: rows.chunk.observationCount(of: block), weight: rows.chunk.weightSum(of: block),
                    task: firstTask + Int(block.task), fold: Int(block.fold))
            }
        }
    }

    /// The total of all folds, or that less one fold.
    private func total(of moments: FoldMoments<B.Buffer>, without fold: Int?) throws(ComputeError) -> Moments<B.Buffer>
    {
        if isWhole, let lastTraining, lastTraining.fold == fold { return lastTraining.moments }
        let all: Moments<B.Buffer>
        if let wholeTotal { all = wholeTotal } else { all = try total(of: moments) }
        if isWhole { wholeTotal = all }
        guard let fold else { return all }
        // Its memory may serve again.
        lastTraining = nil
        let rest = try backend.makeMoments(
            taskCount: moments.taskCount, featureCount: moments.featureCount, zeroed: false)
        try backend.combine(
            all.joint.triangles.scaled(by: 1), moments[fold].joint.triangles.scaled(by: -1), into: rest.joint.triangles)
        if isWhole { lastTraining = (fold, rest) }
        return rest
    }

    private func total(of moments: FoldMoments<B.Buffer>) throws(ComputeError) -> Moments<B.Buffer> {
        if foldCount == 1 { return moments[0] }
        let total = try backend.makeMoments(taskCount: moments.taskCount, featureCount: moments.featureCount)
        let sum = total.joint.triangles
        for fold in 0..<foldCount {
            try backend.combine(moments[fold].joint.triangles.scaled(by: 1), sum.scaled(by: 1), into: sum)
        }
        return total
    }
}

/// The arrays that moments by fold go with: beside the folds there are their total, what is trained on, a penalised copy of
/// its Gram and that one's factor.
func foldedArrayCount(_ foldCount: Int) -> Int { foldCount + 4 }
