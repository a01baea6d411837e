package import Compute

/// The moments of a problem's tasks, brought through a shard at a time, as often as an estimator asks for them.
package struct MomentShards<B: Backend> {
    let backend: B
    let scaling: ColumnScaling
    /// What the weights of the rows are multiplied by.
    let weightScale: Double
    /// The observations behind each task's moments.
    let sampleCounts: [Int]
    /// The sum of the weights of those observations.
    let weightSums: [Double]
    /// The variance of each task's errors, where it is known.
    let errorVariances: [Double]?
    /// Of long searches among them.
    let progress: PassProgress?
    private let bring: Visit

    /// Hands every shard's tasks and moments to a visitor.
    typealias Visitor = (Range<Int>, Moments<B.Buffer>) throws(ComputeError) -> Void
    typealias Visit = (Visitor) throws(ComputeError) -> Void

    init(
        on backend: B, of problem: some Problem, sampleCounts: [Int], weightSums: [Double],
        progress: PassProgress?, _ bring: @escaping Visit
    ) {
        self.backend = backend
        scaling = problem.scaling
        weightScale = problem.weightScale
        self.sampleCounts = sampleCounts
        self.weightSums = weightSums
        errorVariances = problem.errorVariances
        self.progress = progress
        self.bring = bring
    }

    var taskCount: Int { sampleCounts.count }
    var featureCount: Int { scaling.featureCount }

    /// Calls `body` with each shard's tasks and their moments, in order. The moments may be reused after the call.
    func forEachShard(_ body: Visitor) throws(ComputeError) { try bring(body) }

    /// The moments of all tasks together.
    func total() throws(ComputeError) -> MomentTotal<B> {
        var total = MomentTotal(featureCount: featureCount, on: backend)
        try forEachShard { _, moments throws(ComputeError) in try total.add(moments) }
        return total
    }
}
