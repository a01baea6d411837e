/// What to take from each record of a table.
struct CsvPlan: Sendable {
    /// A field that is wanted as a number, as a label or as both.
    struct Field: Sendable {
        /// Its place among the record's fields.
        var index: Int
        /// Its place among the columns of numbers, or -1.
        var numberSlot = -1
        /// Its place among the columns of labels, or -1.
        var labelSlot = -1
    }

    var source: String
    var delimiter: UInt8
    /// The number of fields of every record.
    var fieldCount: Int
    /// The wanted fields in ascending order of their places.
    var fields: [Field]
    /// Their names.
    var names: [String]
    var numberCount: Int
    var labelCount: Int
    var missing: CsvMissingTexts
    var keepsInputRows: Bool
}

/// The texts that stand for a missing value.
struct CsvMissingTexts: Sendable {
    private let texts: [[UInt8]]
    /// Bit `n` is set when a text of `n` bytes is among them; the last bit stands for longer ones too.
    private let lengths: UInt64
    /// Whether one of them could be read as a number, so that fields must be compared before they are parsed.
    let includesNumber: Bool

    init(_ texts: [String]) {
        self.texts = texts.map { Array($0.utf8) }
        lengths = self.texts.reduce(0) { $0 | 1 << UInt64(min($1.count, 63)) }
        includesNumber = self.texts.contains { text in
            (text + [UInt8](repeating: 0, count: 8)).withUnsafeBufferPointer { padded in
                padded.baseAddress.map { NumberParser.number($0, count: text.count) != nil } ?? false
            }
        }
    }

    @inline(__always)
    func contains(_ field: CsvField) -> Bool {
        if lengths & (1 << UInt64(min(field.count, 63))) == 0 { return false }
        return containsText(of: field)
    }

    @inline(never)
    private func containsText(of field: CsvField) -> Bool {
        texts.contains { text in text.count == field.count && text.elementsEqual(field.bytes) }
    }
}
