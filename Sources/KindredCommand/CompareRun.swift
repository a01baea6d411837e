import Compute
import Engine
import Methods
import Tables

/// One run of `kindred compare`: read, compare, tell.
struct CompareRun {
    let command: CompareCommand

    func run() throws {
        let formula = try command.input.parsedFormula()
        let session = try command.place.makeSession(command.settings, precision: .double)
        try checkIsAnotherFile(command.output, than: [command.input.table])
        let messages = command.settings.messages
        let parallel = command.settings.parallel
        var timer = StepTimer()
        let store = try command.input.readTable(
            for: formula, response: command.family.response, clusters: nil, settings: command.settings)
        timer.finish("read")
        let design = try Design(
            formula: formula, store: store, weights: command.input.weights, response: command.family.response)
        let loss = command.family.loss(classCount: design.classes.count)
        let problem = try TableProblem(
            design: design, store: store, clusterColumn: nil, loss: loss, parallel: parallel)
        let isFree = command.intercept == .free && design.intercept != nil
        try ArmulOptions.checkSizes(
            clusters: command.clusters, rank: command.rank, taskCount: store.layout.taskCount,
            shrunkCount: design.featureCount - (isFree ? 1 : 0))
        let validation = validation(loss: loss)
        let workload = Workload(
            rowCount: store.layout.rowCount, featureCount: design.featureCount, passCount: validation.passCount,
            precision: .double)
        if command.settings.verbose { messages.detail("device: \(session.planText(for: workload))") }
        let comparison = try session.perform(
            ComparisonJob(validation: validation, problem: problem, messages: messages), workload: workload)
        timer.finish("compare")
        if Signals.isInterrupted { throw ComputeError.interrupted }
        if comparison.compared.taskCount == 0, comparison.others == nil {
            throw TableError(
                .data,
                "\(store.sourceName): no task can be fitted and predicted by every method: too few rows once a fold is "
                    + "held out, or dependent features; kindred fit says which; try fewer terms, or fewer --methods")
        }
        let result = ComparisonResult(
            comparison: comparison, family: command.family, store: store, seed: command.seed,
            deviceName: session.deviceName ?? "")
        if let path = command.output {
            let file = try OutputFile(path: path)
            try file.write(result.csv)
            try file.finish()
        } else {
            if command.json { try OutputFile.show(result.json) } else { try OutputFile.show(result.table) }
        }
        messages.note(store.rowsText)
        for line in result.penaltyLines { messages.note(line) }
        let steps = timer.seconds.map { "\($0.name) \(secondsText($0.seconds))" }.joined(separator: ", ")
        messages.note("\(steps) on \(session.deviceName ?? "no device")")
    }

    private func validation(loss: Loss) -> CrossValidation {
        var validation = CrossValidation(
            methods: command.comparedMethods, foldCount: command.folds, seed: command.seed,
            standardizes: command.standardize)
        validation.loss = loss
        if let strengths = command.strengths { validation.strengths = StrengthGrid(strengths: strengths.values) }
        if let clusters = command.clusters { validation.clusterCounts = clusters.values }
        if let rank = command.rank { validation.ranks = rank.values }
        if let mixture = command.mixture { validation.mixture = mixture }
        validation.intercept = command.intercept == .shared ? .shared : .free
        return validation
    }
}

/// A comparison, for a session to run where it sees fit.
private struct ComparisonJob: Job {
    let validation: CrossValidation
    let problem: TableProblem
    let messages: Messages

    /// Each attempt has a line of its own: that of one that fails is gone before the failure is told.
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Comparison {
        let progress = ProgressLine("comparing", unit: "rows", messages: messages)
        defer { progress.finish() }
        return try validation.compare(
            problem, on: backend, reference: reference,
            progress: progress.ofPasses(total: problem.layout.rowCount * validation.passCount))
    }
}
