import Compute
import Methods
import Tables

/// One run of `kindred predict`.
struct PredictRun {
    private let command: PredictCommand
    private let messages: Messages
    private let parallel: Parallel

    init(_ command: PredictCommand) {
        self.command = command
        messages = command.settings.messages
        parallel = command.settings.parallel
    }

    func run() throws {
        let model = try ModelFile(readingFrom: command.model)
        try checkIsAnotherFile(command.output, than: [command.model, command.table])
        let output = try OutputFile(path: command.output)
        let formula = try formula(of: model)
        let family = PredictedFamily(of: model)
        let store = try readTable(for: formula, model: model, family: family)
        let responseColumns = family.responseColumns(of: formula)
        let hasResponse =
            !responseColumns.isEmpty
            && responseColumns.allSatisfy { store.column(named: $0, holdingNumbers: family.classes.isEmpty) != nil }
        let design = try Design(
            formula: formula, levels: model.levels, store: store, response: hasResponse ? family.name.response : nil,
            classes: family.classes)
        guard design.coefficientNames(family.name, classes: family.classes) == model.terms else {
            throw TableError(
                .data, "\(printable(command.model)): its terms are not those of its formula; fit the model again")
        }
        var coefficients = try TaskCoefficients(of: model, for: store.taskLabels, policy: command.newTasks)
        let unseen =
            command.newTasks == nil ? UnseenTasks(of: model, design, loss: family.loss, parallel: parallel) : nil
        if let unseen, !coefficients.newTasks.isEmpty {
            try unseen.place(coefficients.newTasks, in: &coefficients)
        }
        let loss = family.loss
        var predictions = try design.predictions(
            coefficients: coefficients.values, columnCount: loss.columnCount, parallel: parallel)
        loss.replaceByMeans(&predictions)
        // Of two classes the probability of the second says it all.
        if loss.columnCount == 2 { predictions = stride(from: 1, to: predictions.count, by: 2).map { predictions[$0] } }
        let columnCount = loss.columnCount > 2 ? loss.columnCount : 1
        try write(predictions, columnCount: columnCount, classes: family.classes, of: store, to: output)
        if Signals.isInterrupted { throw ComputeError.interrupted }
        try output.finish()
        report(predictions, store: store, design: design, coefficients: coefficients, placement: unseen?.description)
    }

    private func formula(of model: ModelFile) throws(TableError) -> Formula {
        do {
            return try Formula(parsing: model.formula)
        } catch {
            throw TableError(.data, "\(printable(command.model)): \(error); fit the model again")
        }
    }

    private func readTable(for formula: Formula, model: ModelFile, family: PredictedFamily) throws -> ColumnStore {
        var columns = formula.predictors(levels: model.levels).map { variable in
            (name: variable.name, role: variable.content == .labels ? TableRequest.Role.labels : .numbers)
        }
        if command.newTasks == nil, UnseenTasks.canPlace(in: model) {
            columns += family.responseColumns(of: formula).map {
                (name: $0, role: family.classes.isEmpty ? .numbersIfAny : .labelsIfAny)
            }
        }
        let texts = command.na ?? model.settings.first { $0.name == "na" }?.value.string ?? "NA,"
        let request = TableRequest(
            task: model.taskColumn, columns: columns,
            missing: texts.split(separator: ",", omittingEmptySubsequences: false).map(String.init),
            keepsInputRows: true)
        let progress = ProgressLine("reading", unit: "B", messages: messages)
        defer { progress.finish() }
        return try TableReader(
            path: command.table, request: request, parallel: parallel, memoryLimit: command.settings.memoryBytes,
            progress: { done, total in
                progress.update(done: done, total: total)
                return !Signals.isInterrupted
            }
        ).read()
    }

    /// One line a row of the input, in its order.
    private func write(
        _ predictions: [Double], columnCount: Int, classes: [String], of store: ColumnStore, to file: OutputFile
    ) throws {
        let inputRows = try store.inputRows
        var values = Array(repeating: Double.nan, count: store.totalRowCount * columnCount)
        var tasks = Array(repeating: Int32(-1), count: store.totalRowCount)
        for task in 0..<store.layout.taskCount {
            for row in store.layout.offsets[task]..<store.layout.offsets[task + 1] {
                for column in 0..<columnCount {
                    values[inputRows[row] * columnCount + column] = predictions[row * columnCount + column]
                }
                tasks[inputRows[row]] = Int32(task)
            }
        }
        let writer = PredictionWriter(
            PredictionTable(tasks: store.taskLabels, taskOfRow: tasks, means: values, classes: classes))
        if command.output.flatMap(OutputFormat.init) == .archive {
            try writer.writeArchive(to: file, parallel: parallel)
        } else {
            try writer.write(to: file, parallel: parallel)
        }
    }

    private func report(
        _ predictions: [Double], store: ColumnStore, design: Design, coefficients: TaskCoefficients,
        placement: String?
    ) {
        let columnCount = max(1, predictions.count / max(1, store.layout.rowCount))
        let missing = predictions.count { $0.isNaN } / columnCount + store.droppedRowCount
        messages.note(
            "\(store.sourceName): \(counted(store.totalRowCount, "row")), \(counted(store.layout.taskCount, "task")), "
                + "\(counted(store.totalRowCount - missing)) predicted")
        if store.droppedRowCount > 0 {
            messages.note("no prediction for \(counted(store.droppedRowCount, "row")) with missing values")
        }
        if design.unknownLevelRowCount > 0 {
            messages.note(
                "no prediction for \(counted(design.unknownLevelRowCount, "row")) with a category that the model has not seen"
            )
        }
        func note(_ use: String, _ taskCount: Int) {
            if taskCount > 0 {
                messages.note("\(use) for \(counted(taskCount, "task")) without coefficients in the model")
            }
        }
        if let placement { note("prediction from \(placement)", coefficients.placedTaskCount) }
        note(
            coefficients.usesCenter ? "prediction from \(coefficients.centerName)" : "no prediction",
            coefficients.newTasks.count - coefficients.placedTaskCount)
    }
}

/// What a model's response is.
private struct PredictedFamily {
    let name: FamilyName
    let classes: [String]

    init(of model: ModelFile) {
        func setting(_ name: String) -> JsonValue? { model.settings.first { $0.name == name }?.value }
        name = setting("family")?.string.flatMap(FamilyName.init) ?? .gaussian
        classes = setting("classes")?.strings ?? []
    }

    var loss: Loss { name.loss(classCount: max(1, classes.count)) }

    /// The columns that the response is made of; of classes the one that it is.
    func responseColumns(of formula: Formula) -> [String] {
        classes.isEmpty ? formula.responseColumns : formula.responseColumn.map { [$0] } ?? []
    }
}

extension ModelFile {
    /// Whether a task's coefficients are drawn from its own rows. In a model with a subspace those of collinear tasks are too:
    /// they are left out of the subspace alone; and a search that came to its limit leaves those that it reached.
    fileprivate func isFitted(_ task: Int) -> Bool {
        switch tasks.statuses[task] {
        case .ok: true
        case .notConverged: tasks.coefficients[task * terms.count..<(task + 1) * terms.count].allSatisfy(\.isFinite)
        case .collinear: subspace != nil
        default: false
        }
    }
}

/// The coefficients that a model has for the tasks of a table.
struct TaskCoefficients {
    /// One vector a task of the table; NaN where there is none.
    private(set) var values: [Double]
    /// Tasks of the table without coefficients of their own, in a model whose tasks have their own.
    let newTasks: [Int]
    /// How many of those have found a place by their rows.
    private(set) var placedTaskCount = 0
    let usesCenter: Bool
    /// What the centre is called in reports.
    let centerName: String

    /// - Parameter policy: what to do with such tasks; by default the centre where there is one, else an error.
    init(of model: ModelFile, for labels: Labels, policy: NewTasks?) throws(TableError) {
        let count = model.terms.count
        let hasOwn = !model.tasks.coefficients.isEmpty
        if policy == .centre, model.center == nil {
            throw TableError(
                .usage,
                "--new-tasks centre: method '\(printable(model.method))' has no centre; "
                    + "use --new-tasks missing, or fit with --method pool"
            )
        }
        var places: [LabelKey: Int] = [:]
        for task in 0..<model.tasks.labels.count { places[LabelKey(model.tasks.labels[task])] = task }
        var values = Array(repeating: Double.nan, count: labels.count * count)
        var newTasks: [Int] = []
        for task in 0..<labels.count {
            let label = labels[task]
            let place = places[LabelKey(label)]
            if hasOwn, let place, model.isFitted(place) {
                for term in 0..<count { values[task * count + term] = model.tasks.coefficients[place * count + term] }
                continue
            }
            if hasOwn || place == nil { newTasks.append(task) }
            let takesCenter = !hasOwn && place != nil || policy != .missing && policy != .error
            if let center = model.center, takesCenter {
                for term in 0..<count { values[task * count + term] = center.coefficients[term] }
            } else if policy != .missing {
                let status = place.map { " (status \(model.tasks.statuses[$0].name))" } ?? ""
                throw TableError(
                    .data,
                    "the model has no coefficients for task '\(printable(label))'\(status); "
                        + "--new-tasks missing leaves such rows empty"
                        + (model.center == nil ? "" : ", --new-tasks centre uses what the tasks share"))
            }
        }
        self.values = values
        self.newTasks = newTasks
        usesCenter = model.center != nil && policy != .missing
        centerName = model.clusters == nil && model.subspace == nil ? "the centre" : "the mean of the tasks' centres"
    }

    /// Gives a new task the coefficients of the place that it has found.
    mutating func place(_ task: Int, _ coefficients: [Double]) {
        for (term, value) in coefficients.enumerated() { values[task * coefficients.count + term] = value }
        placedTaskCount += 1
    }
}
