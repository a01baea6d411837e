/// Text on its way to a file: bytes, with the few things that results are made of.
public struct OutputText: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    public mutating func append(bytes more: [UInt8]) { bytes.append(contentsOf: more) }

    public mutating func append(_ number: Int) { append(number.description) }

    /// The shortest decimal that reads back as the same bits; `Inf` and `-Inf`; nothing for NaN, which means missing.
    public mutating func append(_ number: Double) {
        if number.isFinite {
            append(number.description)
        } else if !number.isNaN {
            append(number > 0 ? "Inf" : "-Inf")
        }
    }

    /// The number as JSON has it: `null` unless it is finite.
    public mutating func append(json number: Double) { append(number.isFinite ? number.description : "null") }

    /// A number that is most often whole, as degrees of freedom: `12`, `12.5`.
    public mutating func append(count number: Double) {
        if let whole = Int(exactly: number) { append(whole) } else { append(number) }
    }

    /// A field of CSV, in quotes where it holds a comma, a quote or the end of a line, or begins or ends
    /// with a blank, which readers take off.
    public mutating func append(field text: String) {
        let needsQuotes =
            text.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
            || text.utf8.first.map(NumberParser.isBlank) ?? false || text.utf8.last.map(NumberParser.isBlank) ?? false
        guard needsQuotes else { return append(text) }
        bytes.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }

    /// A string of JSON, with its quotes.
    public mutating func append(json text: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: bytes += [0x5C, byte]
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                append("\\u00")
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
