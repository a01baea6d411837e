public import Compute
import Kernels

/// Every operation as a kernel of an OpenCL device.
///
/// Operations enqueue and return. Rows travel on a queue of their own, so that one chunk is read and sent while the
/// chunk before it is summed. Calls come from one thread.
public final class OpenCLBackend<Scalar: LaneScalar>: Backend {
    public typealias Buffer = DeviceBuffer<Scalar>

    let context: Context
    let shape: KernelShape
    /// Tasks a pack.
    let lanes: Int
    let chunkBytes: Int
    public let memoryBytes: Int
    /// Products with a matrix of at least so many rows and columns go through CLBlast, if it can be had.
    let clBlastWidth: Int

    public let parallel: Parallel
    private let stager: ChunkStager<Scalar>

    /// A backend on a device of the user's choice.
    ///
    /// - Parameters:
    ///   - shape: by default the one that suits the device.
    ///   - chunkBytes: how many bytes of rows travel at a time; by default 64 MB on a GPU and 8 MB on a CPU device.
    ///   - memoryBytes: how many bytes of arrays there is room for, where the device has that much: by default half of
    ///     its memory.
    ///   - clBlastWidth: from how many rows and columns on a product goes through CLBlast; by default never on a CPU
    ///     device.
    ///   - parallel: the threads for what is done on the host.
    /// - Throws: ``ComputeError/doubleUnsupported(device:)`` when `Scalar` is `Double` and the device has none.
    package init(
        context: Context, shape: KernelShape? = nil, chunkBytes: Int? = nil, memoryBytes: Int? = nil,
        clBlastWidth: Int? = nil, parallel: Parallel = Parallel()
    ) throws(ComputeError) {
        if Scalar.self == Double.self, !context.device.hasDouble {
            throw .doubleUnsupported(device: context.device.name)
        }
        self.context = context
        self.parallel = parallel
        let shape = shape ?? KernelShape(for: context.device)
        self.shape = shape
        lanes = shape.lanes(scalarBytes: MemoryLayout<Scalar>.stride)
        let bytes = chunkBytes ?? (shape == .vectors ? 8_000_000 : 64_000_000)
        self.chunkBytes = min(bytes, context.device.maxAllocationBytes / 4)
        self.memoryBytes = min(memoryBytes ?? .max, context.device.globalMemoryBytes / 2)
        self.clBlastWidth = clBlastWidth ?? (context.device.kind == .gpu ? Self.usualCLBlastWidth : .max)
        let shares = TaskShares(memberCount: 1, blockSize: Self.packsPerSumBlock * lanes)
        stager = ChunkStager(
            contexts: [context], shares: shares, chunkBytes: self.chunkBytes,
            lentChunkBytes: chunkBytes == nil ? Self.lentChunkBytes : self.chunkBytes)
    }

    /// Rows that are not copied pass in larger chunks: launches are fewer.
    static var lentChunkBytes: Int { 64_000_000 }

    public var name: String { context.device.name }

    public func forOneThread() -> OpenCLBackend? { nil }

    public func preferredChunkRows(rowWidth: Int, isLent: Bool) -> Int {
        stager.rowCapacity(rowWidth: rowWidth, isLent: isLent)
    }

    // MARK: Memory

    public var packSize: Int { lanes }

    /// A little less than the device gives in one piece: buffers have padding.
    public var largestArrayBytes: Int { min(memoryBytes, context.device.maxAllocationBytes - 4096) }

    /// A GPU is busy with many more tasks than a CPU, and its memory is kept whatever its size.
    public var smallShardBytes: Int { shape == .vectors ? 32 << 20 : .max }

    func packCount(_ taskCount: Int) -> Int { (taskCount + lanes - 1) / lanes }

    /// Work-items for one problem a task.
    func itemCount(_ taskCount: Int) -> Int { packCount(taskCount) * (shape == .vectors ? 1 : lanes) }

    /// How many of so many work-items make a group on a CPU device: a power of two, so that few variants of a kernel are
    /// compiled, and enough groups for every thread. Nil on others: the driver's choice.
    func groupSize(of itemCount: Int) -> Int? {
        if shape == .lanes { return nil }
        var size = 1
        while size < 64, itemCount >= 2 * size * 8 * context.device.computeUnitCount { size *= 2 }
        return size
    }

    public func makeEntries(
        taskCount: Int, count: Int, zeroed: Bool
    ) throws(ComputeError) -> PackedEntries<Buffer> {
        let packs = packCount(taskCount)
        let buffer: Buffer = try context.makeBuffer(
            count: packs * count * lanes, zeroedFrom: zeroed ? 0 : max(0, packs - 1) * count * lanes)
        return PackedEntries(buffer: buffer, entriesPerPack: count)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func upload(_ values: ArraySlice<Double>, into vectors: Vectors<Buffer>) throws(ComputeError) {
        let width = vectors.valuesPerTask
        precondition(values.count == vectors.taskCount * width, "as many values as the vectors hold")
        let runs = runs(of: vectors)
        let packed = values.withUnsafeBufferPointer { values in
            [Scalar](unsafeUninitializedCapacity: runs.valueCount) { packed, count in
                parallel.forEachRange(of: runs.count, grain: max(1, (1 << 13) / max(1, width))) { packs in
                    for pack in packs {
                        for entry in 0..<width {
                            let start = (pack &* width &+ entry) &* lanes
                            for lane in 0..<lanes {
                                let task = pack &* lanes &+ lane
                                packed[start &+ lane] =
                                    task < vectors.taskCount ? Scalar(values[task &* width &+ entry]) : 0
                            }
                        }
                    }
                }
                count = runs.valueCount
            }
        }
        try vectors.entries.buffer.write(packed, into: runs)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func download(_ vectors: Vectors<Buffer>) throws(ComputeError) -> [Double] {
        let width = vectors.valuesPerTask
        let packed = try vectors.entries.buffer.read(runs(of: vectors))
        return Array(hugeUninitializedCapacity: vectors.taskCount * width) { values, count in
            packed.withUnsafeBufferPointer { packed in
                parallel.forEachRange(of: vectors.taskCount, grain: max(1, (1 << 16) / max(1, width))) { tasks in
                    for task in tasks {
                        let start = task / lanes * width * lanes + task % lanes
                        for entry in 0..<width {
                            values[task &* width &+ entry] = Double(packed[start &+ entry &* lanes])
                        }
                    }
                }
            }
            count = vectors.taskCount * width
        }
    }

    /// Where the vectors' packs lie in their buffer.
    private func runs(of vectors: Vectors<Buffer>) -> BufferRuns {
        BufferRuns(
            first: vectors.entries.firstEntry * lanes, width: vectors.valuesPerTask * lanes,
            stride: vectors.entries.entriesPerPack * lanes, count: packCount(vectors.taskCount))
    }

    public func synchronize() throws(ComputeError) { try context.finish() }

    // MARK: Rows

    public func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> DeviceRows<
        Scalar
    > {
        try stager.stage(range, of: source)[0]
    }

    // MARK: Programs

    /// A kernel built for this scalar and shape, with room for matrices of `order`.
    func kernel(_ name: String, in program: KernelProgram, order: Int) throws(ComputeError) -> Kernel {
        try context.kernel(
            name, in: program,
            options: [
                "REAL": Scalar.name, "ACCUM": context.device.hasDouble ? "double" : "float", "LANES": lanes,
                "VECTOR_PACKS": shape == .vectors ? 1 : 0, "MAX_ORDER": Self.roundedOrder(order),
                "GROUP": shape.itemsPerGroup, "PACKS_PER_BLOCK": Self.packsPerSumBlock,
            ])
    }

    /// Few programs serve all orders: the next of 8, 16, 32, 64, ...
    private static func roundedOrder(_ order: Int) -> Int {
        var rounded = 8
        while rounded < order { rounded *= 2 }
        return rounded
    }
}
