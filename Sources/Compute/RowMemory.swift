/// Host memory for rows: 64-byte aligned, with 64 bytes behind the last value that may be read.
///
/// Unchecked: whoever writes it does so before others read.
final class RowMemory<Scalar: LaneScalar>: @unchecked Sendable {
    /// One vector, which kernels may read past the last row.
    static var paddingBytes: Int { 64 }

    let base: UnsafeMutablePointer<Scalar>
    private let memory: HostMemory

    /// Room for `count` values, all zero.
    init(count: Int) {
        memory = HostMemory(byteCount: count * MemoryLayout<Scalar>.stride + Self.paddingBytes)
        base = memory.base.assumingMemoryBound(to: Scalar.self)
    }

    /// A copy of `values`.
    convenience init(_ values: [Scalar]) {
        self.init(count: values.count)
        values.withUnsafeBufferPointer { source in
            if let first = source.baseAddress { base.update(from: first, count: source.count) }
        }
    }

    /// The first `count` values.
    func values(count: Int) -> [Scalar] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
