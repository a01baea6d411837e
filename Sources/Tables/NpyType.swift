/// What the elements of a NumPy array are: `<f8`, `|b1`, `>U5`, ...
struct NpyType: Equatable {
    enum Kind: Equatable {
        case float, signed, unsigned, bool
        /// Bytes, or code points of four bytes each, filled up with zeros.
        case bytes, unicode
        /// No column: what it is, and what to do.
        case refused(String)
    }

    var kind: Kind
    /// The bytes of an element.
    var byteCount: Int
    var isBigEndian = false

    /// - Parameter text: as a header spells it.
    /// - Returns: nil for what is no type at all.
    init?(_ text: String) {
        var rest = text.utf8[...]
        guard let order = rest.popFirst(), let letter = rest.popFirst(), "<>|".utf8.contains(order) else { return nil }
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        let unit = rest.dropFirst(digits.count)
        guard digits.count <= 10, let size = Int(String(decoding: digits, as: UTF8.self)) ?? (letter == 0x4F ? 8 : nil),
            unit.isEmpty
                || (unit.first == UInt8(ascii: "[") && unit.last == UInt8(ascii: "]") && "Mm".utf8.contains(letter))
        else { return nil }
        byteCount = size
        isBigEndian = order == UInt8(ascii: ">")
        switch (letter, size) {
        case (UInt8(ascii: "f"), 2), (UInt8(ascii: "f"), 4), (UInt8(ascii: "f"), 8): kind = .float
        case (UInt8(ascii: "i"), 1), (UInt8(ascii: "i"), 2), (UInt8(ascii: "i"), 4), (UInt8(ascii: "i"), 8):
            kind = .signed
        case (UInt8(ascii: "u"), 1), (UInt8(ascii: "u"), 2), (UInt8(ascii: "u"), 4), (UInt8(ascii: "u"), 8):
            kind = .unsigned
        case (UInt8(ascii: "b"), 1): kind = .bool
        case (UInt8(ascii: "S"), 0), (UInt8(ascii: "a"), 0), (UInt8(ascii: "U"), 0):
            kind = .refused("texts of no length (\(text)); leave it out")
        case (UInt8(ascii: "S"), _), (UInt8(ascii: "a"), _): kind = .bytes
        case (UInt8(ascii: "U"), _):
            kind = .unicode
            byteCount = 4 * size
        case (UInt8(ascii: "f"), _):
            kind = .refused("long doubles (\(text)); save it with .astype('f8')")
        case (UInt8(ascii: "c"), _):
            kind = .refused("complex numbers (\(text)); save its .real and .imag apart")
        case (UInt8(ascii: "M"), _), (UInt8(ascii: "m"), _):
            kind = .refused(
                "dates or durations (\(text)); save numbers, as with .astype('i8'), or text, as with .astype('U')")
        case (UInt8(ascii: "O"), _):
            kind = .refused(
                "Python objects, which are pickled programs and are never run; "
                    + "save numbers with .astype('f8') or text with .astype('U')")
        case (UInt8(ascii: "V"), _):
            kind = .refused("bytes without a type (\(text)); save numbers or text")
        default: return nil
        }
    }

    var isText: Bool { kind == .bytes || kind == .unicode }
}
