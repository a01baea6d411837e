import Compute

/// Memory of the CPU backend: zero when made, aligned to a SIMD vector.
///
/// Unchecked: the backend's operations run one after another, and within one the threads write disjoint parts.
public final class CPUBuffer<Scalar>: @unchecked Sendable {
    package let count: Int
    package let base: UnsafeMutablePointer<Scalar>
    private let memory: HostMemory

    init(count: Int) {
        self.count = count
        memory = HostMemory(byteCount: count * MemoryLayout<Scalar>.stride)
        base = memory.base.assumingMemoryBound(to: Scalar.self)
    }
}
