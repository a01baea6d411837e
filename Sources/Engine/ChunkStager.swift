import Compute

/// Sends chunks of rows to devices without waiting: while one travels or is summed, the next is read.
///
/// Two pieces of host memory take turns. Before one is filled again, its transfers are waited for; a device's own
/// memory of a chunk returns to its pool when the last kernel that reads it is enqueued.
final class ChunkStager<Scalar: LaneScalar> {
    private let contexts: [Context]
    private let shares: TaskShares
    private let chunkBytes: Int
    private var slots: [Slot] = []
    private var turn = 0

    private struct Slot {
        let chunk: RowChunk<Scalar>
        var transfers: [Event] = []
    }

    /// - Parameter shares: which of the contexts each task's rows go to.
    init(contexts: [Context], shares: TaskShares, chunkBytes: Int) {
        self.contexts = contexts
        self.shares = shares
        self.chunkBytes = chunkBytes
    }

    /// The number of rows that travel at a time.
    func rowCapacity(rowWidth: Int) -> Int { chunkBytes / (rowWidth * MemoryLayout<Scalar>.stride) }

    /// The chunk's rows on each device.
    func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> [DeviceRows<Scalar>] {
        try makeSlots(for: range, of: source)
        turn = 1 - turn
        try waitForTransfers(of: turn)
        let chunk = slots[turn].chunk
        try chunk.fill(range, from: source)

        let parts = ChunkPart.parts(of: range, taskCount: source.layout.taskCount, shares: shares)
        var rows: [DeviceRows<Scalar>] = []
        for (context, part) in zip(contexts, parts) {
            rows.append(
                DeviceRows(
                    chunk: chunk, part: part, values: try send(chunk.values, width: chunk.width, part, to: context),
                    weights: try sendWeights(of: chunk, part, to: context),
                    blocks: try context.makeBuffer(part.blocks), folds: try context.makeBuffer(part.folds),
                    spans: try context.makeBuffer(part.spans)))
            try context.flush()
        }
        return rows
    }

    private func sendWeights(
        of chunk: RowChunk<Scalar>, _ part: ChunkPart, to context: Context
    ) throws(ComputeError) -> DeviceBuffer<Scalar>? {
        guard let weights = chunk.weights else { return nil }
        return try send(weights, width: 1, part, to: context)
    }

    /// Begins to send the part's rows, of `width` values each, from the memory of the slot whose turn it is.
    private func send(
        _ memory: UnsafeMutablePointer<Scalar>, width: Int, _ part: ChunkPart, to context: Context
    ) throws(ComputeError) -> DeviceBuffer<Scalar> {
        let buffer = try context.makeBuffer(of: Scalar.self, count: part.rowCount * width)
        var sent = 0
        for run in part.runs {
            let values = UnsafeBufferPointer(start: memory + run.lowerBound * width, count: run.count * width)
            let transfer = try buffer.write(values, ownedBy: slots[turn].chunk, at: sent)
            slots[turn].transfers.append(transfer)
            sent += values.count
        }
        return buffer
    }

    private func makeSlots(for range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) {
        if !slots.isEmpty, slots.allSatisfy({ $0.chunk.fits(source, rowCount: range.rowCount) }) { return }
        for slot in slots.indices { try waitForTransfers(of: slot) }
        let preferred = min(rowCapacity(rowWidth: source.rowWidth), source.layout.rowCount)
        slots = (0..<2).map { _ in Slot(chunk: RowChunk(capacity: max(preferred, range.rowCount), for: source)) }
    }

    private func waitForTransfers(of slot: Int) throws(ComputeError) {
        for transfer in slots[slot].transfers { try transfer.wait() }
        slots[slot].transfers = []
    }
}
