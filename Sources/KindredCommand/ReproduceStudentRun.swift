import Compute
import Engine
import Studies
import Tables

/// One run of `kindred reproduce molar table2`.
struct ReproduceStudentRun {
    let command: ReproduceCommand
    let path: String

    /// Splits without `--splits`, and with `--quick`.
    private static let splitCount = 100
    private static let quickSplitCount = 5

    func run() throws {
        let settings = command.settings
        let precision = command.place.precision.precision
        let session = try command.place.place.makeSession(settings, precision: precision)
        let data = try command.readStudents(path)
        let splitCount = command.splitCount(usually: Self.splitCount, quickly: Self.quickSplitCount)
        let start = ContinuousClock.now
        let progress = ProgressLine("table2", unit: "fits", messages: settings.messages)
        defer { progress.finish() }
        let experiment = StudentExperiment(
            data, splitCount: splitCount, seed: 1, progress: { progress.update(done: $0, total: $1) },
            passes: PassProgress { _ in !Signals.isInterrupted })
        // What travels is moments, a few rows' worth a country and split.
        let workload = Workload(
            rowCount: data.countries.count * data.features.count, featureCount: data.features.count,
            passCount: splitCount, precision: precision)
        if settings.verbose { settings.messages.detail("device: \(session.planText(for: workload))") }
        let outcomes = try session.perform(experiment, workload: workload).get()
        progress.finish()

        let table = StudentTable(outcomes)
        try OutputFile.show(
            [
                title(data, splitCount), countries(table, data), relativeErrors(table), standInText(table),
                orderText(table),
            ].joined(separator: "\n"))
        if table.redrawnCount > 0 {
            settings.messages.note(
                "\(counted(table.redrawnCount, "draw")) of a country's rows did not determine its coefficients and "
                    + "\(table.redrawnCount == 1 ? "was" : "were") made again")
        }
        command.tell(splitCount: splitCount, since: start, session)
    }

    private func title(_ data: StudentData, _ splitCount: Int) -> String {
        """
        Huang et al. (2024), Table 2, on students of 2003: l1 errors, mean (standard error) of \(counted(splitCount, "split"))
        \(data.summary)
        One coefficient for all countries, of \(coefficients), chosen on a twentieth of the rows and not multiplied by the
        deviation of errors, as the response has variance 1.

        """
    }

    private var coefficients: String { StudentMethod.coefficients.map { shortNumber($0) }.joined(separator: ", ") }

    private func countries(_ table: StudentTable, _ data: StudentData) -> String {
        TextTable(
            corner: "country", header: table.lines.map(\.method.name), names: data.countries,
            fields: data.countries.indices.map { country in
                table.lines.map { text($0.errors[country], digits: 2) }
            }
        ).text
    }

    private func relativeErrors(_ table: StudentTable) -> String {
        TextTable(
            corner: "A.R.E., %",
            header: [
                "ours", "stand-in", "best coefficient", "stand-in's", "paper, 2012", "how often \(coefficients)",
            ],
            names: table.lines.map(\.method.name),
            fields: table.lines.map { line in
                let method = line.method
                return [
                    text(line.relativeError, digits: 1), text(method.standIn),
                    method.isTuned ? text(line.leastRelativeError, digits: 1) : "", text(method.standInBest),
                    method.published.map { formatted($0, "%.2f") } ?? "",
                    method.isTuned ? line.choiceCounts.map(String.init).joined(separator: ", ") : "",
                ]
            }
        ).text
    }

    /// Of what is known on the same rows.
    private func standInText(_ table: StudentTable) -> String {
        let distances = table.lines.compactMap(\.distance)
        let agreement =
            distances.isEmpty
            ? ""
            : "\(distances.count { $0 <= 3 }) of \(distances.count) are within three standard errors of the difference "
                + "from it; the farthest is \(formatted(distances.max() ?? .nan, "%.1f")) away.\n"
        return """
            The stand-in is another program on the same rows: 30 splits, with standard errors of about 1.
            \(agreement)The paper's year and features are others: of its column only the order can be compared.

            """
    }

    private func orderText(_ table: StudentTable) -> String {
        let ahead = table.aheadOfMOLAR.map { "\($0.method.name) \(formatted($0.relativeError.value, "%.1f"))" }
        let better = ahead.isEmpty ? "" : "Ahead of MOLAR, soft: \(ahead.joined(separator: ", ")).\n"
        let swapped = table.swapped
        if swapped.isEmpty { return "The paper's order of the methods holds.\n" + better }
        return "The paper's order does not hold: "
            + swapped.map { "\($0) is not better than \($1)" }.joined(separator: ", ") + ".\n" + better
    }

    private func text(_ mean: StudentTable.Mean, digits: Int) -> String {
        let value = formatted(mean.value, "%.\(digits)f")
        return mean.standardError.isFinite ? "\(value) (\(formatted(mean.standardError, "%.\(digits)f")))" : value
    }

    private func text(_ known: Double?) -> String { known.map { formatted($0, "%.1f") } ?? "" }
}

extension ReproduceCommand {
    /// Reads a table of students and prepares it.
    func readStudents(_ path: String) throws -> StudentData {
        let store = try read { progress throws(TableError) in
            try StudentData.read(path, parallel: settings.parallel, progress: progress)
        }
        return try StudentData(store, parallel: settings.parallel)
    }
}

extension StudentData {
    /// How many rows there are, and what became of their columns.
    var summary: String {
        """
        \(counted(layout.rowCount)) students of \(counted(countries.count)) countries, \(features.count) features with the \
        intercept: of \(columnCounts.coded) columns \(columnCounts.varying)
        vary in every country, and \(columnCounts.kept) of these do not repeat an earlier one.
        """
    }
}
