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

    /// Writes the rows `chunk.range.rows` into `chunk.values`, and their weights into `chunk.weights` if there are any.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the rows cannot be read.
    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError)
}

extension TaskSource {
    public var responseCount: Int { 1 }
    /// The number of values in a row: features, then responses.
    public var rowWidth: Int { featureCount + responseCount }
}

/// Rows that are already in memory, row-major, features first and the responses last.
public struct RowArrays<Scalar: LaneScalar>: TaskSource {
    public let layout: TaskLayout
    public let featureCount: Int
    public let responseCount: Int
    /// `rowCount x (featureCount + responseCount)` values.
    public let values: [Scalar]
    /// One weight a row, or nil.
    public let weights: [Scalar]?

    /// Rows grouped by task as `layout` says.
    public init(
        layout: TaskLayout, featureCount: Int, responseCount: Int = 1, values: [Scalar], weights: [Scalar]? = nil
    ) {
        precondition(
            values.count == layout.rowCount * (featureCount + responseCount), "values are rowCount x row width")
        precondition(weights.map { $0.count == layout.rowCount } ?? true, "weights are one a row")
        self.layout = layout
        self.featureCount = featureCount
        self.responseCount = responseCount
        self.values = values
        self.weights = weights
    }

    public var isWeighted: Bool { weights != nil }

    public func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        let rows = chunk.range.rows
        Self.copy(values, from: rows.lowerBound * chunk.width, count: rows.count * chunk.width, to: chunk.values)
        if let weights, let destination = chunk.weights {
            Self.copy(weights, from: rows.lowerBound, count: rows.count, to: destination)
        }
    }

    private static func copy(
        _ values: [Scalar], from first: Int, count: Int, to memory: UnsafeMutablePointer<Scalar>
    ) {
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memory.update(from: base + first, count: count) }
        }
    }
}
