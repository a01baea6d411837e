internal import COpenCL
import Compute
import Synchronization

/// `count` values in a device's memory.
///
/// Its memory goes back to its context's pool when the last reference to the buffer ends. At least 64 bytes past the
/// last value may be read, whatever they hold.
public final class DeviceBuffer<Scalar: BitwiseCopyable & Sendable>: Sendable {
    public let count: Int
    let allocation: DeviceAllocation

    init(count: Int, allocation: DeviceAllocation) {
        self.count = count
        self.allocation = allocation
    }

    package var context: Context { allocation.context }
    package var byteCount: Int { count * MemoryLayout<Scalar>.stride }
}

extension Context {
    /// Makes a buffer of `count` values, from memory that was used before where that serves.
    ///
    /// What it holds is anything at all unless `zeroed`.
    ///
    /// - Throws: ``ComputeError/outOfMemory(requestedBytes:device:)`` when the device has no room even without the
    ///   pool's spare memory, or gives no single buffer of that size.
    package func makeBuffer<Scalar>(
        of type: Scalar.Type = Scalar.self, count: Int, zeroed: Bool = false
    ) throws(ComputeError) -> DeviceBuffer<Scalar> {
        try makeBuffer(of: type, count: count, zeroedFrom: zeroed ? 0 : nil)
    }

    /// Makes a buffer whose values are zero from the given one on.
    func makeBuffer<Scalar>(
        of type: Scalar.Type = Scalar.self, count: Int, zeroedFrom first: Int?
    ) throws(ComputeError) -> DeviceBuffer<Scalar> {
        precondition(count >= 0, "a buffer has no negative number of values")
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Scalar>.stride)
        if overflow { throw .outOfMemory(requestedBytes: .max, device: device.name) }
        let firstByte = first.map { $0 * MemoryLayout<Scalar>.stride }
        let allocation: DeviceAllocation
        do {
            allocation = try allocate(byteCount, zeroedFrom: firstByte)
        } catch .outOfMemory where pool.spareBytes > 0 {
            try finish()
            pool.drain()
            allocation = try allocate(byteCount, zeroedFrom: firstByte)
        }
        return DeviceBuffer(count: count, allocation: allocation)
    }

    /// Makes a buffer that will hold `values` for every command enqueued from now on. Does not wait for the copy.
    package func makeBuffer<Scalar>(_ values: [Scalar]) throws(ComputeError) -> DeviceBuffer<Scalar> {
        let buffer = try makeBuffer(of: Scalar.self, count: values.count)
        try buffer.beginWrite(values)
        return buffer
    }

    private func allocate(_ byteCount: Int, zeroedFrom first: Int?) throws(ComputeError) -> DeviceAllocation {
        let allocation = DeviceAllocation(memory: try pool.take(byteCount, in: raw), context: self)
        if let first { try zero(allocation, from: first) }
        return allocation
    }

    /// Zeroes an allocation from a byte on, which is the first of a word of 8, its padding too.
    private func zero(_ allocation: DeviceAllocation, from first: Int) throws(ComputeError) {
        let size = allocation.memory.byteCount - first
        _ = try enqueue(
            "clEnqueueFillBuffer", on: compute, touching: [allocation], waitingFor: [], bytes: size
        ) { (waitCount, waits, event) in
            var pattern: UInt64 = 0
            return clEnqueueFillBuffer(
                self.compute.raw, allocation.memory.raw, &pattern, MemoryLayout<UInt64>.size, first, size,
                waitCount, waits, event)
        }
    }
}

/// A loan of device memory from a pool, given back at its end.
package final class DeviceAllocation: Sendable {
    let memory: DeviceMemory
    let context: Context

    init(memory: DeviceMemory, context: Context) {
        self.memory = memory
        self.context = context
    }

    deinit { context.pool.giveBack(memory) }
}

/// One `cl_mem` of a context, with the last command on each queue that touched it.
final class DeviceMemory: Sendable {
    let byteCount: Int
    /// What keeps the memory where it is the host's, which kernels read in place.
    private let owner: (any AnyObject & Sendable)?
    private let handle: MemoryHandle
    private let lastUses = Mutex<[Completion?]>(Array(repeating: nil, count: CommandQueue.Role.allCases.count))

    init(owning memory: cl_mem, byteCount: Int, lentBy owner: (any AnyObject & Sendable)? = nil) {
        handle = MemoryHandle(raw: memory)
        self.byteCount = byteCount
        self.owner = owner
    }

    deinit {
        if owner != nil { try? waitForUses() }
    }

    var raw: cl_mem { handle.raw }
    var isLent: Bool { owner != nil }

    /// Whether no command that touched it is known to be under way. Where a device does not tell, the end of lent memory
    /// still waits.
    var isIdle: Bool {
        lastUses.withLock { uses in
            uses.allSatisfy { use in
                guard let use else { return true }
                return (try? use.isComplete()) ?? true
            }
        }
    }

    /// Blocks until every command that touched it is complete.
    func waitForUses() throws(ComputeError) {
        for use in lastUses.withLock({ $0 }) { try use?.wait() }
    }

    func lastUse(on role: CommandQueue.Role) -> Completion? { lastUses.withLock { $0[role.rawValue] } }

    func recordUse(_ completion: Completion, on role: CommandQueue.Role) {
        lastUses.withLock { $0[role.rawValue] = completion }
    }
}

/// An owned `cl_mem`. Unchecked: OpenCL's calls on memory may come from any thread.
private struct MemoryHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_mem
    deinit { clReleaseMemObject(raw) }
}
