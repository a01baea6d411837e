import Compute

/// The mean losses of a problem's tasks on their rows, for any coefficients: rows pass once each time.
final class TaskLosses<B: Backend, P: Problem> {
    let problem: P
    let loss: Loss
    let backend: B
    let totals: ResponseTotals
    let expansion: LossExpansion
    /// Whether each task takes part: it has rows, and its free coefficients have finite values.
    let isIncluded: [Bool]
    private let progress: PassProgress?

    /// - Parameters:
    ///   - free: the intercept that each task has to itself, if any.
    ///   - variances: of each feature, where it is standardized coefficients that are shrunk.
    init(
        of problem: P, _ loss: Loss, free: Int?, variances: [Double]?, on backend: B, progress: PassProgress?
    ) throws(ComputeError) {
        self.problem = problem
        self.loss = loss
        self.backend = backend
        self.progress = progress
        totals = try ResponseTotals(of: problem, loss, on: backend, progress: progress)
        let shrunk = ShrunkCoefficients(
            scaling: problem.scaling, free: free, variances: variances, columnCount: loss.columnCount)
        expansion = LossExpansion(shrunk, loss, scaling: problem.scaling)
        isIncluded = zip(totals.weights, totals.hasFiniteLevel).map { $0 > 0 && (free == nil || $1) }
    }

    var taskCount: Int { totals.weights.count }
    var shrunk: ShrunkCoefficients { expansion.shrunk }
    /// The sum of the weights of each task's rows, in the user's units.
    var weightSums: [Double] { totals.weights.map { $0 / problem.weightScale } }

    /// `f_j` of every task.
    ///
    /// - Parameter coefficients: `taskCount x coefficients`, or those of one task for all, on the user's scale.
    func values(at coefficients: [Double]) throws(ComputeError) -> [Double] {
        var values: [Double] = []
        for shard in shards {
            let place = try upload(coefficients, of: shard.tasks)
            let sums = try backend.makeVectors(taskCount: shard.tasks.count, width: 1)
            try evaluate(shard.source(of: B.Scalar.self), at: place, values: sums, gradients: nil)
            values += try backend.download(sums)
        }
        return zip(values, totals.weights).map { $1 > 0 ? $0 / $1 : 0 }
    }

    /// Calls `body` with each shard's tasks and the derivatives of their losses.
    ///
    /// - Parameter wantsBounds: whether bounds of the curvature are wanted too.
    func forEachShard(
        at coefficients: [Double], wantsBounds: Bool,
        _ body: (Range<Int>, LossDerivatives) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        for shard in shards {
            let place = try upload(coefficients, of: shard.tasks)
            try body(
                shard.tasks,
                derivatives(
                    shard.source(of: B.Scalar.self), at: place, means: Array(totals.weights[shard.tasks]),
                    wantsBounds: wantsBounds))
        }
    }

    /// Calls `body` with each block of rows and the chunk that it is in.
    func forEachRowBlock(
        _ source: some TaskSource<B.Scalar>, _ body: (RowChunk<B.Scalar>, RowBlock) -> Void
    ) throws(ComputeError) {
        try backend.forEachChunk(of: source, progress: progress) { rows in
            for block in rows.chunk.range.blocks { body(rows.chunk, block) }
        }
    }

    /// The coefficients on scaled columns.
    func scaled(_ coefficients: [Double]) -> [Double] { problem.scaling.scaled(coefficients) }

    /// Arrays as large as the moments that a shard needs: a Gram for each pair of columns, what is made of them, and room.
    private var shards: ShardSequence<P> {
        let pairs = triangleCount(loss.columnCount)
        return problem.shards(for: backend, arrayCount: 4 * pairs + 4, passes: .several)
    }

    private func upload(_ coefficients: [Double], of tasks: Range<Int>) throws(ComputeError) -> Vectors<B.Buffer> {
        let size = shrunk.coefficientCount
        let serveAll = coefficients.count == size && taskCount != 1
        let place = try backend.makeVectors(
            taskCount: serveAll ? 1 : tasks.count, columnCount: loss.columnCount, width: problem.featureCount)
        let own = serveAll ? coefficients[...] : coefficients[tasks.lowerBound * size..<tasks.upperBound * size]
        // A task without coefficients takes no part, and no part of the pass may see NaN.
        try backend.upload(scaled(own.map { $0.isFinite ? $0 : 0 }), into: place)
        return place
    }

    private func evaluate(
        _ source: some TaskSource<B.Scalar>, at place: Vectors<B.Buffer>, values: Vectors<B.Buffer>?,
        gradients: Vectors<B.Buffer>?
    ) throws(ComputeError) {
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            try backend.evaluate(loss, over: rows, at: place, values: values, gradients: gradients)
        }
    }

    private func derivatives(
        _ source: some TaskSource<B.Scalar>, at place: Vectors<B.Buffer>, means weights: [Double], wantsBounds: Bool
    ) throws(ComputeError) -> LossDerivatives {
        let (taskCount, featureCount) = (weights.count, problem.featureCount)
        let values = try backend.makeVectors(taskCount: taskCount, width: 1)
        let gradients = try backend.makeVectors(
            taskCount: taskCount, columnCount: loss.columnCount, width: featureCount)
        let pairs = (0..<loss.columnCount).flatMap { a in (0...a).map { (a, $0) } }
        var curvatures: [Moments<B.Buffer>] = []
        for _ in pairs { curvatures.append(try backend.makeMoments(taskCount: taskCount, featureCount: featureCount)) }
        let bounds = wantsBounds ? try backend.makeMoments(taskCount: taskCount, featureCount: featureCount) : nil
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            try backend.evaluate(loss, over: rows, at: place, values: values, gradients: gradients)
            for (pair, moments) in zip(pairs, curvatures) {
                try backend.accumulate(
                    rows, rowWeights: backend.curvatureWeights(loss, of: rows, at: place, classes: pair), into: moments)
            }
            if let bounds { try backend.accumulate(rows, rowWeights: nil, into: bounds) }
        }
        let size = triangleCount(featureCount)
        let scales = weights.map { $0 > 0 ? 1 / $0 : 0 }
        var second = Array(repeating: 0.0, count: taskCount * pairs.count * size)
        for (place, moments) in curvatures.enumerated() {
            second.place(
                try backend.download(moments.gram.triangles), at: place, of: pairs.count, width: size,
                scales: scales)
        }
        var bound: [Double] = []
        if let bounds {
            bound = Array(repeating: 0, count: taskCount * size)
            bound.place(try backend.download(bounds.gram.triangles), at: 0, of: 1, width: size, scales: scales)
        }
        return LossDerivatives(
            values: zip(try backend.download(values), scales).map { $0 * $1 },
            gradients: try backend.download(gradients).scaled(by: scales), curvatures: second, bounds: bound)
    }
}

extension Array where Element == Double {
    /// Writes a run of values a task, times the task's scale, to one of several places for such runs.
    fileprivate mutating func place(_ values: [Double], at place: Int, of count: Int, width: Int, scales: [Double]) {
        for (task, scale) in scales.enumerated() {
            let start = (task &* count &+ place) &* width
            for entry in 0..<width { self[start &+ entry] = values[task &* width &+ entry] * scale }
        }
    }

    /// Runs of values, one a scale, times it.
    fileprivate func scaled(by scales: [Double]) -> [Double] {
        let width = scales.isEmpty ? 0 : count / scales.count
        var result = self
        for (task, scale) in scales.enumerated() {
            for entry in task &* width..<(task &+ 1) &* width { result[entry] *= scale }
        }
        return result
    }
}
