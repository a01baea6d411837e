internal import COpenCL
import Compute
import Glibc
import Synchronization

/// Device memory that was used and may be used again.
///
/// Sizes are rounded up to one of eight steps a doubling, so that memory of nearly the same size serves again at a cost
/// of at most an eighth. All blocks together never pass the device's memory: a CPU driver would go on into swap or abort.
package final class BufferPool: Sendable {
    /// What may be read past the last value of a buffer.
    static let paddingBytes = 64
    private static let smallest = 256
    /// Whether memory ends where its values do, without padding, as `KINDRED_TIGHT_BUFFERS` asks: oclgrind then sees what
    /// is read or written behind them. Kernels of vector packs read there by right, those of lanes do not.
    private static let isTight = getenv("KINDRED_TIGHT_BUFFERS") != nil

    private struct State {
        var spare: [Int: [DeviceMemory]] = [:]
        var spareBytes = 0
        /// The host's memory, given back while commands still read it.
        var lent: [DeviceMemory] = []
        var blockCount = 0
        var blockBytes = 0
    }

    private let device: Device
    private let state = Mutex<State>(State())

    init(device: Device) {
        self.device = device
    }

    /// The memory that is held for nobody.
    package var spareBytes: Int { state.withLock { $0.spareBytes } }

    /// The blocks of device memory that are held for someone or nobody.
    package var blockCount: Int { state.withLock { $0.blockCount } }

    /// Memory of at least `byteCount` bytes and the padding.
    func take(_ byteCount: Int, in context: cl_context) throws(ComputeError) -> DeviceMemory {
        guard byteCount <= device.maxAllocationBytes - Self.paddingBytes else {
            throw .outOfMemory(requestedBytes: byteCount, device: device.name)
        }
        releaseLent()
        let size = Self.isTight ? Self.wholeWords(byteCount) : paddedSize(byteCount)
        let spare = state.withLock { state in
            let memory = state.spare[size]?.popLast()
            if memory != nil { state.spareBytes -= size }
            return memory
        }
        if let spare { return spare }
        let fits = state.withLock { state in
            let fits = state.blockBytes + size <= device.globalMemoryBytes
            if fits {
                state.blockCount += 1
                state.blockBytes += size
            }
            return fits
        }
        guard fits else { throw .outOfMemory(requestedBytes: byteCount, device: device.name) }
        return try create(size, for: byteCount, in: context)
    }

    private func paddedSize(_ byteCount: Int) -> Int {
        min(Self.roundedUp(byteCount + Self.paddingBytes), device.maxAllocationBytes)
    }

    /// At least one word of 8 bytes, which is what memory is zeroed by.
    private static func wholeWords(_ byteCount: Int) -> Int { (max(byteCount, 1) + 7) / 8 * 8 }

    /// A new block, already counted: no longer if it cannot be had.
    private func create(_ size: Int, for byteCount: Int, in context: cl_context) throws(ComputeError) -> DeviceMemory {
        var status: cl_int = 0
        let memory = clCreateBuffer(context, cl_mem_flags(CL_MEM_READ_WRITE), size, nil, &status)
        if let memory, status == CL_SUCCESS { return DeviceMemory(owning: memory, byteCount: size) }
        state.withLock { state in
            state.blockCount -= 1
            state.blockBytes -= size
        }
        try check(status, "clCreateBuffer", on: device.name, bytes: byteCount)
        throw .outOfMemory(requestedBytes: byteCount, device: device.name)
    }

    /// The host's memory as memory of the device, which reads it in place and never writes it. It is not pooled.
    ///
    /// - Parameter owner: held until the last command that touches the memory is complete.
    func borrow(
        _ memory: UnsafeRawBufferPointer, from owner: any AnyObject & Sendable, in context: cl_context
    ) throws(ComputeError) -> DeviceMemory {
        releaseLent()
        let flags = cl_mem_flags(CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR)
        var status: cl_int = 0
        let raw = clCreateBuffer(
            context, flags, memory.count, UnsafeMutableRawPointer(mutating: memory.baseAddress), &status)
        try check(status, "clCreateBuffer", on: device.name, bytes: memory.count)
        guard let raw else { throw .outOfMemory(requestedBytes: memory.count, device: device.name) }
        return DeviceMemory(owning: raw, byteCount: memory.count, lentBy: owner)
    }

    /// Lets go of the host's memory that no command reads any more.
    func releaseLent() {
        // What the array's end releases may take long, and is released outside the lock.
        let ended = state.withLock { state in
            if state.lent.isEmpty { return [] as [DeviceMemory] }
            let ended = state.lent.filter(\.isIdle)
            state.lent.removeAll { memory in ended.contains { $0 === memory } }
            return ended
        }
        withExtendedLifetime(ended) {}
    }

    func giveBack(_ memory: DeviceMemory) {
        if memory.isLent { return state.withLock { $0.lent.append(memory) } }
        state.withLock { state in
            state.spare[memory.byteCount, default: []].append(memory)
            state.spareBytes += memory.byteCount
        }
    }

    /// Returns all spare memory to the device.
    func drain() {
        state.withLock { state in
            state.blockCount -= state.spare.values.reduce(0) { $0 + $1.count }
            state.blockBytes -= state.spareBytes
            state.spare = [:]
            state.spareBytes = 0
        }
    }

    /// The size class of a number of bytes: the next multiple of an eighth of the power of two below it.
    package static func roundedUp(_ byteCount: Int) -> Int {
        if byteCount <= smallest { return smallest }
        let powerBelow = 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount)
        let step = max(smallest, powerBelow / 8)
        return (byteCount + step - 1) / step * step
    }
}
