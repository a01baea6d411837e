public import Compute

/// Predictions of a table's rows, in its order.
public struct PredictionTable: Sendable {
    public let tasks: Labels
    /// An index into the task labels, or a negative number where the row names no task.
    public let taskOfRow: [Int32]
    /// The mean that is expected of each row, NaN where there is none: or the probability of each class; of two that of the
    /// second.
    public let means: [Double]
    /// The classes' names; nothing where the response is a number.
    public let classes: [String]

    public init(tasks: Labels, taskOfRow: [Int32], means: [Double], classes: [String]) {
        precondition(
            means.count == taskOfRow.count * (classes.count > 2 ? classes.count : 1), "a mean a row, or one a class")
        self.tasks = tasks
        self.taskOfRow = taskOfRow
        self.means = means
        self.classes = classes
    }

    var rowCount: Int { taskOfRow.count }
    var columnCount: Int { classes.count > 2 ? classes.count : 1 }
    /// The columns behind the row, its task and the prediction.
    var probabilityNames: [String] { (classes.count == 2 ? [classes[1]] : classes).map { "p_\($0)" } }

    /// The class of the largest probability, of several the first; nil where there is no prediction.
    func classIndex(_ row: Int) -> Int? {
        let own = row * columnCount..<(row + 1) * columnCount
        if means[own.lowerBound].isNaN { return nil }
        if classes.count == 2 { return means[own.lowerBound] > 0.5 ? 1 : 0 }
        return own.max { means[$0] < means[$1] || means[$0] == means[$1] && $0 > $1 }.map { $0 - own.lowerBound }
    }
}

/// Writes predictions: the row's number, counted from 1 after the header, by which they are joined to the input, its task and
/// the value; or of classes the likeliest, with the probabilities behind it.
public struct PredictionWriter: Sendable {
    public static let header = "row,task,prediction"

    private let table: PredictionTable

    public init(_ table: PredictionTable) { self.table = table }

    /// Writes them as arrays `row`, `task` (no text where a row has none), `prediction` (NaN or no text where there is none)
    /// and the probabilities.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func writeArchive(to file: OutputFile, parallel: Parallel) throws(TableError) {
        let count = table.rowCount
        var archive = NpzWriter(file, parallel: parallel)
        try archive.writeWords("row", .repetitive, type: "<i8", shape: [count]) { UInt64($0 + 1) }
        try archive.write("task", shape: [count], count: count) { row in
            table.taskOfRow[row] < 0 ? [] : table.tasks.utf8(of: Int(table.taskOfRow[row]))
        }
        guard !table.classes.isEmpty else {
            try archive.writeWords("prediction", .numeric, type: "<f8", shape: [count]) { table.means[$0].bitPattern }
            return try archive.finish()
        }
        let names = table.classes.map { Array($0.utf8)[...] }
        try archive.write("prediction", shape: [count], count: count) { row in
            table.classIndex(row).map { names[$0] } ?? []
        }
        for (column, name) in table.probabilityNames.enumerated() {
            try archive.writeWords(name, .numeric, type: "<f8", shape: [count]) { row in
                table.means[row * table.columnCount + column].bitPattern
            }
        }
        try archive.finish()
    }

    /// Writes them as CSV: the header and a line a row, a missing value as an empty field.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func write(to file: OutputFile, parallel: Parallel) throws(TableError) {
        var header = OutputText()
        header.append(Self.header)
        for name in table.probabilityNames {
            header.append(",")
            header.append(field: name)
        }
        header.append("\n")
        try file.write(header)
        let hasClasses = !table.classes.isEmpty
        try file.writeBlocks(of: table.rowCount, grain: 8192, parallel: parallel) { range, text in
            for row in range {
                text.append(row + 1)
                text.append(",")
                if table.taskOfRow[row] >= 0 { text.append(field: table.tasks[Int(table.taskOfRow[row])]) }
                if hasClasses {
                    text.append(",")
                    if let index = table.classIndex(row) { text.append(field: table.classes[index]) }
                }
                for column in 0..<table.columnCount {
                    text.append(",")
                    text.append(table.means[row * table.columnCount + column])
                }
                text.append("\n")
            }
        }
    }
}
