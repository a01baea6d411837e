import Compute

/// Sends chunks of rows to devices without waiting: while one travels or is summed, the next is read.
///
/// A device that shares the host's memory reads a chunk where it lies: in the source's memory, where that lends its
/// rows, or else in one of two pieces of host memory that take turns. To other devices it is copied. Before a turn comes
/// again, its transfers and the kernels that read the host's memory are waited for; a device's own memory of a chunk
/// returns to its pool when the last kernel that reads it is enqueued.
final class ChunkStager<Scalar: LaneScalar> {
    private let contexts: [Context]
    private let shares: TaskShares
    private let chunkBytes: Int
    private let lentChunkBytes: Int
    /// Memory for rows that are not lent.
    private var rooms: [RowChunk<Scalar>] = []
    private var turns = [Turn(), Turn()]
    private var turn = 0

    /// What may still be under way on the chunk of one turn.
    private struct Turn {
        var transfers: [Event] = []
        var lent: [LentMemory] = []
    }

    /// The host's memory on loan to a device, which keeps it while commands read it.
    private struct LentMemory {
        weak var memory: DeviceMemory?
    }

    /// - Parameters:
    ///   - shares: which of the contexts each task's rows go to.
    ///   - chunkBytes: how many bytes of rows travel at a time.
    ///   - lentChunkBytes: how many where no byte is copied.
    init(contexts: [Context], shares: TaskShares, chunkBytes: Int, lentChunkBytes: Int) {
        self.contexts = contexts
        self.shares = shares
        self.chunkBytes = chunkBytes
        self.lentChunkBytes = lentChunkBytes
    }

    /// The number of rows that travel at a time.
    func rowCapacity(rowWidth: Int, isLent: Bool) -> Int {
        let isReadInPlace = isLent && contexts.allSatisfy(\.sharesHostMemory)
        return (isReadInPlace ? lentChunkBytes : chunkBytes) / (rowWidth * MemoryLayout<Scalar>.stride)
    }

    /// The chunk's rows on each device.
    func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> [DeviceRows<Scalar>] {
        turn = 1 - turn
        try waitForTurn(turn)
        let chunk = try chunk(of: range, from: source)
        let parts = ChunkPart.parts(of: range, taskCount: source.layout.taskCount, shares: shares)
        var rows: [DeviceRows<Scalar>] = []
        for (context, part) in zip(contexts, parts) {
            rows.append(
                DeviceRows(
                    chunk: chunk, part: part, values: try send(chunk.values, width: chunk.width, part, chunk, context),
                    weights: try chunk.weights.map { (weights) throws(ComputeError) in
                        try send(weights, width: 1, part, chunk, context)
                    },
                    blocks: try context.makeTable(part.blocks), folds: try context.makeTable(part.folds),
                    spans: try context.makeTable(part.spans)))
            try context.flush()
        }
        return rows
    }

    /// The rows of `range` where the source has them, or else in the memory whose turn it is.
    private func chunk(
        of range: ChunkRange, from source: some TaskSource<Scalar>
    ) throws(ComputeError) -> RowChunk<Scalar> {
        if let lent = RowChunk(lending: range, of: source) { return lent }
        if rooms.isEmpty || !rooms.allSatisfy({ $0.fits(source, rowCount: range.rowCount) }) {
            let preferred = min(rowCapacity(rowWidth: source.rowWidth, isLent: false), source.layout.rowCount)
            rooms = (0..<2).map { _ in RowChunk(capacity: max(preferred, range.rowCount), for: source) }
        }
        try rooms[turn].fill(range, from: source)
        return rooms[turn]
    }

    /// The part's rows, of `width` values each, on a device: where they lie, if it reads them there and they are adjacent,
    /// or else on their way.
    private func send(
        _ memory: UnsafeMutablePointer<Scalar>, width: Int, _ part: ChunkPart, _ chunk: RowChunk<Scalar>,
        _ context: Context
    ) throws(ComputeError) -> DeviceBuffer<Scalar> {
        func values(of run: Range<Int>) -> UnsafeBufferPointer<Scalar> {
            UnsafeBufferPointer(start: memory + run.lowerBound * width, count: run.count * width)
        }
        if context.sharesHostMemory, part.runs.count == 1 {
            let buffer = try context.lend(values(of: part.runs[0]), ownedBy: chunk)
            turns[turn].lent.append(LentMemory(memory: buffer.allocation.memory))
            return buffer
        }
        let buffer = try context.makeBuffer(of: Scalar.self, count: part.rowCount * width)
        var sent = 0
        for run in part.runs {
            turns[turn].transfers.append(try buffer.write(values(of: run), ownedBy: chunk, at: sent))
            sent += run.count * width
        }
        return buffer
    }

    private func waitForTurn(_ turn: Int) throws(ComputeError) {
        for transfer in turns[turn].transfers { try transfer.wait() }
        for lent in turns[turn].lent { try lent.memory?.waitForUses() }
        turns[turn] = Turn()
    }
}
