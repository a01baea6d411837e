import Tables

/// What `run.json` says of the runs that made a study's results.
struct StudyRuns: Sendable {
    let draw: String
    private let runs: [JsonValue]

    init(in folder: StudyFolder) throws(TableError) {
        guard let bytes = try FolderFiles.read(folder.runPath), let record = JsonValue(parsing: bytes),
            let draw = record["draw"]?.string, let runs = record["runs"]?.array
        else {
            throw TableError(
                .data,
                "'\(folder.runPath)' is missing or damaged; kindred sweep run with --resume writes it anew")
        }
        (self.draw, self.runs) = (draw, runs)
    }

    /// The names of methods, each once.
    private var methods: [String] {
        var seen: Set<String> = []
        return runs.flatMap { $0["fitting_seconds"]?.members?.map(\.name) ?? [] }.filter { seen.insert($0).inserted }
    }

    var header: [String] {
        ["started (UTC)", "version", "device", "precision", "part", "threads", "done", "tasks drawn", "draw s"]
            + methods.map { "\($0) s" } + ["score s", "in all s"]
    }

    /// How many columns of the header are words.
    static let words = 5

    /// A row a run, in the order of the header.
    var rows: [[String]] {
        runs.map { run in
            func words(_ name: String) -> String { run[name]?.string ?? "" }
            func count(_ name: String) -> String { run[name]?.int.map { "\($0)" } ?? "" }
            func seconds(_ value: JsonValue?) -> String { value?.double.map { formatted($0, "%.3g") } ?? "" }
            let started = words("started").map { $0 == "T" ? " " : String($0) }.joined()
            return [started.hasSuffix("Z") ? String(started.dropLast()) : started]
                + [words("version"), words("device"), words("precision"), words("shard")]
                + [count("threads"), count("finished"), count("tasks_drawn"), seconds(run["drawing_seconds"])]
                + methods.map { seconds(run["fitting_seconds"]?[$0]) }
                + [seconds(run["scoring_seconds"]), seconds(run["seconds"])]
        }
    }

    /// What went differently than asked, each once.
    var notices: [String] {
        var seen: Set<String> = []
        return runs.flatMap { $0["notices"]?.array?.compactMap(\.string) ?? [] }.filter { seen.insert($0).inserted }
    }
}
