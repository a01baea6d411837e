/// What to take from each row of a table.
struct TablePlan: Sendable {
    /// A field that is wanted as a number, as a label or as both.
    struct Field: Sendable {
        /// Its place among the fields of a record, or among the columns of a table of arrays.
        var index: Int
        /// Its place among the columns of numbers, or -1.
        var numberSlot = -1
        /// Its place among the columns of labels, or -1.
        var labelSlot = -1
        /// Whether it may miss a number, which then is NaN, or a label, which then is empty, and be in a complete row.
        var mayMiss = false
    }

    var source: String
    /// The wanted fields in ascending order of their places.
    var fields: [Field]
    /// Their names.
    var names: [String]
    var numberCount: Int
    var labelCount: Int
    var missing: MissingTexts
    var keepsInputRows: Bool
}

/// The texts that stand for a missing value.
struct MissingTexts: Sendable {
    private let texts: [[UInt8]]
    /// Bit `n` is set when a text of `n` bytes is among them; the last bit stands for longer ones too.
    private let lengths: UInt64
    /// Whether one of them could be read as a number, so that fields must be compared before they are parsed.
    let includesNumber: Bool

    init(_ texts: [String]) {
        self.texts = texts.map { Array($0.utf8) }
        lengths = self.texts.reduce(0) { $0 | 1 << UInt64(min($1.count, 63)) }
        includesNumber = self.texts.contains { Self.number(of: $0) != nil }
    }

    @inline(__always)
    func contains(_ field: UnsafeBufferPointer<UInt8>) -> Bool {
        if lengths & (1 << UInt64(min(field.count, 63))) == 0 { return false }
        return containsText(of: field)
    }

    @inline(never)
    private func containsText(of field: UnsafeBufferPointer<UInt8>) -> Bool {
        texts.contains { text in text.count == field.count && text.elementsEqual(field) }
    }

    /// The numbers among the texts, for columns that hold numbers and no text; NaN is not among them.
    var numbers: [Double] { texts.compactMap { Self.number(of: $0) }.filter { !$0.isNaN } }

    private static func number(of text: [UInt8]) -> Double? {
        (text + [UInt8](repeating: 0, count: 8)).withUnsafeBufferPointer { padded in
            padded.baseAddress.flatMap { NumberParser.number($0, count: text.count) }
        }
    }
}
