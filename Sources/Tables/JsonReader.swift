/// Reads JSON from bytes one value after another, without building a tree of them.
struct JsonReader {
    private let bytes: [UInt8]
    private let source: String
    private var next = 0
    private var depth = 0

    private static let depthLimit = 64

    /// - Parameter source: the file's name, for messages.
    init(_ bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { next = 3 }
    }

    /// Calls `body` at the value of each member of an object. It must read or skip that value.
    mutating func object(_ body: (inout JsonReader, String) throws(TableError) -> Void) throws(TableError) {
        try open("{")
        if take("}") { return leave() }
        repeat {
            skipSpace()
            let name = try string()
            try expect(":")
            try body(&self, name)
        } while take(",")
        try expect("}", orComma: true)
        leave()
    }

    /// Calls `body` at each element of an array. It must read or skip that element.
    mutating func array(_ body: (inout JsonReader) throws(TableError) -> Void) throws(TableError) {
        try open("[")
        if take("]") { return leave() }
        repeat { try body(&self) } while take(",")
        try expect("]", orComma: true)
        leave()
    }

    mutating func string() throws(TableError) -> String {
        skipSpace()
        guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else { throw unexpected("a string") }
        next += 1
        let start = next
        while next < bytes.count, bytes[next] != UInt8(ascii: "\""), bytes[next] != UInt8(ascii: "\\"),
            bytes[next] >= 32
        {
            next += 1
        }
        guard next < bytes.count, bytes[next] >= 32 else { throw unexpected("the end of a string") }
        if bytes[next] == UInt8(ascii: "\"") {
            next += 1
            return String(decoding: bytes[start..<next - 1], as: UTF8.self)
        }
        return try escapedString(from: start)
    }

    /// A number, or NaN for `null`.
    mutating func double() throws(TableError) -> Double {
        if takeWord("null") { return .nan }
        skipSpace()
        let start = next
        guard let value = Double(scanNumber()), value.isFinite else {
            next = start
            throw unexpected("a number")
        }
        return value
    }

    /// A whole number of at least 0.
    mutating func count() throws(TableError) -> Int {
        skipSpace()
        let start = next
        guard let value = Int(try numberSpelling()), value >= 0 else {
            next = start
            throw unexpected("a whole number")
        }
        return value
    }

    mutating func strings() throws(TableError) -> [String] {
        var strings: [String] = []
        try array { reader throws(TableError) in strings.append(try reader.string()) }
        return strings
    }

    mutating func doubles(into numbers: inout [Double]) throws(TableError) {
        try array { reader throws(TableError) in numbers.append(try reader.double()) }
    }

    mutating func value() throws(TableError) -> JsonValue {
        skipSpace()
        guard next < bytes.count else { throw unexpected("a value") }
        switch bytes[next] {
        case UInt8(ascii: "{"):
            var members: [JsonValue.Member] = []
            try object { reader, name throws(TableError) in members.append(.init(name, try reader.value())) }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JsonValue] = []
            try array { reader throws(TableError) in elements.append(try reader.value()) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string())
        default:
            if takeWord("null") { return .null }
            if takeWord("true") { return .bool(true) }
            if takeWord("false") { return .bool(false) }
            return .number(spelling: try numberSpelling())
        }
    }

    /// Nothing but space may follow.
    mutating func end() throws(TableError) {
        skipSpace()
        guard next == bytes.count else { throw unexpected("the end of the file") }
    }

    /// An error at the place reached: what was found, instead of what.
    func unexpected(_ wanted: String) -> TableError {
        guard next < bytes.count else { return failure("the file ends where \(wanted) was expected") }
        let rest = bytes[next..<min(next + 24, bytes.count)].prefix { $0 != 0x0A && $0 != 0x0D }
        return failure("found '\(printable(String(decoding: rest, as: UTF8.self)))' where \(wanted) was expected")
    }

    /// An error on the line reached.
    func failure(_ message: String, _ advice: String = ModelFile.damageAdvice) -> TableError {
        let line = bytes[..<min(next, bytes.count)].count { $0 == 0x0A } + 1
        return .data(source, line: line, "\(message); \(advice)")
    }

    // MARK: Pieces

    private mutating func open(_ character: Unicode.Scalar) throws(TableError) {
        try expect(character)
        depth += 1
        guard depth <= Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels of nesting") }
    }

    private mutating func leave() { depth -= 1 }

    private mutating func skipSpace() {
        while next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x0A || bytes[next] == 0x0D || bytes[next] == 9
        {
            next += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next < bytes.count, bytes[next] == UInt8(ascii: character) else { return false }
        next += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        skipSpace()
        let count = word.utf8CodeUnitCount
        guard next + count <= bytes.count else { return false }
        for place in 0..<count where bytes[next + place] != word.utf8Start[place] { return false }
        next += count
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar, orComma: Bool = false) throws(TableError) {
        guard !take(character) else { return }
        throw unexpected(orComma ? "',' or '\(character)'" : "'\(character)'")
    }

    private mutating func numberSpelling() throws(TableError) -> String {
        skipSpace()
        let start = next
        let spelling = scanNumber()
        guard Double(spelling) != nil else {
            next = start
            throw unexpected("a number")
        }
        return spelling
    }

    private mutating func scanNumber() -> String {
        let start = next
        while next < bytes.count, isNumberByte(bytes[next]) { next += 1 }
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func escapedString(from start: Int) throws(TableError) -> String {
        var text = Array(bytes[start..<next])
        while next < bytes.count, bytes[next] >= 32 {
            let byte = bytes[next]
            next += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard next < bytes.count else { break }
            next += 1
            switch bytes[next - 1] {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try escapedScalar()).utf8))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[next - 1])
            default:
                next -= 1
                throw unexpected("an escape of JSON")
            }
        }
        throw unexpected("the end of a string")
    }

    /// The four digits after `\u`, and those of a second one where it takes two to make a character.
    private mutating func escapedScalar() throws(TableError) -> Unicode.Scalar {
        let first = try hexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let end = next
        guard (0xD800..<0xDC00).contains(first), next + 1 < bytes.count, bytes[next] == UInt8(ascii: "\\"),
            bytes[next + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        next += 2
        let second = try hexDigits()
        guard (0xDC00..<0xE000).contains(second) else {
            // The second stands for itself.
            next = end
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexDigits() throws(TableError) -> UInt32 {
        let digits = bytes[next..<min(next + 4, bytes.count)]
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw unexpected("four hexadecimal digits") }
        next += 4
        return value
    }
}
