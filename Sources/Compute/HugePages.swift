import Glibc

extension Array {
    /// An array whose elements `initialize` writes, in huge pages where it is large and the system has them: bringing many small
    /// pages into being takes as long as writing them.
    ///
    /// - Parameter initialize: as of `init(unsafeUninitializedCapacity:initializingWith:)`.
    @inlinable
    package init(
        hugeUninitializedCapacity count: Int,
        initializingWith initialize: (inout UnsafeMutableBufferPointer<Element>, inout Int) throws -> Void
    ) rethrows {
        try self.init(unsafeUninitializedCapacity: count) { buffer, initializedCount in
            if let base = buffer.baseAddress {
                adviseHugePages(base, byteCount: count * MemoryLayout<Element>.stride)
            }
            try initialize(&buffer, &initializedCount)
        }
    }
}

/// Asks for huge pages within a range of memory that nothing has been written to. A system without them has ordinary ones.
@usableFromInline
func adviseHugePages(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    guard byteCount >= HostMemory.mappedByteCount else { return }
    let first = start.alignedUp(toMultipleOf: HostMemory.hugePage)
    let count = (byteCount - (first - start)) / HostMemory.hugePage * HostMemory.hugePage
    _ = madvise(first, count, MADV_HUGEPAGE)
}
