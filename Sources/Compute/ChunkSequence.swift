/// At most ``TaskLayout/rowsPerBlock`` consecutive rows of one task within a chunk.
public struct RowBlock: Sendable, Equatable {
    public let task: Int32
    /// The block's first row, counted from the first row of the chunk.
    public let firstRow: Int32
    public let rowCount: Int32

    public init(task: Int, firstRow: Int, rowCount: Int) {
        self.task = Int32(task)
        self.firstRow = Int32(firstRow)
        self.rowCount = Int32(rowCount)
    }
}

/// The rows of one chunk: where they begin in the whole problem, and the blocks that make them up.
public struct ChunkRange: Sendable, Equatable {
    public let firstRow: Int
    public let rowCount: Int
    /// The blocks in ascending order of rows, and so of tasks.
    public let blocks: [RowBlock]

    public init(firstRow: Int, rowCount: Int, blocks: [RowBlock]) {
        self.firstRow = firstRow
        self.rowCount = rowCount
        self.blocks = blocks
    }

    /// Rows of the whole problem.
    public var rows: Range<Int> { firstRow..<firstRow + rowCount }
}

/// Walks over all rows of a layout, one chunk of whole row blocks at a time.
public struct ChunkSequence: Sequence, IteratorProtocol, Sendable {
    private let layout: TaskLayout
    private let capacity: Int
    private var task = 0
    private var row = 0

    init(layout: TaskLayout, capacity: Int) {
        self.layout = layout
        self.capacity = Swift.max(capacity, TaskLayout.rowsPerBlock)
    }

    public mutating func next() -> ChunkRange? {
        let firstRow = row
        var blocks: [RowBlock] = []
        while task < layout.taskCount {
            let end = layout.offsets[task + 1]
            while row < end {
                let count = Swift.min(TaskLayout.rowsPerBlock, end - row)
                let rowsBefore = row - firstRow
                if rowsBefore + count > capacity {
                    return ChunkRange(firstRow: firstRow, rowCount: rowsBefore, blocks: blocks)
                }
                blocks.append(RowBlock(task: task, firstRow: rowsBefore, rowCount: count))
                row += count
            }
            task += 1
        }
        return row > firstRow ? ChunkRange(firstRow: firstRow, rowCount: row - firstRow, blocks: blocks) : nil
    }
}
