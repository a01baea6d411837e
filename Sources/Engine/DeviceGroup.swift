public import Compute

/// Several devices of one kind as one backend: they share the tasks.
///
/// Each array is spread over the devices as ``TaskShares`` says, and each operation runs on every device's share. What
/// a device computes does not depend on how many there are, and sums across tasks add the same blocks in the same
/// order: results have the same bits as on one device.
public final class DeviceGroup<Scalar: LaneScalar>: Backend {
    /// A buffer a device.
    public typealias Buffer = [DeviceBuffer<Scalar>]

    let members: [OpenCLBackend<Scalar>]
    let shares: TaskShares
    private let stager: ChunkStager<Scalar>

    /// - Parameter shape: by default the one that suits the devices.
    /// - Throws: ``ComputeError/doubleUnsupported(device:)`` when `Scalar` is `Double` and a device has none.
    package init(
        contexts: [Context], shape: KernelShape? = nil, chunkBytes: Int? = nil, memoryBytes: Int? = nil,
        parallel: Parallel = Parallel()
    ) throws(ComputeError) {
        precondition(!contexts.isEmpty, "a group has devices")
        var members: [OpenCLBackend<Scalar>] = []
        for context in contexts {
            members.append(
                try OpenCLBackend(
                    context: context, shape: shape, chunkBytes: chunkBytes,
                    memoryBytes: memoryBytes.map { $0 / contexts.count }, parallel: parallel))
        }
        self.members = members
        shares = TaskShares(memberCount: members.count, blockSize: members[0].sumBlockSize)
        stager = ChunkStager(
            contexts: contexts, shares: shares, chunkBytes: members[0].chunkBytes,
            lentChunkBytes: members[0].chunkBytes)
    }

    public var name: String { "\(members.count) x \(members[0].name)" }

    public func preferredChunkRows(rowWidth: Int, isLent: Bool) -> Int {
        stager.rowCapacity(rowWidth: rowWidth, isLent: isLent)
    }

    // MARK: Shares

    /// The share of one device.
    func share(of vectors: Vectors<Buffer>, _ member: Int) -> Vectors<DeviceBuffer<Scalar>> {
        Vectors(
            taskCount: shares.count(of: vectors.taskCount, on: member), columnCount: vectors.columnCount,
            width: vectors.width, entries: share(of: vectors.entries, member))
    }

    func share(of matrices: Matrices<Buffer>, _ member: Int) -> Matrices<DeviceBuffer<Scalar>> {
        Matrices(
            taskCount: shares.count(of: matrices.taskCount, on: member), order: matrices.order,
            entries: share(of: matrices.entries, member))
    }

    func share(of factor: Factor<Buffer>, _ member: Int) -> Factor<DeviceBuffer<Scalar>> {
        Factor(lower: share(of: factor.lower, member), diagnosis: share(of: factor.diagnosis, member))
    }

    func share(of moments: Moments<Buffer>, _ member: Int) -> Moments<DeviceBuffer<Scalar>> {
        Moments(joint: share(of: moments.joint, member), responseCount: moments.responseCount)
    }

    func share(of moments: FoldMoments<Buffer>, _ member: Int) -> FoldMoments<DeviceBuffer<Scalar>> {
        FoldMoments(
            foldCount: moments.foldCount, joint: share(of: moments.joint, member), responseCount: moments.responseCount)
    }

    private func share(of entries: PackedEntries<Buffer>, _ member: Int) -> PackedEntries<DeviceBuffer<Scalar>> {
        PackedEntries(
            buffer: entries.buffer[member], entriesPerPack: entries.entriesPerPack, firstEntry: entries.firstEntry)
    }

    public func forOneThread() -> DeviceGroup? { nil }

    // MARK: Memory

    public var parallel: Parallel { members[0].parallel }
    public var packSize: Int { members[0].packSize }

    public var memoryBytes: Int { members.count * (members.map(\.memoryBytes).min() ?? 0) }
    public var smallShardBytes: Int { members[0].smallShardBytes }
    public var largestArrayBytes: Int { members.count * (members.map(\.largestArrayBytes).min() ?? 0) }

    public func makeEntries(
        taskCount: Int, count: Int, zeroed: Bool
    ) throws(ComputeError) -> PackedEntries<Buffer> {
        var buffers: Buffer = []
        for (index, member) in members.enumerated() {
            let share = shares.count(of: taskCount, on: index)
            buffers.append(try member.makeEntries(taskCount: share, count: count, zeroed: zeroed).buffer)
        }
        return PackedEntries(buffer: buffers, entriesPerPack: count)
    }

    public func upload(_ values: ArraySlice<Double>, into vectors: Vectors<Buffer>) throws(ComputeError) {
        let width = vectors.valuesPerTask
        precondition(values.count == vectors.taskCount * width, "as many values as the vectors hold")
        for (index, member) in members.enumerated() {
            var own: [Double] = []
            for task in 0..<vectors.taskCount
            where shares.areCopied(vectors.taskCount) || shares.member(of: task) == index {
                own += values[values.startIndex + task * width..<values.startIndex + (task + 1) * width]
            }
            try member.upload(own[...], into: share(of: vectors, index))
        }
    }

    public func download(_ vectors: Vectors<Buffer>) throws(ComputeError) -> [Double] {
        if shares.areCopied(vectors.taskCount) { return try members[0].download(share(of: vectors, 0)) }
        var parts: [[Double]] = []
        for (index, member) in members.enumerated() {
            parts.append(try member.download(share(of: vectors, index)))
        }
        let width = vectors.valuesPerTask
        var values: [Double] = []
        values.reserveCapacity(vectors.taskCount * width)
        for task in 0..<vectors.taskCount {
            let local = shares.localTask(task)
            values += parts[shares.member(of: task)][local * width..<(local + 1) * width]
        }
        return values
    }

    public func synchronize() throws(ComputeError) {
        for member in members { try member.synchronize() }
    }

    // MARK: Rows

    /// The rows of one chunk, shared out.
    public struct Rows: StagedRows {
        public let chunk: RowChunk<Scalar>
        let parts: [DeviceRows<Scalar>]
        let areCopied: Bool
    }

    public func stage(_ range: ChunkRange, of source: some TaskSource<Scalar>) throws(ComputeError) -> Rows {
        let parts = try stager.stage(range, of: source)
        return Rows(chunk: parts[0].chunk, parts: parts, areCopied: shares.areCopied(source.layout.taskCount))
    }
}
