public import Compute

/// The rows of one chunk in a device's memory, or on their way there.
public struct DeviceRows<Scalar: LaneScalar>: StagedRows {
    public let chunk: RowChunk<Scalar>
    let values: DeviceBuffer<Scalar>
    let weights: DeviceBuffer<Scalar>?
    /// Three whole numbers a row block: its task, its first row and its number of rows.
    let blocks: DeviceBuffer<Int32>
    /// Three whole numbers a task of the chunk: the task, its first block and its number of blocks.
    let spans: DeviceBuffer<Int32>
    let spanCount: Int

    var blockCount: Int { chunk.range.blocks.count }
}

/// Sends chunks of rows to a device without waiting: while one travels or is summed, the next is read.
///
/// Two pieces of host memory take turns. Before one is filled again, its transfer is waited for; the device's own
/// memory of a chunk returns to the pool when the last kernel that reads it is enqueued and done.
final class ChunkStager<Scalar: LaneScalar> {
    private let context: Context
    private let chunkBytes: Int
    private var slots: [Slot] = []
    private var turn = 0

    private struct Slot {
        let chunk: RowChunk<Scalar>
        var transfers: [Event] = []
    }

    init(context: Context, chunkBytes: Int) {
        self.context = context
        self.chunkBytes = chunkBytes
    }

    func rowCapacity(featureCount: Int) -> Int { chunkBytes / ((featureCount + 1) * MemoryLayout<Scalar>.stride) }

    func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> DeviceRows<Scalar> {
        try makeSlots(for: range, of: source)
        turn = 1 - turn
        for transfer in slots[turn].transfers { try transfer.wait() }
        slots[turn].transfers = []
        let chunk = slots[turn].chunk
        try chunk.fill(range, from: source)

        // These wait until they are sent; the rows, behind them on the queue, do not.
        let spanTable = Self.spans(of: range.blocks)
        let blocks = try context.makeBuffer(range.blocks.flatMap { [$0.task, $0.firstRow, $0.rowCount] })
        let spans = try context.makeBuffer(spanTable)

        let valueCount = range.rowCount * chunk.width
        let values = try context.makeBuffer(of: Scalar.self, count: valueCount)
        try send(chunk.values, count: valueCount, of: chunk, to: values)
        var weights: DeviceBuffer<Scalar>?
        if let source = chunk.weights {
            let buffer = try context.makeBuffer(of: Scalar.self, count: range.rowCount)
            try send(source, count: range.rowCount, of: chunk, to: buffer)
            weights = buffer
        }
        try context.flush()
        return DeviceRows(
            chunk: chunk, values: values, weights: weights, blocks: blocks, spans: spans,
            spanCount: spanTable.count / 3)
    }

    private func send(
        _ memory: UnsafeMutablePointer<Scalar>, count: Int, of chunk: RowChunk<Scalar>, to buffer: DeviceBuffer<Scalar>
    ) throws(ComputeError) {
        let values = UnsafeBufferPointer(start: memory, count: count)
        slots[turn].transfers.append(try buffer.write(values, ownedBy: chunk))
    }

    private func makeSlots(for range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) {
        let fits = slots.allSatisfy {
            $0.chunk.capacity >= range.rowCount && $0.chunk.width == source.featureCount + 1
                && ($0.chunk.weights != nil) == source.isWeighted
        }
        if fits, !slots.isEmpty { return }
        for slot in slots {
            for transfer in slot.transfers { try transfer.wait() }
        }
        let preferred = min(rowCapacity(featureCount: source.featureCount), source.layout.rowCount)
        slots = (0..<2).map { _ in
            Slot(
                chunk: RowChunk(
                    capacity: max(preferred, range.rowCount), featureCount: source.featureCount,
                    isWeighted: source.isWeighted))
        }
    }

    private static func spans(of blocks: [RowBlock]) -> [Int32] {
        var spans: [Int32] = []
        for (index, block) in blocks.enumerated() {
            if index > 0, blocks[index - 1].task == block.task {
                spans[spans.count - 1] += 1
            } else {
                spans.append(contentsOf: [block.task, Int32(index), 1])
            }
        }
        return spans
    }
}
