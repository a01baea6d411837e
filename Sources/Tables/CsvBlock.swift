/// Bytes of a table that begin at a record's start, with the places where they may be cut into pieces.
final class CsvBlock {
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    /// The number of bytes held; one more line feed may follow at the end of the file.
    var count = 0
    /// Ends of records, in ascending order; what follows the last belongs to the next block.
    var cuts: [Int] = []
    /// Whether the file ends with this block.
    var isLast = false
    /// Where a quoted field begins that the file does not end.
    var openQuote: Int?

    /// Readers of numbers look this far past a field.
    private static let padding = 16

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        bytes = .allocate(capacity: self.capacity + Self.padding)
    }

    deinit { bytes.deallocate() }

    /// The end of the last whole record.
    var end: Int { cuts.last ?? 0 }

    /// Whether its whole records are blank lines.
    var isBlank: Bool {
        UnsafeBufferPointer(start: bytes, count: end).allSatisfy {
            $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
    }

    func grow(to capacity: Int) {
        guard capacity > self.capacity else { return }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Self.padding)
        larger.initialize(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
        self.capacity = capacity
    }
}
