/// So many rows of every series of a table.
final class NpzBlock {
    let rowCapacity: Int
    var rows: Range<Int> = 0..<0
    /// The bytes of each series.
    let bytes: [UnsafeMutablePointer<UInt8>]

    init(rowBytes: [Int], rowCapacity: Int) {
        self.rowCapacity = rowCapacity
        bytes = rowBytes.map { .allocate(capacity: max(1, $0 * rowCapacity)) }
    }

    deinit { for address in bytes { address.deallocate() } }
}
