/// The rows of a problem, grouped by task, as a rewindable sequence of chunks.
///
/// A pass over the rows asks for the chunks of `layout` one after another; a later pass asks for them again and must
/// get the same values.
public protocol TaskSource<Scalar>: Sendable {
    associatedtype Scalar: LaneScalar

    /// Which rows belong to which task.
    var layout: TaskLayout { get }
    /// The number of columns of each task's design matrix.
    var featureCount: Int { get }
    /// The number of responses of each row, 1 by default.
    var responseCount: Int { get }
    /// Whether rows carry weights.
    var isWeighted: Bool { get }

    /// The rows where they lie already, for passes that need no copy of them; nil, by default, where they have to be made.
    func lend(_ rows: Range<Int>) -> LentRows<Scalar>?

    /// Writes the rows `chunk.range.rows` into `chunk.values`, and their weights into `chunk.weights` if there are any.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the rows cannot be read.
    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError)
}

extension TaskSource {
    public var responseCount: Int { 1 }
    public func lend(_ rows: Range<Int>) -> LentRows<Scalar>? { nil }
    /// Whether rows lie in memory already.
    package var lendsRows: Bool { lend(0..<0) != nil }
    /// The number of values in a row: features, then responses.
    public var rowWidth: Int { featureCount + responseCount }
}

/// Rows of a source in memory that stays as it is.
public struct LentRows<Scalar: LaneScalar> {
    /// Row-major, as a chunk's. 64 bytes past the last of them may be read.
    let values: UnsafeMutablePointer<Scalar>
    let weights: UnsafeMutablePointer<Scalar>?
    /// Whose memory it is.
    let owners: [RowMemory<Scalar>]
}

/// Rows that are already in memory, row-major, features first and the responses last.
public struct RowArrays<Scalar: LaneScalar>: TaskSource {
    public let layout: TaskLayout
    public let featureCount: Int
    public let responseCount: Int
    private let valueMemory: RowMemory<Scalar>
    private let weightMemory: RowMemory<Scalar>?

    /// Rows grouped by task as `layout` says.
    ///
    /// - Parameters:
    ///   - values: `rowCount x (featureCount + responseCount)` of them; they are copied.
    ///   - weights: one a row, or nil.
    public init(
        layout: TaskLayout, featureCount: Int, responseCount: Int = 1, values: [Scalar], weights: [Scalar]? = nil
    ) {
        precondition(
            values.count == layout.rowCount * (featureCount + responseCount), "values are rowCount x row width")
        precondition(weights.map { $0.count == layout.rowCount } ?? true, "weights are one a row")
        self.layout = layout
        self.featureCount = featureCount
        self.responseCount = responseCount
        valueMemory = RowMemory(values)
        weightMemory = weights.map { RowMemory($0) }
    }

    public var isWeighted: Bool { weightMemory != nil }
    /// A copy of the `rowCount x (featureCount + responseCount)` values.
    public var values: [Scalar] { valueMemory.values(count: layout.rowCount * rowWidth) }
    /// A copy of the weights, one a row, or nil.
    public var weights: [Scalar]? { weightMemory?.values(count: layout.rowCount) }

    public func lend(_ rows: Range<Int>) -> LentRows<Scalar>? {
        LentRows(
            values: valueMemory.base + rows.lowerBound * rowWidth,
            weights: weightMemory.map { $0.base + rows.lowerBound },
            owners: [valueMemory] + (weightMemory.map { [$0] } ?? []))
    }

    public func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        let rows = chunk.range.rows
        chunk.values.update(from: valueMemory.base + rows.lowerBound * chunk.width, count: rows.count * chunk.width)
        if let weightMemory, let destination = chunk.weights {
            destination.update(from: weightMemory.base + rows.lowerBound, count: rows.count)
        }
    }
}
