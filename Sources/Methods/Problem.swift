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

    /// The scaled rows in this scalar. Every call gives the same rows.
    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar>
}

/// Which cluster each row belongs to: codes `0 ..< clusterCount`.
public struct ClusterCodes: Sendable {
    public let clusterCount: Int
    /// Writes the codes of a range of rows.
    public let read: @Sendable (Range<Int>, UnsafeMutablePointer<UInt32>) throws(ComputeError) -> Void

    public init(
        clusterCount: Int,
        read: @escaping @Sendable (Range<Int>, UnsafeMutablePointer<UInt32>) throws(ComputeError) -> Void
    ) {
        self.clusterCount = clusterCount
        self.read = read
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
        layout = TaskLayout(sampleCounts: tasks.map { whole.layout.sampleCount(of: $0) })
    }

    var featureCount: Int { whole.featureCount }
    var isWeighted: Bool { whole.isWeighted }
    var scaling: ColumnScaling { whole.scaling }
    var sampleCounts: [Int] {
        let counts = whole.sampleCounts
        return tasks.map { counts[$0] }
    }

    var clusters: ClusterCodes? {
        guard let clusters = whole.clusters else { return nil }
        return ClusterCodes(clusterCount: clusters.clusterCount) { rows, codes throws(ComputeError) in
            for (offset, row) in rows.enumerated() {
                let wholeRow = self.wholeRow(of: row)
                try clusters.read(wholeRow..<wholeRow + 1, codes + offset)
            }
        }
    }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        SubsetSource(subset: self, rows: whole.source(of: scalar))
    }

    /// The row of the whole problem that is row `row` here.
    func wholeRow(of row: Int) -> Int {
        var low = 0
        var high = tasks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if layout.offsets[middle] <= row { low = middle } else { high = middle }
        }
        return whole.layout.offsets[tasks[low]] + row - layout.offsets[low]
    }
}

/// The rows of some tasks, fetched block by block from the source of all.
private struct SubsetSource<Scalar: LaneScalar, Whole: Problem>: TaskSource {
    let subset: TaskSubset<Whole>
    let rows: any TaskSource<Scalar>

    var layout: TaskLayout { subset.layout }
    var featureCount: Int { subset.featureCount }
    var isWeighted: Bool { subset.isWeighted }

    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        try fill(chunk, from: rows)
    }

    private func fill(_ chunk: RowChunk<Scalar>, from source: some TaskSource<Scalar>) throws(ComputeError) {
        let piece = RowChunk<Scalar>(
            capacity: TaskLayout.rowsPerBlock, featureCount: featureCount, isWeighted: isWeighted)
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
