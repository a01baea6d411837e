import Compute

/// Memory of the CPU backend, aligned to a SIMD vector.
///
/// Unchecked: the backend's operations run one after another, and within one the threads write disjoint parts.
public final class CPUBuffer<Scalar>: @unchecked Sendable {
    package let count: Int
    package let base: UnsafeMutablePointer<Scalar>
    private let memory: HostMemory
    private let pool: HostMemoryPool?
    /// Whether its memory was used before and holds anything at all; else it is zero.
    let isUsed: Bool

    /// Zeros.
    init(count: Int) {
        self.count = count
        memory = HostMemory(byteCount: count * MemoryLayout<Scalar>.stride)
        base = memory.base.assumingMemoryBound(to: Scalar.self)
        pool = nil
        isUsed = false
    }

    /// Memory that goes back to the pool at its end, and may come from there.
    init(count: Int, from pool: HostMemoryPool) {
        self.count = count
        self.pool = pool
        let byteCount = count * MemoryLayout<Scalar>.stride
        let spare = pool.take(byteCount)
        isUsed = spare != nil
        memory = spare ?? HostMemory(byteCount: byteCount)
        base = memory.base.bindMemory(to: Scalar.self, capacity: count)
    }

    deinit { pool?.giveBack(memory) }
}
