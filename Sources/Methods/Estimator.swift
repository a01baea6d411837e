public import Compute

/// A method: from a problem to a fit, on any backend.
public protocol Estimator: Sendable {
    /// The name by which users call it.
    static var name: String { get }

    /// Fits the problem.
    ///
    /// - Parameters:
    ///   - backend: where the work is done.
    ///   - reference: a backend in double, for tasks that are beyond what `backend`'s scalar carries.
    ///   - progress: told of rows as they pass, and asked whether to go on.
    /// - Throws: when the device fails or rows cannot be read. A task that cannot be fitted is a ``TaskStatus``.
    func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit

    /// Fits each group of a batch as a problem of its own.
    ///
    /// What is found of a group is what `fit` finds of it, but for the rounding of sums over its tasks. Its bits do not
    /// depend on the batch: they are the same in any, and alone.
    func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> [Fit]

    /// How many times the rows pass where all moments fit the memory: for progress and estimates of time.
    var passCount: Int { get }
    /// How many arrays as large as the moments there are at a time: what decides whether tasks come in shards.
    var arrayCount: Int { get }
}

extension Backend {
    /// The moments of every task of the problem.
    func moments(of problem: some Problem, progress: PassProgress?) throws(ComputeError) -> Moments<Buffer> {
        let drawn = problem.drawnMoments
        let moments = try makeMoments(
            taskCount: problem.layout.taskCount, featureCount: problem.featureCount, zeroed: drawn == nil)
        if let drawn {
            try upload(drawn, fold: nil, into: moments)
            try progress?.advance(rows: problem.layout.rowCount)
            return moments
        }
        try addMoments(of: problem.source(of: Scalar.self), to: moments, progress: progress)
        return moments
    }

    private func addMoments(
        of source: some TaskSource<Scalar>, to moments: Moments<Buffer>, progress: PassProgress?
    ) throws(ComputeError) {
        try forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            try accumulate(rows, rowWeights: nil, into: moments)
        }
    }

    /// The sum of the weights of each task's rows, which with an intercept is an entry of the moments; without one,
    /// weighted rows pass again.
    func weightSums(
        of problem: some Problem, _ moments: Moments<Buffer>, progress: PassProgress?
    ) throws(ComputeError) -> [Double] {
        if let intercept = problem.scaling.intercept { return try download(moments.gram.entry(intercept, intercept)) }
        guard problem.isWeighted else { return problem.sampleCounts.map { Double($0) } }
        var sums = Array(repeating: 0.0, count: problem.layout.taskCount)
        try addWeights(of: problem.source(of: Scalar.self), to: &sums, progress: progress)
        return sums
    }

    private func addWeights(
        of source: some TaskSource<Scalar>, to sums: inout [Double], progress: PassProgress?
    ) throws(ComputeError) {
        try forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            for block in rows.chunk.range.blocks { sums[Int(block.task)] += rows.chunk.weightSum(of: block) }
        }
    }
}
