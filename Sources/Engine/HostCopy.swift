/// Values in host memory that does not move, with 64 bytes behind them that may be read. Unchecked: they are never
/// written after `init`.
final class HostCopy<Scalar: BitwiseCopyable>: @unchecked Sendable {
    let memory: UnsafeMutableBufferPointer<Scalar>

    init(_ values: [Scalar]) {
        let start = UnsafeMutableRawPointer.allocate(
            byteCount: values.count * MemoryLayout<Scalar>.stride + BufferPool.paddingBytes, alignment: 64)
        memory = UnsafeMutableBufferPointer(
            start: start.bindMemory(to: Scalar.self, capacity: values.count), count: values.count)
        _ = memory.initialize(from: values)
    }

    deinit { UnsafeMutableRawPointer(memory.baseAddress)?.deallocate() }
}
