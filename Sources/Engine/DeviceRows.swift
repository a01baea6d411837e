public import Compute

/// Rows of a chunk in one device's memory, or on their way there.
public struct DeviceRows<Scalar: LaneScalar>: StagedRows {
    /// The host's copy of the whole chunk, of which the device may have a part.
    public let chunk: RowChunk<Scalar>
    /// The row blocks that the device has, and the first row of each of them among the device's rows.
    let part: ChunkPart
    let values: DeviceBuffer<Scalar>
    let weights: DeviceBuffer<Scalar>?
    /// Three whole numbers a row block: its task, its first row and its number of rows.
    let blocks: DeviceBuffer<Int32>
    /// One whole number a row block: its fold.
    let folds: DeviceBuffer<Int32>
    /// Three whole numbers a task of the chunk: the task, its first block and its number of blocks.
    let spans: DeviceBuffer<Int32>

    var rowCount: Int { part.rowCount }
    var blockCount: Int { part.blocks.count / 3 }
    var spanCount: Int { part.spans.count / 3 }
}

/// The part of a chunk that goes to one device: tables of its row blocks, and the runs of rows that make it up.
struct ChunkPart: Sendable {
    /// Three whole numbers a row block: its task on the device, its first row there and its number of rows.
    private(set) var blocks: [Int32] = []
    /// One whole number a row block: its fold.
    private(set) var folds: [Int32] = []
    /// Three whole numbers a task: the task on the device, its first block there and its number of blocks.
    private(set) var spans: [Int32] = []
    /// Adjacent rows of the chunk that are adjacent on the device too.
    private(set) var runs: [Range<Int>] = []
    private(set) var rowCount = 0
    /// The tasks on the device that the chunk has all rows of, where it has whole packs.
    private(set) var tasks: Range<Int>?
    /// Whose blocks were added last.
    private var lastTask: Int32?

    /// The first block of each of some packs of tasks, and behind them the number of blocks.
    func firstBlocks(ofPacks packs: Range<Int>, lanes: Int) -> [Int32] {
        var firstBlocks: [Int32] = []
        firstBlocks.reserveCapacity(packs.count + 1)
        for span in stride(from: 0, to: spans.count, by: 3) {
            let pack = Int(spans[span]) / lanes - packs.lowerBound
            while firstBlocks.count <= pack { firstBlocks.append(spans[span + 1]) }
        }
        while firstBlocks.count <= packs.count { firstBlocks.append(Int32(folds.count)) }
        return firstBlocks
    }

    /// Cuts a chunk of a problem of so many tasks into a part for each device.
    static func parts(of range: ChunkRange, taskCount: Int, shares: TaskShares) -> [ChunkPart] {
        let members = 0..<shares.memberCount
        var parts =
            members.count == 1 || shares.areCopied(taskCount)
            ? Array(repeating: ChunkPart(whole: range), count: members.count)
            : dealtOut(range, shares)
        if let tasks = range.wholeTasks {
            for member in members { parts[member].tasks = shares.localTasks(tasks, on: member) }
        }
        return parts
    }

    private static func dealtOut(_ range: ChunkRange, _ shares: TaskShares) -> [ChunkPart] {
        var parts = Array(repeating: ChunkPart(), count: shares.memberCount)
        for member in parts.indices { parts[member].reserve(blockCount: range.blocks.count / parts.count) }
        for block in range.blocks {
            let task = Int(block.task)
            parts[shares.member(of: task)].append(block, localTask: Int32(shares.localTask(task)))
        }
        return parts
    }

    private init() {}

    /// The whole of a chunk, its tasks and rows under their own numbers.
    private init(whole range: ChunkRange) {
        let source = range.blocks
        blocks = Array(unsafeUninitializedCapacity: 3 * source.count) { values, count in
            for block in source {
                Self.append(block.task, block.firstRow, block.rowCount, to: values, &count)
            }
        }
        folds = source.map(\.fold)
        spans = Array(unsafeUninitializedCapacity: 3 * source.count) { values, count in
            var first = 0
            while first < source.count {
                let task = source[first].task
                var end = first + 1
                while end < source.count, source[end].task == task { end += 1 }
                Self.append(task, Int32(first), Int32(end - first), to: values, &count)
                first = end
            }
        }
        rowCount = range.rowCount
        runs = rowCount == 0 ? [] : [0..<rowCount]
    }

    @inline(__always)
    private static func append(
        _ x: Int32, _ y: Int32, _ z: Int32, to values: UnsafeMutableBufferPointer<Int32>, _ count: inout Int
    ) {
        values.initializeElement(at: count, to: x)
        values.initializeElement(at: count + 1, to: y)
        values.initializeElement(at: count + 2, to: z)
        count += 3
    }

    private mutating func reserve(blockCount: Int) {
        blocks.reserveCapacity(3 * blockCount)
        spans.reserveCapacity(3 * blockCount)
        folds.reserveCapacity(blockCount)
    }

    private mutating func append(_ block: RowBlock, localTask: Int32) {
        if let last = lastTask, last == localTask {
            spans[spans.count - 1] += 1
        } else {
            lastTask = localTask
            spans.append(localTask)
            spans.append(Int32(folds.count))
            spans.append(1)
        }
        blocks.append(localTask)
        blocks.append(Int32(rowCount))
        blocks.append(block.rowCount)
        folds.append(block.fold)
        let rows = Int(block.firstRow)..<Int(block.firstRow + block.rowCount)
        if let last = runs.last, last.upperBound == rows.lowerBound {
            runs[runs.count - 1] = last.lowerBound..<rows.upperBound
        } else {
            runs.append(rows)
        }
        rowCount += rows.count
    }
}
