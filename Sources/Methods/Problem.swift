public import Compute

/// Rows grouped by task with the scaling under which their moments are formed: what an estimator is given.
public protocol Problem: Sendable {
    var layout: TaskLayout { get }
    var featureCount: Int { get }
    var isWeighted: Bool { get }
    /// The shift and scale of each column that `source` has applied.
    var scaling: ColumnScaling { get }
    /// The number of observations of each task: its rows of positive weight.
    var sampleCounts: [Int] { get }
    /// The codes of the clusters that rows belong to, if variances are to be clustered.
    var clusters: ClusterCodes? { get }

    /// What the user's weights have been multiplied by in `source`.
    var weightScale: Double { get }
    /// The variance of each task's errors, on the user's scale, where it is known rather than estimated.
    var errorVariances: [Double]? { get }

    /// The moments of its tasks where they are made without rows; its rows are then never asked for, and what methods do
    /// with them is left out.
    var drawnMoments: (any DrawnMoments)? { get }

    /// The scaled rows in this scalar. Every call gives the same rows.
    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar>
}

extension Problem {
    /// Weights are as the user gave them.
    public var weightScale: Double { 1 }
    /// Variances are estimated.
    public var errorVariances: [Double]? { nil }
    /// Moments are formed of rows.
    public var drawnMoments: (any DrawnMoments)? { nil }
}

/// Which cluster each row belongs to: codes `0 ..< clusterCount`.
public struct ClusterCodes: Sendable {
    public let clusterCount: Int
    private let read: @Sendable (Range<Int>, UnsafeMutablePointer<UInt32>) throws(ComputeError) -> Void

    public init(
        clusterCount: Int,
        read: @escaping @Sendable (Range<Int>, UnsafeMutablePointer<UInt32>) throws(ComputeError) -> Void
    ) {
        self.clusterCount = clusterCount
        self.read = read
    }

    /// Writes the codes of `rows` to the start of `codes`, which has room for them.
    func read(_ rows: Range<Int>, into codes: inout [UInt32]) throws(ComputeError) {
        precondition(codes.count >= rows.count, "room for a code a row")
        var failure: ComputeError?
        codes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            do throws(ComputeError) { try read(rows, base) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Writes the codes of `rows` to memory.
    func read(_ rows: Range<Int>, into codes: UnsafeMutablePointer<UInt32>) throws(ComputeError) {
        try read(rows, codes)
    }
}

/// Some of a problem's tasks, as a problem of their own.
struct TaskSubset<Whole: Problem>: Problem {
    let whole: Whole
    /// The chosen tasks of the whole problem, ascending.
    let tasks: [Int]
    let layout: TaskLayout

    init(of whole: Whole, tasks: [Int]) {
        self.whole = whole
        self.tasks = tasks
        let layout = whole.layout
        self.layout = TaskLayout(sampleCounts: tasks.map { layout.sampleCount(of: $0) })
    }

    var featureCount: Int { whole.featureCount }
    var isWeighted: Bool { whole.isWeighted }
    var scaling: ColumnScaling { whole.scaling }
    var sampleCounts: [Int] {
        let counts = whole.sampleCounts
        return tasks.map { counts[$0] }
    }

    var weightScale: Double { whole.weightScale }
    var errorVariances: [Double]? {
        whole.errorVariances.map { variances in tasks.map { variances[$0] } }
    }

    var drawnMoments: (any DrawnMoments)? {
        whole.drawnMoments.map { drawn in SomeDrawnMoments(whole: drawn) { self.tasks[$0] } }
    }

    var clusters: ClusterCodes? {
        guard let clusters = whole.clusters else { return nil }
        return ClusterCodes(clusterCount: clusters.clusterCount) { rows, codes throws(ComputeError) in
            var row = rows.lowerBound
            while row < rows.upperBound {
                // Rows of one task lie together in the whole problem too.
                let task = self.layout.task(ofRow: row)
                let end = min(rows.upperBound, self.layout.offsets[task + 1])
                let first = self.wholeRow(of: row)
                try clusters.read(first..<first + end - row, into: codes + (row - rows.lowerBound))
                row = end
            }
        }
    }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        SubsetSource(subset: self, rows: whole.source(of: scalar))
    }

    /// The row of the whole problem that is row `row` here.
    func wholeRow(of row: Int) -> Int {
        let task = layout.task(ofRow: row)
        return whole.layout.offsets[tasks[task]] + row - layout.offsets[task]
    }
}

/// The rows of some tasks, fetched block by block from the source of all.
private struct SubsetSource<Scalar: LaneScalar, Whole: Problem>: TaskSource {
    let subset: TaskSubset<Whole>
    let rows: any TaskSource<Scalar>

    var layout: TaskLayout { subset.layout }
    var featureCount: Int { subset.featureCount }
    var responseCount: Int { rows.responseCount }
    var isWeighted: Bool { subset.isWeighted }

    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        try fill(chunk, from: rows)
    }

    private func fill(_ chunk: RowChunk<Scalar>, from source: some TaskSource<Scalar>) throws(ComputeError) {
        let piece = RowChunk<Scalar>(capacity: TaskLayout.rowsPerBlock, for: source)
        for block in chunk.range.blocks {
            let first = Int(block.firstRow)
            let count = Int(block.rowCount)
            let wholeRow = subset.wholeRow(of: chunk.range.firstRow + first)
            let wholeBlock = RowBlock(task: subset.tasks[Int(block.task)], firstRow: 0, rowCount: count)
            try piece.fill(ChunkRange(firstRow: wholeRow, rowCount: count, blocks: [wholeBlock]), from: source)
            (chunk.values + first * chunk.width).update(from: piece.values, count: count * chunk.width)
            if let weights = chunk.weights, let source = piece.weights {
                (weights + first).update(from: source, count: count)
            }
        }
    }
}
