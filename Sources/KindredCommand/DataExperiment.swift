import Compute
import Engine
import Glibc
import Studies
import Tables

/// A published experiment on a file of real rows: no simulation study, but a run of its own.
struct DataExperiment: Sendable {
    let paper: String
    let figure: String
    /// How the file is called in the folder that `--data` or the environment names.
    let fileName: String
    /// What the file has to hold.
    let contents: String
    /// The options it has.
    let options: Set<ReproduceOption>
    /// Runs it with the file at a path.
    let run: @Sendable (ReproduceCommand, _ path: String) throws -> Void

    static let all = [
        DataExperiment(
            paper: "armul", figure: "table1", fileName: "har265.npz",
            contents: "arrays X (rows x features), activity and subject, as har265.npz has them",
            options: [.data, .quick, .splits, .mode],
            run: { try ReproduceActivityRun(command: $0, path: $1).run() }),
        DataExperiment(
            paper: "molar", figure: "table2", fileName: studentFile, contents: studentContents,
            options: [.data, .quick, .splits], run: { try ReproduceStudentRun(command: $0, path: $1).run() }),
        DataExperiment(
            paper: "molar", figure: "fig1", fileName: studentFile, contents: studentContents,
            options: [.data, .output], run: { try ReproduceCountryMapRun(command: $0, path: $1).run() }),
    ]

    private static let studentFile = "pisa2003_top15.csv.gz"
    private static let studentContents = "a table of students, as pisa2003_top15.csv.gz is one"

    static func find(paper: String, figure: String) -> DataExperiment? {
        all.first { $0.paper == paper && $0.figure == figure }
    }

    /// The file that `--data` or the environment names, where that is a folder the one in it.
    func path(_ command: ReproduceCommand) throws -> String {
        guard let given = command.data ?? getenv("KINDRED_DATA").map({ String(cString: $0) }), !given.isEmpty else {
            throw Failure(code: Failure.usageCode, "\(paper) \(figure) needs --data FILE: \(contents)")
        }
        var status = stat()
        let isFolder = stat(given, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        return isFolder ? "\(given)/\(fileName)" : given
    }
}

extension ReproduceCommand {
    /// Reads a file of rows, telling how far it is.
    func read(
        _ read: (@escaping TableReader.Progress) throws(TableError) -> ColumnStore
    ) throws(TableError) -> ColumnStore {
        let progress = ProgressLine("read", unit: "B", messages: settings.messages)
        defer { progress.finish() }
        return try read { done, total in
            progress.update(done: done, total: total)
            return !Signals.isInterrupted
        }
    }

    /// How many splits are asked for.
    func splitCount(usually usual: Int, quickly quick: Int) -> Int { splits ?? (self.quick ? quick : usual) }

    /// Says how long so many splits took, and where.
    func tell(splitCount: Int, since start: ContinuousClock.Instant, _ session: Session) {
        settings.messages.note(
            "\(counted(splitCount, "split")), \(secondsText((ContinuousClock.now - start).inSeconds)) on "
                + (session.deviceName ?? "no device"))
    }
}
