import Compute
import Engine
import Tables

extension InputOptions {
    /// Reads the columns that a formula and the other options name, telling how far it is.
    ///
    /// - Parameters:
    ///   - response: what the response is: one of classes may be labels.
    ///   - clusters: a column of labels that are needed too.
    ///   - taskNumbers: columns of one number a task that are.
    func readTable(
        for formula: Formula, response: ResponseKind, levels: [String: [String]]? = nil, clusters: String?,
        taskNumbers: [String] = [], settings: RunOptions
    ) throws -> ColumnStore {
        let classes = response == .binary || response == .classes ? formula.responseColumn : nil
        var columns: [(name: String, role: TableRequest.Role)] = formula.variables.map { variable in
            switch variable.content {
            case .numbers: (variable.name, variable.name == classes ? .infer : .numbers)
            case .labels: (variable.name, .labels)
            // In a model's rows what it has levels of are labels, and other predictors numbers.
            case .either: (variable.name, levels.map { $0[variable.name] == nil ? .numbers : .labels } ?? .infer)
            }
        }
        if let weights { columns.append((weights, .numbers)) }
        columns += taskNumbers.map { ($0, .numbers) }
        if let clusters { columns.append((clusters, .labels)) }
        let request = TableRequest(task: task, columns: columns, missing: missingTexts)
        let progress = ProgressLine("reading", unit: "B", messages: settings.messages)
        defer { progress.finish() }
        return try TableReader(
            path: table, request: request, parallel: settings.parallel, memoryLimit: settings.memoryBytes,
            progress: { done, total in
                progress.update(done: done, total: total)
                return !Signals.isInterrupted
            }
        ).read()
    }
}

extension PlaceOptions {
    /// A session on the device of the user's choice, which says what goes differently than asked.
    func makeSession(_ settings: RunOptions, precision: Precision) throws -> Session {
        let messages = settings.messages
        return try Session(
            choice: deviceChoice(), precision: precision, parallel: settings.parallel,
            memoryBytes: settings.memoryBytes
        ) { messages.warn($0.message) }
    }
}

extension OutputFile {
    /// Writes text to standard output.
    static func show(_ text: String) throws(TableError) {
        var output = OutputText()
        output.append(text)
        try show(output)
    }

    static func show(_ text: OutputText) throws(TableError) {
        let output = try OutputFile(path: nil)
        try output.write(text)
        try output.finish()
    }
}
