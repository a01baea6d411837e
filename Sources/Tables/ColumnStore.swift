public import Compute

/// A table's columns, parsed once and grouped by task.
///
/// Rows of a task are adjacent and in input order; rows with a missing value are not in it.
public final class ColumnStore: Sendable {
    /// What a stored column holds.
    public enum Kind: Sendable, Equatable {
        /// A number a row.
        case numbers
        /// A code a row: an index into these levels, which are in ascending order.
        case codes(levels: Labels)
    }

    public struct Column: Sendable, Equatable {
        public let name: String
        public let kind: Kind

        public init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }

        /// Whether it holds numbers rather than codes.
        public var holdsNumbers: Bool { kind == .numbers }
    }

    /// Which rows belong to which task.
    public let layout: TaskLayout
    /// One label a task, in ascending order.
    public let taskLabels: Labels
    /// The columns, each name at most once with numbers and once with codes.
    public let columns: [Column]
    private let origin: Origin
    private let values: [ScratchColumn]
    private let inputPlaces: ScratchColumn?

    /// Where a store's rows come from.
    struct Origin {
        var sourceName = ""
        var totalRowCount: Int
        var missingCounts: [MissingCount] = []
        var firstNonFinite: [NonFiniteValue?]
    }

    /// How many rows miss a value in a column.
    public struct MissingCount: Sendable, Equatable {
        public let column: String
        public let count: Int
    }

    /// A store of columns that are in memory already: numbers as they are, codes as whole numbers.
    public convenience init(layout: TaskLayout, taskLabels: Labels, columns: [Column], values: [[Double]]) {
        precondition(values.allSatisfy { $0.count == layout.rowCount }, "one value a row in every column")
        let area = ScratchArea(folder: "")
        let stored = zip(columns, values).map { column, values in
            let isNumbers = column.holdsNumbers
            let stored = ScratchColumn(stride: isNumbers ? 8 : 4, blockShift: 16, area: area)
            do throws(TableError) { try stored.extend(toHold: values.count) } catch { preconditionFailure("\(error)") }
            if isNumbers {
                values.withUnsafeBytes { if let start = $0.baseAddress { stored.write(0..<values.count, from: start) } }
            } else {
                values.map(UInt32.init).withUnsafeBytes {
                    if let start = $0.baseAddress { stored.write(0..<values.count, from: start) }
                }
            }
            return stored
        }
        let origin = Origin(
            totalRowCount: layout.rowCount, firstNonFinite: Array(repeating: nil, count: columns.count))
        self.init(
            layout: layout, taskLabels: taskLabels, columns: columns, values: stored, inputPlaces: nil, origin: origin)
    }

    init(
        layout: TaskLayout, taskLabels: Labels, columns: [Column], values: [ScratchColumn],
        inputPlaces: ScratchColumn?, origin: Origin
    ) {
        precondition(taskLabels.count == layout.taskCount, "one label a task")
        precondition(values.count == columns.count, "values of every column")
        self.layout = layout
        self.taskLabels = taskLabels
        self.columns = columns
        self.values = values
        self.inputPlaces = inputPlaces
        self.origin = origin
    }

    /// The name of the file, as messages show it.
    public var sourceName: String { origin.sourceName }
    /// The rows of data in the file.
    public var totalRowCount: Int { origin.totalRowCount }
    /// The rows of the file that are not in the store, because a value of theirs is missing.
    public var droppedRowCount: Int { origin.totalRowCount - layout.rowCount }
    /// The columns in which values are missing, in the order of the file, with their numbers of rows.
    ///
    /// A row may miss several.
    public var droppedByColumn: [MissingCount] { origin.missingCounts }
    /// For each column, its first number that is not finite among the rows of the store in input order.
    public var firstNonFinite: [NonFiniteValue?] { origin.firstNonFinite }

    /// The index of the first column with this name.
    public func column(named name: String) -> Int? { columns.firstIndex { $0.name == name } }

    /// The index of the column with this name that holds numbers, or of the one that holds codes.
    public func column(named name: String, holdingNumbers: Bool) -> Int? {
        columns.firstIndex { $0.name == name && $0.holdsNumbers == holdingNumbers }
    }

    /// Writes the numbers of `rows` (of the store's order) of a column of numbers. Several threads may read at once.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the scratch file that holds them cannot be read.
    public func readNumbers(column: Int, rows: Range<Int>, into numbers: UnsafeMutablePointer<Double>)
        throws(ComputeError)
    {
        precondition(columns[column].holdsNumbers, "numbers are read from a column of numbers")
        try read(values[column], rows, into: numbers)
    }

    /// Writes the codes of `rows` of a column of codes. Several threads may read at once.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the scratch file that holds them cannot be read.
    public func readCodes(column: Int, rows: Range<Int>, into codes: UnsafeMutablePointer<UInt32>)
        throws(ComputeError)
    {
        precondition(!columns[column].holdsNumbers, "codes are read from a column of codes")
        try read(values[column], rows, into: codes)
    }

    /// Whether the store knows which data row of the file each of its rows is.
    public var knowsInputRows: Bool { inputPlaces != nil }

    /// Writes the data row of the file, from 0, of each of `rows`. The request must have asked for them.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the scratch file that holds them cannot be read.
    public func readInputRows(_ rows: Range<Int>, into inputRows: UnsafeMutablePointer<UInt32>) throws(ComputeError) {
        guard let inputPlaces else { preconditionFailure("input rows are kept only where the request asks for them") }
        try read(inputPlaces, rows, into: inputRows)
    }

    /// The data row of the file, from 0, of every row of the store. The request must have asked for them.
    public var inputRows: [Int] {
        get throws(ComputeError) {
            var places = [UInt32](repeating: 0, count: layout.rowCount)
            try places.withUnsafeMutableBufferPointer { buffer throws(ComputeError) in
                if let start = buffer.baseAddress { try readInputRows(0..<buffer.count, into: start) }
            }
            return places.map(Int.init)
        }
    }

    private func read(_ column: ScratchColumn, _ rows: Range<Int>, into values: UnsafeMutableRawPointer)
        throws(ComputeError)
    {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= layout.rowCount, "rows of the store")
        try column.read(rows, into: values)
    }
}
