import Compute

/// A loss in sums over rows, with its first and second derivatives in the coefficients of scaled columns, on the device.
struct DerivativeSums<Buffer> {
    /// One a task.
    let values: Vectors<Buffer>
    let gradients: Vectors<Buffer>
    /// The Gram part is the curvature.
    let curvatures: Moments<Buffer>
}

extension Backend {
    /// The sums of a loss of one column over the rows of each of a source's tasks.
    ///
    /// - Parameter place: the coefficients; those of one task serve all.
    func derivativeSums(
        _ loss: Loss, over source: some TaskSource<Scalar>, at place: Vectors<Buffer>, progress: PassProgress?
    ) throws(ComputeError) -> DerivativeSums<Buffer> {
        let taskCount = source.layout.taskCount
        let sums = DerivativeSums(
            values: try makeVectors(taskCount: taskCount, width: 1),
            gradients: try makeVectors(taskCount: taskCount, width: place.width),
            curvatures: try makeMoments(taskCount: taskCount, featureCount: place.width))
        try forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            try evaluate(loss, over: rows, at: place, values: sums.values, gradients: sums.gradients)
            let weights = try curvatureWeights(loss, of: rows, at: place, classes: (0, 0))
            try accumulate(rows, rowWeights: weights, into: sums.curvatures)
        }
        return sums
    }

    /// The sums over the rows of each of some tasks of a problem.
    ///
    /// - Parameter tasks: ascending.
    func derivativeSums(
        _ loss: Loss, of problem: some Problem, tasks: [Int], at place: Vectors<Buffer>, progress: PassProgress?
    ) throws(ComputeError) -> DerivativeSums<Buffer> {
        let source =
            tasks.count == problem.layout.taskCount
            ? problem.source(of: Scalar.self) : TaskSubset(of: problem, tasks: tasks).source(of: Scalar.self)
        return try derivativeSums(loss, over: source, at: place, progress: progress)
    }

    /// The sums over all rows of the tasks that are included, as those of one task.
    func derivativeSums(
        _ loss: Loss, of problem: some Problem, isIncluded: [Bool], at place: Vectors<Buffer>, progress: PassProgress?
    ) throws(ComputeError) -> DerivativeSums<Buffer> {
        let sums = DerivativeSums(
            values: try makeVectors(taskCount: 1, width: 1),
            gradients: try makeVectors(taskCount: 1, width: place.width),
            curvatures: try makeMoments(taskCount: 1, featureCount: place.width))
        var totals = (
            values: [0.0], gradients: Array(repeating: 0.0, count: place.width),
            curvatures: Array(repeating: 0.0, count: triangleCount(place.width + 1))
        )
        for shard in problem.shards(for: self, arrayCount: 3, passes: .several) {
            let taking = Array(isIncluded[shard.tasks])
            let part = try derivativeSums(
                loss, over: shard.source(of: Scalar.self), at: place, progress: progress)
            totals.values = try sum(of: part.values, taking: taking, adding: totals.values)
            totals.gradients = try sum(of: part.gradients, taking: taking, adding: totals.gradients)
            totals.curvatures = try sum(
                of: part.curvatures.joint.triangles, taking: taking, adding: totals.curvatures)
        }
        try upload(totals.values, into: sums.values)
        try upload(totals.gradients, into: sums.gradients)
        try upload(totals.curvatures, into: sums.curvatures.joint.triangles)
        return sums
    }
}
