public import Compute

/// One line of a table of predictions.
public struct Prediction: Sendable {
    /// The row of the input, counted from 1 after the header.
    public let row: Int
    /// An index into the task labels, or nil where the row names no task.
    public let task: Int?
    /// NaN where there is none.
    public let value: Double

    public init(row: Int, task: Int?, value: Double) {
        self.row = row
        self.task = task
        self.value = value
    }
}

/// Writes predictions: the row's number, by which they are joined to the input, its task and the value.
public struct PredictionWriter: Sendable {
    public static let header = "row,task,prediction\n"

    private let tasks: Labels

    public init(tasks: Labels) { self.tasks = tasks }

    /// Writes them as arrays `row`, `task` (no text where a row has none) and `prediction` (NaN where there is none).
    ///
    /// `prediction` is called from several threads.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func writeArchive(
        to file: OutputFile, count: Int, parallel: Parallel, prediction: (Int) -> Prediction
    ) throws(TableError) {
        var archive = NpzWriter(file, parallel: parallel)
        try archive.writeWords("row", .repetitive, type: "<i8", shape: [count]) { UInt64(prediction($0).row) }
        try archive.write("task", shape: [count], count: count) { row in
            prediction(row).task.map { tasks.utf8(of: $0) } ?? []
        }
        try archive.writeWords("prediction", .numeric, type: "<f8", shape: [count]) { prediction($0).value.bitPattern }
        try archive.finish()
    }

    /// Writes them as CSV: the header and `count` lines, a missing value as an empty field.
    ///
    /// `prediction` is called from several threads.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func write(
        to file: OutputFile, count: Int, parallel: Parallel, prediction: (Int) -> Prediction
    ) throws(TableError) {
        try file.write(Self.header)
        try file.writeBlocks(of: count, grain: 8192, parallel: parallel) { range, text in
            for index in range {
                let line = prediction(index)
                text.append(line.row)
                text.append(",")
                if let task = line.task { text.append(field: tasks[task]) }
                text.append(",")
                text.append(line.value)
                text.append("\n")
            }
        }
    }
}
