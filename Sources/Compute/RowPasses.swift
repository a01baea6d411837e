/// Passes over rows.
public protocol RowPasses<Scalar>: BackendMemory {
    /// The rows of one chunk on the device, or on their way there.
    associatedtype Rows: StagedRows<Scalar>

    /// The number of rows that a pass should bring through at a time.
    ///
    /// - Parameters:
    ///   - rowWidth: values in a row.
    ///   - isLent: whether rows stay where they are.
    func preferredChunkRows(rowWidth: Int, isLent: Bool) -> Int

    /// Reads the rows of `range` from `source` and sends them to the device.
    ///
    /// The rows' host memory is reused: at most two staged chunks may be in use at a time.
    func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> Rows

    /// Adds `sum over rows of w z z'` with `z = (x, y_1 ... y_q)` to the moments of each row's task and fold.
    ///
    /// - Parameters:
    ///   - rowWeights: weights to use in place of the rows' own, as `squaredScores` writes them.
    ///   - moments: of as many folds as the rows were brought in.
    func accumulate(_ rows: Rows, rowWeights: Buffer?, into moments: FoldMoments<Buffer>) throws(ComputeError)

    /// Writes the least-squares coefficients of the chunk's tasks and the diagnosis of their factors, where nothing else
    /// is wanted: the bits of `accumulate`, `factor` and `solve`, without an array of moments.
    ///
    /// - Parameters:
    ///   - rows: in whole packs of tasks, as `forEachChunk` brings them when it is asked for those.
    ///   - tolerance: as `factor` takes it.
    ///   - coefficients: of all tasks, a column a response; those of the chunk's are written.
    ///   - diagnosis: the two values a task of ``Factor``'s, likewise.
    func leastSquares(
        _ rows: Rows, tolerance: Scalar, into coefficients: Vectors<Buffer>, diagnosis: Vectors<Buffer>
    ) throws(ComputeError)

    /// Returns `r_i = y_i - x_i' beta` of each row of the chunk, which has one response. Coefficients of one task serve all tasks. Blocks, as
    /// `download` does.
    func residuals(of rows: Rows, at coefficients: Vectors<Buffer>) throws(ComputeError) -> [Double]

    /// Returns the row weights `(w_i r_i)^2 / (1 - h_i)^e` whose Gram is the middle of a robust variance.
    ///
    /// `h_i = w_i x_i' G^-1 x_i` is the row's leverage and `e` the correction's exponent. A row whose leverage is 1 to
    /// rounding gets the weight NaN. Rows have one response. Coefficients and a factor of one task serve all tasks.
    func squaredScores(
        of rows: Rows, at coefficients: Vectors<Buffer>, factor: Factor<Buffer>, correction: LeverageCorrection
    ) throws(ComputeError) -> Buffer
}

/// Rows on a device, with the host's copy of them.
public protocol StagedRows<Scalar> {
    associatedtype Scalar: LaneScalar
    /// The host's copy, valid until its memory is reused by the second `stage` after the one that made it.
    var chunk: RowChunk<Scalar> { get }
}

extension RowPasses {
    /// Adds `sum over rows of w z z'` to the moments of each row's task, for rows that are in no folds.
    public func accumulate(_ rows: Rows, rowWeights: Buffer?, into moments: Moments<Buffer>) throws(ComputeError) {
        try accumulate(rows, rowWeights: rowWeights, into: FoldMoments(ofOneFold: moments))
    }

    /// The number of rows of a source that a pass should bring through at a time.
    package func preferredChunkRows(of source: some TaskSource<Scalar>, folds: RowFolds? = nil) -> Int {
        preferredChunkRows(rowWidth: source.rowWidth, isLent: folds == nil && source.lendsRows)
    }

    /// Brings every chunk of `source` to the device in order and calls `body` with it.
    ///
    /// - Parameters:
    ///   - folds: which fold each row is in; the rows of a chunk then are in the order of ``ChunkRange/order``.
    ///   - wholePacks: whether every chunk has all rows of whole packs of tasks; it may then be larger than asked for.
    ///   - chunkRows: at most so many rows at a time; by default what the backend prefers.
    public func forEachChunk<Source: TaskSource<Scalar>>(
        of source: Source, folds: RowFolds? = nil, wholePacks: Bool = false, chunkRows: Int? = nil,
        progress: PassProgress? = nil, _ body: (Rows) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let capacity = chunkRows ?? preferredChunkRows(of: source, folds: folds)
        let packSize = wholePacks ? packSize : nil
        for range in source.layout.chunks(ofAtMost: capacity, folds: folds, packSize: packSize, parallel: parallel) {
            try body(try stage(range, of: source))
            try progress?.advance(rows: range.rowCount)
        }
    }
}
