import Compute

/// Consecutive tasks of a problem, as a problem of their own.
struct ProblemSlice<Whole: Problem>: Problem {
    let whole: Whole
    /// The slice's tasks in the whole problem.
    let tasks: Range<Int>
    let layout: TaskLayout
    let sampleCounts: [Int]

    /// - Parameter sampleCounts: those of the whole problem.
    init(_ whole: Whole, tasks: Range<Int>, sampleCounts: [Int]) {
        self.whole = whole
        self.tasks = tasks
        self.sampleCounts = Array(sampleCounts[tasks])
        let layout = whole.layout
        self.layout = TaskLayout(sampleCounts: tasks.map { layout.sampleCount(of: $0) })
    }

    var featureCount: Int { whole.featureCount }
    var isWeighted: Bool { whole.isWeighted }
    var scaling: ColumnScaling { whole.scaling }
    var weightScale: Double { whole.weightScale }
    var errorVariances: [Double]? { whole.errorVariances.map { Array($0[tasks]) } }

    var drawnMoments: (any DrawnMoments)? {
        let first = tasks.lowerBound
        return whole.drawnMoments.map { DrawnMomentSlice(whole: $0, firstTask: first) }
    }

    var clusters: ClusterCodes? {
        let first = whole.layout.offsets[tasks.lowerBound]
        return whole.clusters.map { clusters in
            ClusterCodes(clusterCount: clusters.clusterCount) { rows, codes throws(ComputeError) in
                try clusters.read(rows.lowerBound + first..<rows.upperBound + first, into: codes)
            }
        }
    }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        slice(of: whole.source(of: scalar))
    }

    private func slice<Source: TaskSource>(of source: Source) -> any TaskSource<Source.Scalar> {
        TaskSlice(source, tasks: tasks, layout: layout)
    }
}

extension Problem {
    /// The problem in shards: slices of whole sum blocks of tasks, each small enough for the backend.
    ///
    /// What is formed a task is the same in any shard, and sums across tasks carry over from one shard to the next, so
    /// no bit depends on how many there are. A problem that fits is one shard; a problem of no tasks is one too.
    ///
    /// - Parameters:
    ///   - arrayCount: how many arrays as large as the moments a shard needs at a time.
    ///   - passes: how often the method goes through its shards.
    func shards(for backend: some Backend, arrayCount: Int, passes: ShardPasses) -> ShardSequence<Self> {
        ShardSequence(problem: self, shardSize: shardSize(for: backend, arrayCount: arrayCount, passes: passes))
    }

    /// How many tasks a shard has.
    func shardSize(for backend: some Backend, arrayCount: Int, passes: ShardPasses) -> Int {
        let costsNothing = passes == .one || drawnMoments?.areKept == true
        return backend.tasksThatFit(
            entriesPerTask: triangleCount(featureCount + 1), arrayCount: arrayCount,
            arrayBytes: costsNothing ? backend.smallShardBytes : .max)
    }

    /// In how many shards its moments and so many arrays in all come through on this backend.
    package func shardCount(for backend: some Backend, arrayCount: Int, passes: ShardPasses) -> Int {
        shards(for: backend, arrayCount: arrayCount, passes: passes).count
    }
}

/// How often a method goes through the shards of a problem.
package enum ShardPasses: Sendable {
    /// It is done with a shard once it has gone through: the number of shards is of no account.
    case one
    /// It comes back, and the rows of all shards are then read again.
    case several
}

/// A problem's shards in order.
struct ShardSequence<Whole: Problem>: Sequence, IteratorProtocol {
    private let problem: Whole
    private let taskCount: Int
    private let sampleCounts: [Int]
    private let shardSize: Int
    private var firstTask = 0

    init(problem: Whole, shardSize: Int) {
        self.problem = problem
        self.shardSize = shardSize
        taskCount = problem.layout.taskCount
        sampleCounts = problem.sampleCounts
    }

    mutating func next() -> ProblemSlice<Whole>? {
        if firstTask >= Swift.max(1, taskCount) { return nil }
        let tasks = firstTask..<Swift.min(firstTask + shardSize, taskCount)
        firstTask += shardSize
        return ProblemSlice(problem, tasks: tasks, sampleCounts: sampleCounts)
    }

    /// How many there are.
    var count: Int { Swift.max(1, (taskCount + shardSize - 1) / shardSize) }
}

extension Backend {
    /// For how many tasks there is room for so many arrays, each of at most so many bytes: a number of whole sum blocks,
    /// and at least one.
    func tasksThatFit(entriesPerTask: Int, arrayCount: Int, arrayBytes: Int = .max) -> Int {
        let bytesPerTask = entriesPerTask * MemoryLayout<Scalar>.stride
        let tasks = Swift.min(
            memoryBytes / (bytesPerTask * arrayCount), Swift.min(largestArrayBytes, arrayBytes) / bytesPerTask)
        return Swift.max(1, tasks / sumBlockSize) * sumBlockSize
    }
}
