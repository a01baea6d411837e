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
    /// Whether rows carry weights.
    var isWeighted: Bool { get }

    /// Writes the rows `chunk.range.rows` into `chunk.values`, and their weights into `chunk.weights` if there are any.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the rows cannot be read.
    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError)
}

/// Rows that are already in memory, row-major, features first and the response last.
public struct RowArrays<Scalar: LaneScalar>: TaskSource {
    public let layout: TaskLayout
    public let featureCount: Int
    /// `rowCount x (featureCount + 1)` values.
    public let values: [Scalar]
    /// One weight a row, or nil.
    public let weights: [Scalar]?

    /// Rows grouped by task as `layout` says.
    public init(layout: TaskLayout, featureCount: Int, values: [Scalar], weights: [Scalar]? = nil) {
        precondition(values.count == layout.rowCount * (featureCount + 1), "values are rowCount x (featureCount + 1)")
        precondition(weights.map { $0.count == layout.rowCount } ?? true, "weights are one a row")
        self.layout = layout
        self.featureCount = featureCount
        self.values = values
        self.weights = weights
    }

    public var isWeighted: Bool { weights != nil }

    public func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        let rows = chunk.range.rows
        for (offset, row) in rows.enumerated() {
            for column in 0..<chunk.width {
                chunk.values[offset * chunk.width + column] = values[row * chunk.width + column]
            }
        }
        if let weights, let destination = chunk.weights {
            for (offset, row) in rows.enumerated() { destination[offset] = weights[row] }
        }
    }
}
