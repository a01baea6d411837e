/// What a parser keeps from piece to piece: the labels it has met, and memory for one piece.
final class TableWorker {
    let index: Int
    /// One table a column of labels.
    let tables: [LabelTable]
    /// The labels of the piece's complete rows, one column after another, each of `rowCapacity` rows.
    private(set) var labelStarts: UnsafeMutablePointer<UnsafePointer<UInt8>>
    private(set) var labelLengths: UnsafeMutablePointer<Int>
    private(set) var rowCapacity = 0
    /// Room for the piece's fields that hold doubled quotes.
    private(set) var scratch: UnsafeMutablePointer<UInt8>
    private var scratchCapacity = 0

    init(index: Int, labelCount: Int) {
        self.index = index
        tables = (0..<labelCount).map { _ in LabelTable() }
        labelStarts = .allocate(capacity: 0)
        labelLengths = .allocate(capacity: 0)
        scratch = .allocate(capacity: 0)
    }

    deinit {
        labelStarts.deallocate()
        labelLengths.deallocate()
        scratch.deallocate()
    }

    /// Makes room for the labels of this many rows.
    func reserveRows(_ rowCount: Int) {
        guard rowCount > rowCapacity else { return }
        labelStarts.deallocate()
        labelLengths.deallocate()
        labelStarts = .allocate(capacity: rowCount * tables.count)
        labelLengths = .allocate(capacity: rowCount * tables.count)
        rowCapacity = rowCount
    }

    /// Makes room for the text of a piece of `byteCount` bytes, and for readers that look past it.
    func reserveScratch(_ byteCount: Int) {
        let needed = byteCount + 16
        guard needed > scratchCapacity else { return }
        scratch.deallocate()
        scratch = .allocate(capacity: needed)
        scratch.initialize(repeating: 0, count: needed)
        scratchCapacity = needed
    }
}
