import Glibc
import Tables

/// The records of a file of results, one by one: lines, but for those that end within quotes.
struct RecordFile {
    let path: String

    /// Hands each record to `body`, without the end of its line.
    ///
    /// - Throws: ``TableError``, that of `body` too; of kind `noInput` where the file cannot be read.
    func readRecords(_ body: (ArraySlice<UInt8>) throws(TableError) -> Void) throws(TableError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw cannotRead }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = Array(repeating: UInt8(0), count: 1 << 18)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw cannotRead }
            if count == 0 { break }
            text += piece[..<count]
            var start = 0
            var isQuoted = false
            for place in text.indices {
                if text[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
                if text[place] == UInt8(ascii: "\n"), !isQuoted {
                    try body(text[start..<place])
                    start = place + 1
                }
            }
            text.removeFirst(start)
        }
        if !text.isEmpty { try body(text[...]) }
    }

    private var cannotRead: TableError {
        TableError(.noInput, "cannot read '\(path)': \(String(cString: strerror(errno)))")
    }

    /// The numbers in the last fields of a record, NaN for those that are empty; nil where there are no such numbers.
    static func lastNumbers(_ count: Int, of record: ArraySlice<UInt8>) -> [Double]? {
        var numbers: [Double] = []
        var rest = record
        for _ in 0..<count {
            guard let comma = rest.lastIndex(of: UInt8(ascii: ",")) else { return nil }
            let field = rest[(comma + 1)...]
            rest = rest[..<comma]
            guard let number = field.isEmpty ? .nan : Double(String(decoding: field, as: UTF8.self)) else { return nil }
            numbers.append(number)
        }
        return numbers.reversed()
    }
}
