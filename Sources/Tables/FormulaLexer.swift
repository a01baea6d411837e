/// A piece of a formula's text.
struct FormulaToken {
    enum Kind: Equatable {
        case name(String)
        case number(Double)
        /// One of `~ + - * / ^ : ( ) ,`.
        case sign(Character)
        case end
    }

    let kind: Kind
    /// As it stands in the formula, for messages and names.
    let spelling: String
    /// The number of bytes before it.
    let offset: Int
}

/// Cuts a formula's text into tokens.
struct FormulaLexer {
    private let text: String
    private let bytes: [UInt8]
    private var next = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    static func tokens(of text: String) throws(TableError) -> [FormulaToken] {
        var lexer = FormulaLexer(text)
        var tokens: [FormulaToken] = []
        repeat { tokens.append(try lexer.token()) } while tokens[tokens.count - 1].kind != .end
        return tokens
    }

    private mutating func token() throws(TableError) -> FormulaToken {
        while next < bytes.count, bytes[next] == 0x20 || (9...13).contains(bytes[next]) { next += 1 }
        let start = next
        guard start < bytes.count else { return FormulaToken(kind: .end, spelling: "", offset: start) }
        let byte = bytes[start]
        if byte == UInt8(ascii: "`") { return try quotedName() }
        if isDigit(byte) || byte == UInt8(ascii: ".") && start + 1 < bytes.count && isDigit(bytes[start + 1]) {
            return try number()
        }
        if isNameByte(byte) {
            while next < bytes.count, isNameByte(bytes[next]) { next += 1 }
            let name = spelling(from: start)
            return FormulaToken(kind: .name(name), spelling: name, offset: start)
        }
        next += 1
        let character = Character(Unicode.Scalar(byte))
        guard "~+-*/^:(),".contains(character) else {
            throw formulaError(
                text, at: start, "found '\(printable(String(character)))', which formulas do not use",
                "put a name with other characters than letters, digits, '_' and '.' in backticks")
        }
        return FormulaToken(kind: .sign(character), spelling: String(character), offset: start)
    }

    private mutating func number() throws(TableError) -> FormulaToken {
        let start = next
        let e = UInt8(ascii: "e")
        while next < bytes.count {
            let isExponentSign =
                (bytes[next] == UInt8(ascii: "-") || bytes[next] == UInt8(ascii: "+")) && bytes[next - 1] | 0x20 == e
                && next + 1 < bytes.count && isDigit(bytes[next + 1])
            guard isNameByte(bytes[next]) || isExponentSign else { break }
            next += 1
        }
        let digits = spelling(from: start)
        guard let value = Double(digits), value.isFinite, !digits.utf8.contains(UInt8(ascii: "x")) else {
            throw formulaError(
                text, at: start, "found '\(printable(digits))', which is no number",
                "put a name that begins with a digit in backticks")
        }
        return FormulaToken(kind: .number(value), spelling: digits, offset: start)
    }

    private mutating func quotedName() throws(TableError) -> FormulaToken {
        let start = next
        var name: [UInt8] = []
        next += 1
        while next < bytes.count, bytes[next] != UInt8(ascii: "`") {
            if bytes[next] == UInt8(ascii: "\\"), next + 1 < bytes.count { next += 1 }
            name.append(bytes[next])
            next += 1
        }
        guard next < bytes.count else {
            throw formulaError(
                text, at: start, "found a backtick that is never closed", "close it after the name")
        }
        next += 1
        guard !name.isEmpty else {
            throw formulaError(
                text, at: start, "found nothing between two backticks", "write a column's name there")
        }
        return FormulaToken(
            kind: .name(String(decoding: name, as: UTF8.self)), spelling: spelling(from: start),
            offset: start)
    }

    private func spelling(from start: Int) -> String { String(decoding: bytes[start..<next], as: UTF8.self) }
}

/// One line: the formula, what was found where, and what to do.
///
/// - Parameter offset: the number of bytes before the place, which the message counts in characters from 1.
func formulaError(_ text: String, at offset: Int, _ found: String, _ advice: String) -> TableError {
    let position = String(decoding: text.utf8.prefix(offset), as: UTF8.self).count + 1
    return TableError(.usage, "formula '\(printable(text))', position \(position): \(found); \(advice)")
}
