import Compute
import Engine
import Studies
import Tables

/// One run of `kindred reproduce armul table1`.
struct ReproduceActivityRun {
    let command: ReproduceCommand
    let path: String

    /// Repetitions without `--splits`, and with `--quick`.
    private static let splitCount = 20
    private static let quickSplitCount = 2

    func run() throws {
        let precision = command.place.precision.precision
        let session = try command.place.place.makeSession(command.settings, precision: precision)
        let store = try command.read { progress throws(TableError) in
            try ActivityData.read(path, parallel: command.settings.parallel, progress: progress)
        }
        try ActivityData.check(store)

        let splitCount = command.splitCount(usually: Self.splitCount, quickly: Self.quickSplitCount)
        let start = ContinuousClock.now
        let progress = ProgressLine("table1", unit: "fits", messages: command.settings.messages)
        defer { progress.finish() }
        let experiment = ActivityExperiment(
            store, mode: command.mode ?? .fixedStep, splitCount: splitCount, seed: 1,
            progress: { progress.update(done: $0, total: $1) },
            passes: PassProgress { _ in !Signals.isInterrupted })
        let workload = Workload(
            rowCount: store.layout.rowCount, featureCount: store.columns.count - 1, passCount: splitCount,
            precision: precision)
        if command.settings.verbose { command.settings.messages.detail("device: \(session.planText(for: workload))") }
        let outcomes = try session.perform(experiment, workload: workload)
        progress.finish()

        let table = ActivityTable(outcomes)
        let featureCount = store.columns.count - 1
        try OutputFile.show(
            "\(title(store, featureCount, splitCount))\n\n\(text(of: table, featureCount))\n\(ranking(table))\n")
        command.tell(splitCount: splitCount, since: start, session)
    }

    private func title(_ store: ColumnStore, _ featureCount: Int, _ splitCount: Int) -> String {
        let layout = store.layout
        return """
            Duan and Wang (2023), Table 1: who is sitting? Mistakes in the test's rows, %, mean (SD) of \(counted(splitCount)) splits
            \(counted(layout.rowCount)) rows of \(counted(layout.taskCount)) people, \(counted(featureCount)) features
            """
    }

    private func text(of table: ActivityTable, _ featureCount: Int) -> String {
        TextTable(
            corner: "method",
            header: ["ours", "most often chosen", "paper, 561 features", "authors' code, 265 features, untuned"],
            names: table.lines.map(\.method.name),
            fields: table.lines.map { line in
                let setting = line.method.referenceSetting
                return [
                    errorText(line.error), chosenText(line), errorText(line.method.published),
                    errorText(line.method.reference) + (setting.isEmpty ? "" : " at \(setting)"),
                ]
            }
        ).text
    }

    private func chosenText(_ line: ActivityTable.Line) -> String {
        let size = line.size.map { "K \($0.value) (\($0.count))" }
        let strength = line.strength.map { "C \(hundredths($0.value)) (\($0.count))" }
        return [size, strength].compactMap { $0 }.joined(separator: ", ")
    }

    private func errorText(_ error: ActivityMethod.Error) -> String {
        "\(hundredths(error.mean)) (\(hundredths(error.deviation)))"
    }

    private func hundredths(_ number: Double) -> String {
        let count = Int((100 * number).rounded())
        return "\(count / 100).\(count % 100 / 10)\(count % 10)"
    }

    private func ranking(_ table: ActivityTable) -> String {
        let swapped = table.swapped
        if swapped.isEmpty { return "The paper's ranking of the methods holds." }
        return "The paper's ranking does not hold: "
            + swapped.map { "\($0) is not better than \($1)" }.joined(separator: ", ") + "."
    }
}
