public import Compute

extension OpenCLBackend {
    /// Moments and factors are made for the chunk's tasks alone, and their memory serves the next chunk again.
    public func leastSquares(
        _ rows: DeviceRows<Scalar>, tolerance: Scalar, into coefficients: Vectors<Buffer>, diagnosis: Vectors<Buffer>
    ) throws(ComputeError) {
        let chunk = rows.chunk
        precondition(chunk.range.foldCount == 1, "rows in no folds")
        precondition(
            coefficients.width == chunk.featureCount && coefficients.columnCount == chunk.responseCount,
            "one coefficient a feature and response")
        precondition(diagnosis.valuesPerTask == 2, "a code and a condition a task")
        guard let tasks = rows.part.tasks else {
            preconditionFailure("least squares needs chunks of whole packs of tasks")
        }
        if tasks.isEmpty { return }
        let moments = try makeMoments(
            taskCount: tasks.count, featureCount: chunk.featureCount, responseCount: chunk.responseCount)
        try accumulate(rows, rowWeights: nil, into: FoldMoments(ofOneFold: moments), firstTask: tasks.lowerBound)
        let factor = Factor(
            lower: try makeMatrices(taskCount: tasks.count, order: chunk.featureCount),
            diagnosis: slice(diagnosis, tasks))
        try self.factor(moments.gram, tolerance: tolerance, into: factor)
        for response in 0..<chunk.responseCount {
            try solve(
                factor, moments.cross(of: response), into: slice(coefficients, tasks).column(response))
        }
    }

    /// The vectors of some tasks, which begin a pack.
    private func slice(_ vectors: Vectors<Buffer>, _ tasks: Range<Int>) -> Vectors<Buffer> {
        let entries = vectors.entries.skipping(tasks.lowerBound / lanes * vectors.entries.entriesPerPack)
        return Vectors(
            taskCount: tasks.count, columnCount: vectors.columnCount, width: vectors.width, entries: entries)
    }
}
