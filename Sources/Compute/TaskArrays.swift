/// Where the values of each task lie in a backend's memory.
///
/// Tasks lie in packs of as many tasks as the backend has lanes; within a pack, an entry's lanes are adjacent. Entry
/// `e` of task `j` is at `((j / lanes) * entriesPerPack + firstEntry + e) * lanes + j % lanes`. Several arrays may be
/// views of one buffer, as the parts of ``Moments`` are.
public struct PackedEntries<Buffer> {
    package let buffer: Buffer
    package let entriesPerPack: Int
    package let firstEntry: Int

    package init(buffer: Buffer, entriesPerPack: Int, firstEntry: Int = 0) {
        self.buffer = buffer
        self.entriesPerPack = entriesPerPack
        self.firstEntry = firstEntry
    }

    package func skipping(_ entries: Int) -> PackedEntries {
        PackedEntries(buffer: buffer, entriesPerPack: entriesPerPack, firstEntry: firstEntry + entries)
    }
}

/// For each task, `columnCount` vectors of `width` values on a device.
///
/// Columns are problems that share the task's matrix. Values uploaded and downloaded are ordered by task, then column,
/// then position.
public struct Vectors<Buffer> {
    public let taskCount: Int
    public let columnCount: Int
    public let width: Int
    package let entries: PackedEntries<Buffer>

    package init(taskCount: Int, columnCount: Int = 1, width: Int, entries: PackedEntries<Buffer>) {
        self.taskCount = taskCount
        self.columnCount = columnCount
        self.width = width
        self.entries = entries
    }

    /// The number of values of one task.
    public var valuesPerTask: Int { columnCount * width }

    /// One of each task's vectors.
    public func column(_ index: Int) -> Vectors {
        precondition((0..<columnCount).contains(index), "one of the columns")
        return Vectors(taskCount: taskCount, width: width, entries: entries.skipping(index * width))
    }
}

/// For each task, one symmetric or lower-triangular matrix of `order` on a device: its lower triangle, row by row.
public struct Matrices<Buffer> {
    public let taskCount: Int
    public let order: Int
    package let entries: PackedEntries<Buffer>

    package init(taskCount: Int, order: Int, entries: PackedEntries<Buffer>) {
        self.taskCount = taskCount
        self.order = order
        self.entries = entries
    }

    /// The same values as vectors: each task's lower triangle, row by row.
    public var triangles: Vectors<Buffer> {
        Vectors(taskCount: taskCount, width: triangleCount(order), entries: entries)
    }

    /// One entry of each task's matrix. A symmetric matrix has its entries above the diagonal below it.
    public func entry(_ row: Int, _ column: Int) -> Vectors<Buffer> {
        precondition((0..<order).contains(row) && (0..<order).contains(column), "an entry of the matrix")
        return Vectors(
            taskCount: taskCount, width: 1,
            entries: entries.skipping(triangleCount(max(row, column)) + min(row, column)))
    }
}

/// The number of entries on and below the diagonal of a matrix of this order.
@inlinable
public func triangleCount(_ order: Int) -> Int { order * (order + 1) / 2 }

/// For each task, all that squared loss needs of its rows: the Gram matrix of features and responses together.
///
/// With `z = (x, y_1 ... y_q)` it is `sum of w z z'`, whose lower triangle row by row is the Gram `X'WX`, then for each
/// response `c` the products `X'Wy_c` and `y_1'Wy_c ... y_c'Wy_c`. The parts are views of one buffer.
public struct Moments<Buffer> {
    /// The Gram of `(x, y_1 ... y_q)`, of order `featureCount + responseCount`.
    public let joint: Matrices<Buffer>
    public let responseCount: Int

    package init(joint: Matrices<Buffer>, responseCount: Int = 1) {
        self.joint = joint
        self.responseCount = responseCount
    }

    public var taskCount: Int { joint.taskCount }
    public var featureCount: Int { joint.order - responseCount }

    /// `X'WX` of each task.
    public var gram: Matrices<Buffer> {
        Matrices(taskCount: taskCount, order: featureCount, entries: joint.entries)
    }

    /// `X'Wy` of each task, of its first response.
    public var cross: Vectors<Buffer> { cross(of: 0) }

    /// `y'Wy` of each task, of its first response.
    public var squares: Vectors<Buffer> { squares(of: 0) }

    /// `X'Wy_c` of each task for one response `c`.
    public func cross(of response: Int) -> Vectors<Buffer> {
        Vectors(taskCount: taskCount, width: featureCount, entries: row(of: response))
    }

    /// `y_c'Wy_c` of each task for one response `c`.
    public func squares(of response: Int) -> Vectors<Buffer> {
        Vectors(taskCount: taskCount, width: 1, entries: row(of: response).skipping(featureCount + response))
    }

    /// The row of the joint Gram that is a response's.
    private func row(of response: Int) -> PackedEntries<Buffer> {
        precondition((0..<responseCount).contains(response), "one of the responses")
        return joint.entries.skipping(triangleCount(featureCount + response))
    }
}

/// For each task, the moments of its rows in each of several folds.
///
/// The moments of one fold are a view, like any other; those of the rows outside of a fold are the total less the
/// fold's.
public struct FoldMoments<Buffer> {
    public let foldCount: Int
    /// Of fold 0; those of the other folds follow.
    package let joint: Matrices<Buffer>
    public let responseCount: Int

    package init(foldCount: Int, joint: Matrices<Buffer>, responseCount: Int) {
        self.foldCount = foldCount
        self.joint = joint
        self.responseCount = responseCount
    }

    /// All rows in one fold.
    package init(ofOneFold moments: Moments<Buffer>) {
        self.init(foldCount: 1, joint: moments.joint, responseCount: moments.responseCount)
    }

    public var taskCount: Int { joint.taskCount }
    public var featureCount: Int { joint.order - responseCount }

    /// The moments of the rows in one fold.
    public subscript(fold: Int) -> Moments<Buffer> {
        precondition((0..<foldCount).contains(fold), "one of the folds")
        let entries = joint.entries.skipping(fold * triangleCount(joint.order))
        return Moments(
            joint: Matrices(taskCount: taskCount, order: joint.order, entries: entries), responseCount: responseCount)
    }

    /// The same values as vectors: one column a fold, each a lower triangle, row by row.
    public var triangles: Vectors<Buffer> {
        Vectors(
            taskCount: taskCount, columnCount: foldCount, width: triangleCount(joint.order), entries: joint.entries)
    }
}

/// For each task, the Cholesky factor `L` of a matrix `G = L L'`, and what was found while factoring.
public struct Factor<Buffer> {
    /// `L`, with the reciprocals of its diagonal on its diagonal.
    package let lower: Matrices<Buffer>
    /// Two values a task: a code (0 solvable, `k + 1` when feature `k` depends on those before it, -1 when an entry is
    /// not finite, whatever else was found), and an estimate of the condition number of `G`.
    package let diagnosis: Vectors<Buffer>

    package init(lower: Matrices<Buffer>, diagnosis: Vectors<Buffer>) {
        self.lower = lower
        self.diagnosis = diagnosis
    }

    public var taskCount: Int { lower.taskCount }
    public var order: Int { lower.order }
}
