import Glibc

/// Zeroed host memory, aligned to a SIMD vector.
///
/// Much of it comes straight from the system, in huge pages where the system has them: streams through ordinary ones
/// spend a good part of their time on finding the pages. Pages are brought into being, and zeroed, by who first uses them.
///
/// Unchecked: the address never changes; who writes through it owns what it writes.
package final class HostMemory: @unchecked Sendable {
    package let base: UnsafeMutableRawPointer
    package let byteCount: Int
    /// What was mapped, where memory is the system's own.
    private let mapping: (start: UnsafeMutableRawPointer, byteCount: Int)?

    static let hugePage = 2 << 20
    /// From so many bytes on, memory is the system's own.
    static var mappedByteCount: Int { 2 * hugePage }

    package init(byteCount: Int) {
        self.byteCount = byteCount
        if byteCount >= Self.mappedByteCount, let mapping = Self.map(byteCount + Self.hugePage) {
            self.mapping = mapping
            base = mapping.start.alignedUp(toMultipleOf: Self.hugePage)
            // A system without them has ordinary pages.
            _ = madvise(base, byteCount, MADV_HUGEPAGE)
            return
        }
        mapping = nil
        let byteCount = max(1, byteCount)
        base = .allocate(byteCount: byteCount, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    private static func map(_ byteCount: Int) -> (start: UnsafeMutableRawPointer, byteCount: Int)? {
        let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { return nil }
        return (start, byteCount)
    }

    deinit {
        if let mapping { munmap(mapping.start, mapping.byteCount) } else { base.deallocate() }
    }
}
