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
    /// With several folds, rows that are 512 consecutive ones of a task in the problem lie grouped by fold in the chunk:
    /// row `i` of the chunk is row `firstRow + order[i]` of the problem. Nil where rows keep their order.
    public let order: [Int32]?
    /// The tasks that the chunk has all rows of, from the first of a pack on, where chunks are cut between packs alone.
    public let wholeTasks: Range<Int>?
    /// Whether no task has more than one of the blocks.
    package let hasOneBlockATask: Bool

    public init(
        firstRow: Int, rowCount: Int, blocks: [RowBlock], foldCount: Int = 1, order: [Int32]? = nil,
        wholeTasks: Range<Int>? = nil
    ) {
        self.firstRow = firstRow
        self.rowCount = rowCount
        self.blocks = blocks
        self.foldCount = foldCount
        self.order = order
        self.wholeTasks = wholeTasks
        hasOneBlockATask = zip(blocks, blocks.dropFirst()).allSatisfy { $0.task != $1.task }
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
    private var grouping: FoldGrouping?
    private var task = 0
    private var row = 0

    init(layout: TaskLayout, capacity: Int, folds: RowFolds?, packSize: Int?) {
        self.layout = layout
        self.packSize = packSize
        self.capacity = Swift.max(capacity, TaskLayout.rowsPerBlock)
        grouping = folds.map { FoldGrouping($0) }
    }

    public mutating func next() -> ChunkRange? {
        let firstRow = row
        let firstTask = task
        var blocks: [RowBlock] = []
        walk: while task < layout.taskCount {
            let end = layout.offsets[task + 1]
            if let packSize, task % packSize == 0, task > firstTask {
                let packEnd = layout.offsets[Swift.min(task + packSize, layout.taskCount)]
                if packEnd - firstRow > capacity { break walk }
            }
            while row < end {
                let count = Swift.min(TaskLayout.rowsPerBlock, end - row)
                let rowsBefore = row - firstRow
                if packSize == nil, rowsBefore + count > capacity { break walk }
                if grouping == nil {
                    blocks.append(RowBlock(task: task, firstRow: rowsBefore, rowCount: count))
                } else {
                    let first = row - layout.offsets[task]
                    grouping?.group(first..<first + count, of: task, firstRow: rowsBefore, into: &blocks)
                }
                row += count
            }
            task += 1
        }
        guard row > firstRow || packSize != nil && task > firstTask else { return nil }
        return ChunkRange(
            firstRow: firstRow, rowCount: row - firstRow, blocks: blocks, foldCount: grouping?.folds.foldCount ?? 1,
            order: grouping?.takeOrder(), wholeTasks: packSize == nil ? nil : firstTask..<task)
    }
}

/// Cuts row blocks by fold, and puts their rows in that order.
private struct FoldGrouping: Sendable {
    let folds: RowFolds
    /// The order of the rows of the chunk so far.
    private var order: [Int32] = []
    private var foldOfRow: [Int32] = []
    private var nextPlace: [Int]
    private var scratch: [Int32] = []

    init(_ folds: RowFolds) {
        self.folds = folds
        nextPlace = Array(repeating: 0, count: folds.foldCount)
    }

    /// Appends a block for each fold that has rows among those at `positions` of a task.
    mutating func group(
        _ positions: Range<Int>, of task: Int, firstRow: Int, into blocks: inout [RowBlock]
    ) {
        foldOfRow.removeAll(keepingCapacity: true)
        folds.append(positions, of: task, to: &foldOfRow, shuffling: &scratch)
        for fold in nextPlace.indices { nextPlace[fold] = 0 }
        for fold in foldOfRow { nextPlace[Int(fold)] += 1 }
        var place = firstRow
        for fold in nextPlace.indices where nextPlace[fold] > 0 {
            let count = nextPlace[fold]
            blocks.append(RowBlock(task: task, firstRow: place, rowCount: count, fold: fold))
            nextPlace[fold] = place
            place += count
        }
        while order.count < place { order.append(0) }
        for (offset, fold) in foldOfRow.enumerated() {
            order[nextPlace[Int(fold)]] = Int32(firstRow + offset)
            nextPlace[Int(fold)] += 1
        }
    }

    mutating func takeOrder() -> [Int32] {
        defer { order = [] }
        return order
    }
}
