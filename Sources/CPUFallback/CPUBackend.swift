public import Compute

/// Every operation in plain Swift, on the threads it is given.
///
/// Its packs hold one task a lane of `Scalar.Lanes`: 8 tasks in double, 16 in float.
public final class CPUBackend<Scalar: LaneScalar>: Backend {
    public typealias Buffer = CPUBuffer<Scalar>

    public let parallel: Parallel
    public let memoryBytes: Int
    /// Each fit makes arrays of the sizes of the one before it.
    private let pool: HostMemoryPool
    /// Staged chunks take turns: one can be read while the next is filled.
    private var chunks: [RowChunk<Scalar>] = []
    private var turn = 0

    /// - Parameter memoryBytes: how many bytes of arrays there is room for.
    public init(parallel: Parallel = Parallel(), memoryBytes: Int = .max) {
        self.parallel = parallel
        self.memoryBytes = memoryBytes
        pool = HostMemoryPool(limit: min(memoryBytes / 4, Self.mostSpareBytes))
    }

    /// At most so much memory, and a quarter of what there is room for, is held for arrays to come.
    private static var mostSpareBytes: Int { 4 << 30 }

    public var name: String { "CPU path, \(parallel.threadCount) thread\(parallel.threadCount == 1 ? "" : "s")" }

    public func forOneThread() -> CPUBackend? {
        CPUBackend(parallel: Parallel(threadCount: 1), memoryBytes: memoryBytes / parallel.threadCount)
    }

    /// As many rows as fill 4 MB, so that a chunk is still in the last-level cache when it is summed. Of rows that are
    /// not copied, so many that threads seldom wait for each other.
    public func preferredChunkRows(rowWidth: Int, isLent: Bool) -> Int {
        (isLent ? 64_000_000 : 4_000_000) / (rowWidth * MemoryLayout<Scalar>.stride)
    }

    static var lanes: Int { Scalar.Lanes.scalarCount }

    /// The number of packs of `taskCount` tasks.
    @inline(__always)
    func packCount(_ taskCount: Int) -> Int { (taskCount + Self.lanes - 1) / Self.lanes }

    /// Packs whose work at this cost a pack, in operations on vectors, makes a unit of a fraction of a millisecond.
    @inline(__always)
    func packsPerUnit(costPerPack: Int) -> Int { max(1, 100_000 / max(1, costPerPack)) }

    // MARK: Memory

    public var packSize: Int { Self.lanes }

    public var largestArrayBytes: Int { memoryBytes }
    public var smallShardBytes: Int { 32 << 20 }

    public func makeEntries(taskCount: Int, count: Int, zeroed: Bool) -> PackedEntries<Buffer> {
        let packs = packCount(taskCount)
        let buffer = CPUBuffer<Scalar>(count: packs * count * Self.lanes, from: pool)
        if buffer.isUsed {
            let first = zeroed ? 0 : max(0, packs - 1) * count * Self.lanes
            let values = buffer.base + first
            parallel.forEachRange(of: buffer.count - first, grain: 1 << 17) { range in
                // As bytes: a zero of any scalar, and one call whatever the type.
                UnsafeMutableRawPointer(values + range.lowerBound).initializeMemory(
                    as: UInt8.self, repeating: 0, count: range.count * MemoryLayout<Scalar>.stride)
            }
        }
        return PackedEntries(buffer: buffer, entriesPerPack: count)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func upload(_ values: ArraySlice<Double>, into vectors: Vectors<Buffer>) {
        let width = vectors.valuesPerTask
        precondition(values.count == vectors.taskCount * width, "as many values as the vectors hold")
        let packs = vectors.entries
        values.withUnsafeBufferPointer { source in
            // Whole packs: threads write no line of memory that another writes.
            parallel.forEachRange(
                of: packCount(vectors.taskCount), grain: max(1, (1 << 13) / max(1, width))
            ) { range in
                let tasks = range.lowerBound * Self.lanes..<min(range.upperBound * Self.lanes, vectors.taskCount)
                for task in tasks {
                    let destination = packs.lane(of: task, lanes: Self.lanes)
                    for entry in 0..<width {
                        destination[entry &* Self.lanes] = Scalar(source[task &* width &+ entry])
                    }
                }
            }
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func download(_ vectors: Vectors<Buffer>) -> [Double] {
        let width = vectors.valuesPerTask
        let packs = vectors.entries
        return Array(hugeUninitializedCapacity: vectors.taskCount * width) { destination, count in
            if width == 1, packs.entriesPerPack == 1 {
                let source = packs.lane(of: 0, lanes: Self.lanes)
                parallel.forEachRange(of: vectors.taskCount, grain: 1 << 16) { tasks in
                    for task in tasks { destination[task] = Double(source[task]) }
                }
                count = vectors.taskCount
                return
            }
            parallel.forEachRange(of: vectors.taskCount, grain: max(1, (1 << 16) / max(1, width))) { tasks in
                for task in tasks {
                    let source = packs.lane(of: task, lanes: Self.lanes)
                    for entry in 0..<width {
                        destination[task &* width &+ entry] = Double(source[entry &* Self.lanes])
                    }
                }
            }
            count = vectors.taskCount * width
        }
    }

    public func synchronize() {}

    // MARK: Rows

    public struct Rows: StagedRows {
        public let chunk: RowChunk<Scalar>
    }

    public func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> Rows {
        if let lent = RowChunk(lending: range, of: source) { return Rows(chunk: lent) }
        if chunks.isEmpty || !chunks.allSatisfy({ $0.fits(source, rowCount: range.rowCount) }) {
            let preferred = min(
                preferredChunkRows(rowWidth: source.rowWidth, isLent: false), source.layout.rowCount)
            chunks = (0..<2).map { _ in RowChunk(capacity: max(preferred, range.rowCount), for: source) }
        }
        turn = 1 - turn
        let chunk = chunks[turn]
        try chunk.fill(range, from: source, parallel: parallel)
        return Rows(chunk: chunk)
    }
}

extension PackedEntries {
    /// The first entry of a pack, as vectors of one lane a task.
    @inline(__always)
    func vectors<Scalar: LaneScalar>(ofPack pack: Int) -> UnsafeMutablePointer<Scalar.Lanes>
    where Buffer == CPUBuffer<Scalar> {
        let lanes = Scalar.Lanes.scalarCount
        let start = buffer.base + (pack * entriesPerPack + firstEntry) * lanes
        return UnsafeMutableRawPointer(start).assumingMemoryBound(to: Scalar.Lanes.self)
    }

    /// The first entry of one task; its further entries follow at a distance of `lanes`.
    @inline(__always)
    func lane<Scalar: LaneScalar>(of task: Int, lanes: Int) -> UnsafeMutablePointer<Scalar>
    where Buffer == CPUBuffer<Scalar> {
        buffer.base + ((task / lanes) * entriesPerPack + firstEntry) * lanes + task % lanes
    }
}
