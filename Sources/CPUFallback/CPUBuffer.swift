/// Memory of the CPU backend: zero when made, aligned to a SIMD vector.
///
/// Unchecked: the backend's operations run one after another, and within one the threads write disjoint parts.
public final class CPUBuffer<Scalar>: @unchecked Sendable {
    package let count: Int
    package let base: UnsafeMutablePointer<Scalar>

    init(count: Int) {
        self.count = count
        let bytes = max(count * MemoryLayout<Scalar>.stride, 1)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        base = memory.assumingMemoryBound(to: Scalar.self)
    }

    deinit { base.deallocate() }
}
