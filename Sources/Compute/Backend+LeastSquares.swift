extension Backend {
    /// Least squares of every task in one pass over the rows: the coefficients that moments, `factor` and `solve` give,
    /// to the bit, without an array of moments.
    ///
    /// Where a chunk has no more than a few packs of tasks, moments are cheap beside the rows and are made after all.
    ///
    /// - Parameters:
    ///   - tolerance: as `factor` takes it.
    ///   - coefficients: a column a response.
    ///   - diagnosis: the two values a task of ``Factor``'s.
    public func leastSquares(
        of source: some TaskSource<Scalar>, tolerance: Scalar, chunkRows: Int? = nil, progress: PassProgress? = nil,
        into coefficients: Vectors<Buffer>, diagnosis: Vectors<Buffer>
    ) throws(ComputeError) {
        let capacity = chunkRows ?? preferredChunkRows(of: source)
        if source.layout.largestPack(of: packSize) <= capacity / leastPacksPerChunk {
            return try forEachChunk(of: source, wholePacks: true, chunkRows: chunkRows, progress: progress) {
                rows throws(ComputeError) in
                try leastSquares(rows, tolerance: tolerance, into: coefficients, diagnosis: diagnosis)
            }
        }
        let moments = try makeMoments(
            taskCount: source.layout.taskCount, featureCount: source.featureCount,
            responseCount: source.responseCount)
        try forEachChunk(of: source, chunkRows: chunkRows, progress: progress) { rows throws(ComputeError) in
            try accumulate(rows, rowWeights: nil, into: moments)
        }
        let lower = try makeMatrices(taskCount: moments.taskCount, order: moments.featureCount)
        let factor = Factor(lower: lower, diagnosis: diagnosis)
        try self.factor(moments.gram, tolerance: tolerance, into: factor)
        for response in 0..<source.responseCount {
            try solve(factor, moments.cross(of: response), into: coefficients.column(response))
        }
    }
}

/// Fewer packs at a time would leave threads without work.
private let leastPacksPerChunk = 4

extension TaskLayout {
    /// The largest number of rows that a pack of so many tasks has.
    fileprivate func largestPack(of packSize: Int) -> Int {
        stride(from: 0, to: taskCount, by: packSize).reduce(0) { largest, task in
            max(largest, offsets[min(task + packSize, taskCount)] - offsets[task])
        }
    }
}
