import Glibc

/// Brings a table's bytes in blocks that begin and end with whole records.
final class CsvBlockReader {
    private let source: ByteSource
    private let blockBytes: Int
    private let pieceBytes: Int
    /// For a file whose name does not tell, a guess until the header has been seen.
    var delimiter: UInt8

    /// A record beyond this length is taken for an open quote.
    private let longestRecord = 1 << 28

    init(source: ByteSource, delimiter: UInt8, blockBytes: Int, pieceBytes: Int) {
        self.source = source
        self.delimiter = delimiter
        self.blockBytes = blockBytes
        self.pieceBytes = pieceBytes
    }

    /// Fills `block` with what `previous` left over and new bytes after it, and finds where it may be cut.
    func fill(_ block: CsvBlock, after previous: CsvBlock?) throws(TableError) {
        let rest = previous.map { $0.count - $0.end } ?? 0
        block.count = 0
        block.grow(to: max(blockBytes, rest))
        if let previous { memcpy(block.bytes, previous.bytes + previous.end, rest) }
        block.count = rest
        block.isLast = false
        if previous == nil { try readByteOrderMark(into: block) }
        try complete(block, to: blockBytes)
    }

    /// Reads the file's first three bytes and forgets them when they only say that it is UTF-8.
    private func readByteOrderMark(into block: CsvBlock) throws(TableError) {
        block.grow(to: 3)
        block.count = try source.read(into: block.bytes, count: 3)
        if block.count == 3, block.bytes[0] == 0xEF, block.bytes[1] == 0xBB, block.bytes[2] == 0xBF { block.count = 0 }
    }

    /// Reads on until the block holds `byteCount` bytes, and further until it holds a record's end.
    func complete(_ block: CsvBlock, to byteCount: Int) throws(TableError) {
        var target = max(byteCount, block.count + 1)
        while true {
            block.grow(to: target)
            while block.count < target, !block.isLast {
                let wanted = target - block.count
                let received = try source.read(into: block.bytes + block.count, count: wanted)
                block.count += received
                block.isLast = received < wanted
            }
            findCuts(in: block)
            if block.isLast || !block.cuts.isEmpty || block.count > longestRecord { return }
            target *= 2
        }
    }

    /// Cuts after the first record that ends at or past every `pieceBytes` bytes, and before a record that the file
    /// does not end: what is wrong above it is the first error.
    ///
    /// A quote opens a field only at the field's start; within a quoted field two quotes are one and one ends it.
    private func findCuts(in block: CsvBlock) {
        let bytes = block.bytes
        block.cuts.removeAll(keepingCapacity: true)
        block.openQuote = nil
        var place = 0
        var target = pieceBytes
        var recordStart = 0
        while place < block.count {
            let quote = openingQuote(in: block, from: place)
            let outsideEnd = quote ?? block.count
            while target <= outsideEnd {
                let from = max(place, target - 1)
                guard from < outsideEnd, let newline = memchr(bytes + from, Int32(Self.newline), outsideEnd - from)
                else { break }
                let cut = newline.assumingMemoryBound(to: UInt8.self) - bytes + 1
                block.cuts.append(cut)
                target = cut + pieceBytes
            }
            guard let quote else { break }
            if block.isLast {
                var start = quote
                while start > place, bytes[start - 1] != Self.newline { start -= 1 }
                if start > place { recordStart = start }
            }
            guard let close = closingQuote(in: block, from: quote + 1) else {
                block.openQuote = quote
                if recordStart > block.end { block.cuts.append(recordStart) }
                break
            }
            place = close + 1
        }
        if block.isLast, block.openQuote == nil, block.end < block.count {
            if bytes[block.count - 1] != Self.newline {
                block.grow(to: block.count + 1)
                block.bytes[block.count] = Self.newline
                block.count += 1
            }
            block.cuts.append(block.count)
        }
    }

    private func openingQuote(in block: CsvBlock, from start: Int) -> Int? {
        var place = start
        while place < block.count, let found = memchr(block.bytes + place, Int32(Self.quote), block.count - place) {
            let quote = found.assumingMemoryBound(to: UInt8.self) - block.bytes
            if quote == 0 { return quote }
            let before = block.bytes[quote - 1]
            if before == delimiter || before == Self.newline { return quote }
            place = quote + 1
        }
        return nil
    }

    private func closingQuote(in block: CsvBlock, from start: Int) -> Int? {
        var place = start
        while place < block.count, let found = memchr(block.bytes + place, Int32(Self.quote), block.count - place) {
            let quote = found.assumingMemoryBound(to: UInt8.self) - block.bytes
            // At the end of what has been read a second quote may still come.
            if quote + 1 == block.count { return block.isLast ? quote : nil }
            if block.bytes[quote + 1] != Self.quote { return quote }
            place = quote + 2
        }
        return nil
    }

    static let newline = UInt8(ascii: "\n")
    static let quote = UInt8(ascii: "\"")
}
