import Compute

/// A problem's moments by fold: for each fold the moments to train on, those of all other folds, and those to test on.
///
/// Rows pass once where all folds of all tasks fit the backend's memory, and once a sweep where they come in shards.
final class FoldedMoments<B: Backend, P: Problem> {
    let backend: B
    let problem: P
    let folds: RowFolds
    /// The observations of each task in each fold, `taskCount x foldCount`.
    private(set) var sampleCounts: [Int]
    private let progress: PassProgress?
    /// The whole problem's, once they are formed, if it is one shard.
    private var whole: FoldMoments<B.Buffer>?
    private let shardCount: Int

    /// Forms the moments, or as much of them as fits, and counts observations.
    init(of problem: P, folds: RowFolds, on backend: B, progress: PassProgress?) throws(ComputeError) {
        self.problem = problem
        self.folds = folds
        self.backend = backend
        self.progress = progress
        sampleCounts = Array(repeating: 0, count: problem.layout.taskCount * folds.foldCount)
        shardCount = problem.shards(for: backend, arrayCount: folds.foldCount + Self.extraArrays).count
        try forEachShard { _, moments throws(ComputeError) in
            if shardCount == 1 { whole = moments }
        }
    }

    /// Beside the folds: what is trained on, a penalised copy and its factor.
    private static var extraArrays: Int { 4 }

    var foldCount: Int { folds.foldCount }
    var taskCount: Int { problem.layout.taskCount }

    /// How many of a task's observations are in a fold.
    func sampleCount(of task: Int, in fold: Int) -> Int { sampleCounts[task * foldCount + fold] }

    /// The moments of the rows outside of a fold.
    func training(without fold: Int) -> MomentShards<B> {
        let counts = (0..<taskCount).map { task in
            (0..<foldCount).reduce(0) { $1 == fold ? $0 : $0 + sampleCount(of: task, in: $1) }
        }
        return MomentShards(on: backend, scaling: problem.scaling, sampleCounts: counts) {
            visitor throws(ComputeError) in
            try self.forEachShard { tasks, moments throws(ComputeError) in
                try visitor(tasks, self.rest(of: moments, without: fold))
            }
        }
    }

    /// Calls `body` with each shard's tasks and their moments in a fold.
    func forEachShard(
        ofFold fold: Int, _ body: (Range<Int>, Moments<B.Buffer>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        try forEachShard { tasks, moments throws(ComputeError) in try body(tasks, moments[fold]) }
    }

    private func forEachShard(
        _ body: (Range<Int>, FoldMoments<B.Buffer>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        if let whole { return try body(0..<taskCount, whole) }
        for shard in problem.shards(for: backend, arrayCount: foldCount + Self.extraArrays) {
            try body(shard.tasks, try moments(of: shard))
        }
    }

    private func moments(of shard: ProblemSlice<P>) throws(ComputeError) -> FoldMoments<B.Buffer> {
        let moments = try backend.makeFoldMoments(
            taskCount: shard.tasks.count, featureCount: problem.featureCount, foldCount: foldCount)
        for index in shard.tasks.lowerBound * foldCount..<shard.tasks.upperBound * foldCount {
            sampleCounts[index] = 0
        }
        try add(shard.source(of: B.Scalar.self), firstTask: shard.tasks.lowerBound, to: moments)
        return moments
    }

    private func add(
        _ source: some TaskSource<B.Scalar>, firstTask: Int, to moments: FoldMoments<B.Buffer>
    ) throws(ComputeError) {
        let folds = RowFolds(foldCount: foldCount, seed: folds.seed, firstTask: folds.firstTask + firstTask)
        try backend.forEachChunk(of: source, folds: folds, progress: progress) { rows throws(ComputeError) in
            try backend.accumulate(rows, rowWeights: nil, into: moments)
            for block in rows.chunk.range.blocks {
                sampleCounts[(firstTask + Int(block.task)) * foldCount + Int(block.fold)] +=
                    rows.chunk.observationCount(of: block)
            }
        }
    }

    /// The total of all folds but one. Adding up the others rather than taking one from the total loses no digits where
    /// that one holds most of a task.
    private func rest(of moments: FoldMoments<B.Buffer>, without fold: Int) throws(ComputeError) -> Moments<B.Buffer> {
        let rest = try backend.makeMoments(taskCount: moments.taskCount, featureCount: moments.featureCount)
        let sum = rest.joint.triangles
        for other in 0..<foldCount where other != fold {
            try backend.combine(moments[other].joint.triangles.scaled(by: 1), sum.scaled(by: 1), into: sum)
        }
        return rest
    }
}
