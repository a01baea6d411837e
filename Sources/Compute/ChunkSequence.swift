/// At most ``TaskLayout/rowsPerBlock`` consecutive rows of one task and fold within a chunk.
public struct RowBlock: Sendable, Equatable {
    public let task: Int32
    /// The block's first row, counted from the first row of the chunk.
    public let firstRow: Int32
    public let rowCount: Int32
    /// The fold that the rows are in, 0 where rows are in no folds.
    public let fold: Int32

    public init(task: Int, firstRow: Int, rowCount: Int, fold: Int = 0) {
        self.task = Int32(task)
        self.firstRow = Int32(firstRow)
        self.rowCount = Int32(rowCount)
        self.fold = Int32(fold)
    }
}

/// The rows of one chunk: where they begin in the whole problem, and the blocks that make them up.
public struct ChunkRange: Sendable, Equatable {
    public let firstRow: Int
    public let rowCount: Int
    /// The blocks in ascending order of rows, and so of tasks.
    public let blocks: [RowBlock]
    /// The number of folds that the blocks are of, 1 where rows are in no folds.
    public let foldCount: Int
    /// With several folds, rows that are 512 consecutive ones of a task in the problem lie grouped by fold in the chunk.
    /// Nil where rows keep their order.
    public let grouping: RowGrouping?
    /// The tasks that the chunk has all rows of, from the first of a pack on, where chunks are cut between packs alone.
    public let wholeTasks: Range<Int>?
    /// Whether no task and fold has more than one of the blocks.
    package let hasOneBlockASum: Bool

    public init(
        firstRow: Int, rowCount: Int, blocks: [RowBlock], foldCount: Int = 1, grouping: RowGrouping? = nil,
        wholeTasks: Range<Int>? = nil
    ) {
        self.firstRow = firstRow
        self.rowCount = rowCount
        self.blocks = blocks
        self.foldCount = foldCount
        self.grouping = grouping
        self.wholeTasks = wholeTasks
        hasOneBlockASum = zip(blocks, blocks.dropFirst()).allSatisfy { $0.task != $1.task || $0.fold < $1.fold }
    }

    /// Rows of the whole problem.
    public var rows: Range<Int> { firstRow..<firstRow + rowCount }
}

/// Walks over all rows of a layout, one chunk of whole row blocks at a time.
public struct ChunkSequence: Sequence, IteratorProtocol, Sendable {
    private let layout: TaskLayout
    private let capacity: Int
    /// The number of tasks of which a chunk has all rows or none.
    private let packSize: Int?
    private let folds: RowFolds?
    private let parallel: Parallel
    private var task = 0
    private var row = 0

    init(layout: TaskLayout, capacity: Int, folds: RowFolds?, packSize: Int?, parallel: Parallel) {
        self.layout = layout
        self.packSize = packSize
        self.capacity = Swift.max(capacity, TaskLayout.rowsPerBlock)
        self.folds = folds
        self.parallel = parallel
    }

    public mutating func next() -> ChunkRange? {
        let firstRow = row
        let firstTask = task
        let blocks = nextBlocks()
        guard row > firstRow || packSize != nil && task > firstTask else { return nil }
        let wholeTasks = packSize == nil ? nil : firstTask..<task
        guard let folds else {
            return ChunkRange(firstRow: firstRow, rowCount: row - firstRow, blocks: blocks, wholeTasks: wholeTasks)
        }
        let grouped = RowGrouping.grouping(blocks, from: firstRow, of: layout, by: folds, parallel)
        return ChunkRange(
            firstRow: firstRow, rowCount: row - firstRow, blocks: grouped.blocks, foldCount: folds.foldCount,
            grouping: grouped.grouping, wholeTasks: wholeTasks)
    }

    /// The blocks of the next chunk, in memory for as many as there can be: with short tasks, memory that grows while
    /// they are walked over takes longer than to sum their rows.
    private mutating func nextBlocks() -> [RowBlock] {
        let firstRow = row
        let end = end(ofChunkFrom: firstRow)
        let limit = (end.task - task) + (end.row - firstRow) / TaskLayout.rowsPerBlock + 1
        return Array(unsafeUninitializedCapacity: limit) { blocks, count in
            layout.offsets.withUnsafeBufferPointer { offsets in
                while task < end.task {
                    let taskEnd = offsets[task + 1]
                    while row < taskEnd {
                        let rowCount = Swift.min(TaskLayout.rowsPerBlock, taskEnd - row)
                        if row + rowCount > end.row { return }
                        blocks.initializeElement(
                            at: count, to: RowBlock(task: task, firstRow: row - firstRow, rowCount: rowCount))
                        count += 1
                        row += rowCount
                    }
                    task += 1
                }
            }
        }
    }

    /// Up to which row and which task, both exclusive, the chunk may go.
    private func end(ofChunkFrom firstRow: Int) -> (row: Int, task: Int) {
        let offsets = layout.offsets
        let end = Swift.min(capacity, layout.rowCount - firstRow) + firstRow
        var (low, high) = (task, layout.taskCount)
        // All rows of the tasks below `low` fit.
        while low < high {
            let middle = (low + high + 1) / 2
            if offsets[middle] <= end { low = middle } else { high = middle - 1 }
        }
        guard let packSize else { return (end, Swift.min(low + 1, layout.taskCount)) }
        let wholePacks = low == layout.taskCount ? low : low / packSize * packSize
        let last = Swift.min(layout.taskCount, Swift.max(wholePacks, task + packSize))
        return (offsets[last], last)
    }
}
