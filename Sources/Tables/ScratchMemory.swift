import Compute
import Glibc

/// Zeroed memory straight from the system, given back to it when released.
///
/// The heap would keep freed columns for itself, and the peak of a large table with it.
package final class ScratchMemory: @unchecked Sendable {
    // Unchecked: the address never changes; who writes through it owns the rows it writes.
    let start: UnsafeMutableRawPointer
    private let byteCount: Int

    /// - Throws: ``TableError/Kind/cannotWrite`` when the system has no such room.
    package init(byteCount: Int) throws(TableError) {
        self.byteCount = max(1, byteCount)
        let address = mmap(nil, self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw TableError(
                .cannotWrite,
                "out of memory: \(byteText(self.byteCount)) asked for columns of the table; "
                    + "lower --memory, and they go to a scratch file")
        }
        start = address
        // Fewer and larger pages, where the system has them.
        _ = madvise(address, self.byteCount, MADV_HUGEPAGE)
    }

    deinit { munmap(start, byteCount) }
}
