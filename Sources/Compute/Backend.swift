/// The operations that every estimator is written against: few verbs on opaque device memory.
///
/// Operations enqueue and return; `download` and `synchronize` block until all before them is done. Shapes travel with
/// the arrays; how a backend lays them out is its own business. Memory is zero when made.
///
/// The same input gives the same bits on one backend, however rows are cut into chunks and however many threads or
/// devices work on them. Two backends agree to rounding.
public protocol Backend<Scalar>: AnyObject {
    associatedtype Scalar: LaneScalar
    /// Device memory for scalars.
    associatedtype Buffer
    /// The rows of one chunk on the device, or on their way there.
    associatedtype Rows: StagedRows<Scalar>

    /// The device's name, as output files record it.
    var name: String { get }
    /// The number of rows a pass should bring through at a time, for rows of this many features.
    func preferredChunkRows(featureCount: Int) -> Int

    // MARK: Memory

    /// Memory for `count` entries a task, all zero.
    func makeEntries(taskCount: Int, count: Int) throws(ComputeError) -> PackedEntries<Buffer>
    /// Copies `values`, ordered by task, column and position, to the device, rounded to its scalar.
    ///
    /// Values on the host are always in double: what estimators do with them is concrete code.
    func upload(_ values: [Double], into vectors: Vectors<Buffer>) throws(ComputeError)
    /// Returns the values ordered by task, column and position.
    func download(_ vectors: Vectors<Buffer>) throws(ComputeError) -> [Double]
    func synchronize() throws(ComputeError)

    // MARK: Passes over rows

    /// Reads the rows of `range` from `source` and sends them to the device.
    ///
    /// The rows' host memory is reused: at most two staged chunks may be in use at a time.
    func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> Rows

    /// Adds `sum over rows of w z z'` with `z = (x, y)` to the moments of each row's task.
    ///
    /// - Parameter rowWeights: weights to use in place of the rows' own, as `squaredScores` writes them.
    func accumulate(_ rows: Rows, rowWeights: Buffer?, into moments: Moments<Buffer>) throws(ComputeError)

    /// Returns `r_i = y_i - x_i' beta` of each row of the chunk. Coefficients of one task serve all tasks. Blocks, as
    /// `download` does.
    func residuals(of rows: Rows, at coefficients: Vectors<Buffer>) throws(ComputeError) -> [Double]

    /// Returns the row weights `(w_i r_i)^2 / (1 - h_i)^e` whose Gram is the middle of a robust variance.
    ///
    /// `h_i = w_i x_i' G^-1 x_i` is the row's leverage and `e` the correction's exponent. A row whose leverage is 1 to
    /// rounding gets the weight NaN. Coefficients and a factor of one task serve all tasks.
    func squaredScores(
        of rows: Rows, at coefficients: Vectors<Buffer>, factor: Factor<Buffer>, correction: LeverageCorrection
    ) throws(ComputeError) -> Buffer

    // MARK: One small problem a task

    /// Factors each matrix as `L L'`.
    ///
    /// Feature `k` is found collinear when what the features before it leave of its diagonal is at most `tolerance`
    /// times that diagonal, which is `1 - R^2` of its regression on them; or `tolerance / 64` times the largest factor
    /// by which a feature before it shrank, since rounding grew by that factor. `L` then is of no use, but is finite.
    func factor(_ matrices: Matrices<Buffer>, tolerance: Scalar, into factor: Factor<Buffer>) throws(ComputeError)

    /// Solves `L L' x = b` for every column of every task. Output may be the input.
    func solve(_ factor: Factor<Buffer>, _ rightSides: Vectors<Buffer>, into solutions: Vectors<Buffer>)
        throws(ComputeError)

    /// Writes `c_k' G^-1 c_k` for each task and each row `c_k` of `contrasts`, which is one task of `order` columns.
    ///
    /// With the identity for contrasts these are the diagonal of the inverse.
    func inverseDiagonals(of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>)
        throws(ComputeError)

    /// Writes `c_k' G^-1 S G^-1 c_k` for each task and each row `c_k` of `contrasts`, as `inverseDiagonals` does.
    func sandwichDiagonals(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>) throws(ComputeError)

    // MARK: Across tasks

    /// Writes `sum over tasks of w_j v_j` into the one task of `sum`. A task of weight 0 is left out whatever it holds.
    func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)
}

/// Rows on a device, with the host's copy of them.
public protocol StagedRows<Scalar> {
    associatedtype Scalar: LaneScalar
    /// The host's copy, valid until its memory is reused by the second `stage` after the one that made it.
    var chunk: RowChunk<Scalar> { get }
}

/// How robust variances correct squared residuals for leverage.
public enum LeverageCorrection: Int, Sendable {
    /// None: HC0, HC1 and clusters.
    case none = 0
    /// Division by `1 - h`: HC2.
    case single = 1
    /// Division by `(1 - h)^2`: HC3.
    case squared = 2
}

extension Backend {
    /// Vectors of zeros.
    public func makeVectors(
        taskCount: Int, columnCount: Int = 1, width: Int
    ) throws(ComputeError) -> Vectors<Buffer> {
        Vectors(
            taskCount: taskCount, columnCount: columnCount, width: width,
            entries: try makeEntries(taskCount: taskCount, count: columnCount * width))
    }

    /// Matrices of zeros.
    public func makeMatrices(taskCount: Int, order: Int) throws(ComputeError) -> Matrices<Buffer> {
        Matrices(
            taskCount: taskCount, order: order,
            entries: try makeEntries(taskCount: taskCount, count: triangleCount(order)))
    }

    /// Moments of no rows.
    public func makeMoments(taskCount: Int, featureCount: Int) throws(ComputeError) -> Moments<Buffer> {
        Moments(joint: try makeMatrices(taskCount: taskCount, order: featureCount + 1))
    }

    /// A factor of nothing yet.
    public func makeFactor(taskCount: Int, order: Int) throws(ComputeError) -> Factor<Buffer> {
        Factor(
            lower: try makeMatrices(taskCount: taskCount, order: order),
            diagnosis: try makeVectors(taskCount: taskCount, width: 2))
    }

    /// Brings every chunk of `source` to the device in order and calls `body` with it.
    ///
    /// - Parameter chunkRows: at most so many rows at a time; by default what the backend prefers.
    public func forEachChunk<Source: TaskSource<Scalar>>(
        of source: Source, chunkRows: Int? = nil, progress: PassProgress? = nil,
        _ body: (Rows) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let capacity = chunkRows ?? preferredChunkRows(featureCount: source.featureCount)
        for range in source.layout.chunks(ofAtMost: capacity) {
            try body(try stage(range, of: source))
            try progress?.advance(rows: range.rowCount)
        }
    }
}

/// What a pass over rows tells while it runs, and how it is stopped.
public struct PassProgress: Sendable {
    private let report: @Sendable (Int) -> Bool

    /// - Parameter report: called with the number of rows brought through since the last call; returns false to stop.
    public init(_ report: @escaping @Sendable (Int) -> Bool) { self.report = report }

    /// - Throws: ``ComputeError/interrupted`` when the run is to stop.
    public func advance(rows: Int) throws(ComputeError) {
        if !report(rows) { throw .interrupted }
    }
}
