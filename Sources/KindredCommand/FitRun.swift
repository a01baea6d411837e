import Compute
import Engine
import Methods
import Tables

/// One run of `kindred fit`: read, fit, write, tell.
struct FitRun {
    private let command: FitCommand
    private let messages: Messages
    private let parallel: Parallel
    /// The model whose centre new tasks are drawn to, if there is one.
    private let transfer: ModelTransfer?

    init(_ command: FitCommand, transfer: ModelTransfer? = nil) {
        self.command = command
        self.transfer = transfer
        messages = command.settings.messages
        parallel = command.settings.parallel
    }

    func run() throws {
        let formula = try command.input.parsedFormula()
        // What can fail without the data fails before they are read.
        let session = try command.place.place.makeSession(
            command.settings, precision: command.place.precision.precision)
        let output = command.dryRun ? nil : try openOutput()
        let figures = command.dryRun ? nil : try command.report.flatMap(FigureOutput.init(path:))
        var timer = StepTimer()

        let store = try command.input.readTable(
            for: formula, response: command.family.response, levels: transfer?.model.levels,
            clusters: command.vcov.clusterColumn,
            taskNumbers: [command.molar.sigma?.column, command.tuning.shared.taskWeights?.column].compactMap(\.self),
            settings: command.settings)
        timer.finish("read")
        if output?.format == .model { try checkFitsModel(store.layout.taskCount) }
        let design =
            try transfer?.design(formula, store, command, parallel: parallel)
            ?? Design(
                formula: formula, store: store, weights: command.input.weights, response: command.family.response)
        let loss = command.family.loss(classCount: design.classes.count)
        var problem = try TableProblem(
            design: design, store: store, clusterColumn: command.vcov.clusterColumn, loss: loss, parallel: parallel)
        problem.errorVariances = try command.molar.errorVariances(of: store)
        if command.method == .armul {
            let isFree = command.tuning.armul.intercept == .free && design.intercept != nil
            try ArmulOptions.checkSizes(
                clusters: command.tuning.armulOptions.clusters, rank: command.tuning.armulOptions.rank,
                taskCount: store.layout.taskCount,
                shrunkCount: (design.featureCount - (isFree ? 1 : 0)) * loss.columnCount)
        }
        let estimator = command.method.estimator(
            variance: command.vcov.estimator, loss: loss, command.tuning, command.molar,
            taskWeights: try command.tuning.shared.taskWeights?.weights(of: store), towards: transfer?.center)
        let workload = Workload(
            rowCount: store.layout.rowCount, featureCount: design.featureCount, passCount: estimator.passCount,
            precision: command.place.precision.precision)
        if command.dryRun {
            let plan = DryRun(
                store: store, design: design, workload: workload, session: session,
                arrayCount: estimator.arrayCount, memoryBytes: command.settings.memoryBytes,
                readSeconds: timer.seconds.first?.seconds ?? 0)
            return try OutputFile.show(try plan.text)
        }
        if command.settings.verbose { messages.detail("device: \(session.planText(for: workload))") }
        let fit = try fit(problem, with: estimator, session: session, workload: workload)
        timer.finish("fit")
        try FitCheck(fit: fit, design: design, store: store).throwIfNothingWasFitted()

        let result = FitResult(
            fit: fit, givenCenter: transfer?.center, design: design, store: store, command: command, session: session,
            timings: timer.seconds, parallel: parallel)
        let summary = result.summary
        if let output {
            try result.write(to: output.file, format: output.format, parallel: parallel)
            if Signals.isInterrupted { throw ComputeError.interrupted }
            try output.file.finish()
            timer.finish("write")
        } else {
            try OutputFile.show(summary.table)
        }
        if let figures, let report = result.report { try figures.write(report) }
        if command.tuning.shared.path { try showPath(summary, isStreaming: output != nil && command.output == nil) }
        if output == nil { messages.note("") }
        for line in summary.lines(timings: timer.seconds) { messages.note(line) }
        for line in summary.detailLines { messages.detail(line) }
    }

    /// Shows what was tried where it is in nobody's way: a result that goes to standard output stays whole.
    private func showPath(_ summary: FitSummary, isStreaming: Bool) throws(TableError) {
        if isStreaming { return messages.note(summary.pathTable) }
        try OutputFile.show((command.output == nil ? "\n" : "") + summary.pathTable)
    }

    /// The file or stream for the result; nil when a terminal is shown a summary instead.
    private func openOutput() throws -> (file: OutputFile, format: OutputFormat)? {
        try checkIsAnotherFile(command.output, than: [command.input.table])
        try checkIsAnotherFile(command.report, named: "--report", than: [command.input.table])
        try checkIsAnotherOutput(command.report, named: "--report", than: command.output, named: "-o")
        if let path = command.output, let format = OutputFormat(path: path) {
            return (try OutputFile(path: path), format)
        }
        if command.json { return (try OutputFile(path: nil), .model) }
        return command.summary || Terminal.outputIsTerminal ? nil : (try OutputFile(path: nil), .tidy)
    }

    /// - Throws: ``TableError`` of kind `usage` when there are more tasks than JSON is written for.
    private func checkFitsModel(_ taskCount: Int) throws(TableError) {
        guard taskCount > OutputFormat.mostTasksOfModel else { return }
        let option = command.output.map { "-o \($0)" } ?? "--json"
        throw TableError(
            .usage,
            "\(option): \(counted(taskCount)) tasks are more than the \(counted(OutputFormat.mostTasksOfModel)) that are "
                + "written as JSON; name a .npz file after -o, which holds the same as arrays")
    }

    private func fit(
        _ problem: TableProblem, with estimator: some Estimator, session: Session, workload: Workload
    ) throws(ComputeError) -> Fit {
        try session.perform(
            FitJob(estimator: estimator, problem: problem, messages: messages), workload: workload)
    }
}

/// Seconds spent by step.
struct StepTimer {
    private(set) var seconds: [(name: String, seconds: Double)] = []
    private var start = ContinuousClock.now

    mutating func finish(_ name: String) {
        let now = ContinuousClock.now
        seconds.append((name, (now - start).inSeconds))
        start = now
    }
}
