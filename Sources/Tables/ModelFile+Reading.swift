import Compute
import Glibc

extension ModelFile {
    static let damageAdvice = "is this a whole model file? fit the model again"

    static func damaged(_ source: String, _ message: String) -> TableError {
        .data(source, "\(message); \(damageAdvice)")
    }

    /// Reads a model that `write` or `writeArchive` wrote: the file's first bytes tell which. Members that this version does not know are skipped.
    ///
    /// - Throws: ``TableError``: of kind `noInput` when the file cannot be read, of kind `data` with its name, the line
    ///   and what was found when it is damaged or is no model.
    public init(readingFrom path: String) throws(TableError) {
        if let file = try? InputFile(path: path), (try? ArrayFormat(of: file)) != nil {
            try self.init(archive: file)
            return
        }
        try self.init(bytes: try fileBytes(path), source: path)
    }

    /// Reads a model from the bytes of a file.
    ///
    /// - Parameter source: the file's name, for messages.
    /// - Throws: ``TableError`` of kind `data`.
    public init(bytes: [UInt8], source: String) throws(TableError) {
        var reader = JsonReader(bytes, source: source)
        var parts = ModelParts()
        try reader.object { reader, name throws(TableError) in try parts.read(name, from: &reader) }
        try reader.end()
        self = try parts.model(source: source)
    }
}

/// What has been read of a model file, in whatever order its members stand.
private struct ModelParts {
    private var members: [String: JsonValue] = [:]
    private var labels: [String] = []
    private var labelKeys: Set<LabelKey> = []
    private var sampleCounts: [Int] = []
    private var degreesOfFreedom: [Double] = []
    private var statuses: [TaskStatus] = []
    /// The names of the collinear terms, by task.
    private var collinearTerms: [Int: String] = [:]
    private var coefficients: [Double] = []
    private var standardErrors: [Double] = []
    private var clusterLabels: [Int] = []
    private var loadings: [Double] = []
    private var hasTasks = false

    mutating func read(_ name: String, from reader: inout JsonReader) throws(TableError) {
        guard name == "tasks", !hasTasks else {
            members[name] = try reader.value()
            guard name != "format" || members[name]?.int == ModelFile.format else {
                throw reader.failure(
                    "found format \(members[name]?.int.map(String.init) ?? "of another kind"), "
                        + "but this program reads format \(ModelFile.format)",
                    "use the version of Kindred that wrote it")
            }
            return
        }
        hasTasks = true
        try reader.array { reader throws(TableError) in try readTask(from: &reader) }
    }

    private mutating func readTask(from reader: inout JsonReader) throws(TableError) {
        let task = labels.count
        let valuesBefore = (coefficients.count, standardErrors.count)
        let structureBefore = (clusterLabels.count, loadings.count)
        try reader.object { reader, name throws(TableError) in
            switch name {
            case "task": labels.append(try reader.string())
            case "n": sampleCounts.append(try reader.count())
            case "df": degreesOfFreedom.append(try reader.double())
            case "status":
                let name = try reader.string()
                guard let status = TaskStatus.byName[name] else {
                    throw reader.failure("found the status '\(printable(name))', which this program does not know")
                }
                statuses.append(status)
            case "collinear_term": collinearTerms[task] = try reader.string()
            case "coefficients": try reader.doubles(into: &coefficients)
            case "cluster": clusterLabels.append(try reader.count())
            case "loadings": try reader.doubles(into: &loadings)
            case "std_errors": try reader.doubles(into: &standardErrors)
            default: _ = try reader.value()
            }
        }
        let count = task + 1
        guard labels.count == count, sampleCounts.count == count, degreesOfFreedom.count == count,
            statuses.count == count
        else { throw reader.failure("task \(count) lacks its name, n, df or status, or has one twice") }
        guard labelKeys.insert(LabelKey(labels[task])).inserted else {
            throw reader.failure("found a second task '\(printable(labels[task]))'")
        }
        let width = task == 0 ? coefficients.count : coefficients.count / count
        guard coefficients.count == count * width, coefficients.count - valuesBefore.0 == width,
            standardErrors.count - valuesBefore.1 == width
        else {
            throw reader.failure(
                "task \(count) has \(coefficients.count - valuesBefore.0) coefficients and "
                    + "\(standardErrors.count - valuesBefore.1) standard errors, unlike the task before")
        }
        let rank = loadings.count - structureBefore.1
        guard clusterLabels.isEmpty || clusterLabels.count == count && structureBefore.0 == task,
            loadings.count == count * rank
        else { throw reader.failure("task \(count) is in no cluster, or has \(rank) loadings, unlike the task before") }
    }

    func model(source: String) throws(TableError) -> ModelFile {
        func member<Value>(_ name: String, _ kind: String, _ value: (JsonValue) -> Value?) throws(TableError) -> Value {
            try members.member(name, kind, source: source, value)
        }
        _ = try member("format", "number", \.int)
        guard hasTasks else { throw ModelFile.damaged(source, "there is no \"tasks\"") }
        let terms = try member("terms", "list of names", \.strings)
        var statuses = statuses
        let places = Dictionary(terms.enumerated().map { (LabelKey($1), $0) }) { first, _ in first }
        for (task, name) in collinearTerms {
            guard let feature = places[LabelKey(name)], case .collinear = statuses[task]
            else {
                throw ModelFile.damaged(
                    source, "task \(task + 1) is collinear in '\(printable(name))', which is no term")
            }
            statuses[task] = .collinear(feature: feature)
        }
        let tasks = ModelFile.Tasks(
            labels: Labels(labels), sampleCounts: sampleCounts, degreesOfFreedom: degreesOfFreedom,
            statuses: statuses, coefficients: coefficients, standardErrors: standardErrors)
        guard tasks.isConsistent(termCount: terms.count) else {
            throw ModelFile.damaged(
                source, "there are \(terms.count) terms but \(coefficients.count) coefficients of \(labels.count) tasks"
            )
        }
        let center = try member("center", "center with one number a term") { value -> ModelFile.Center?? in
            if value == .null { return .some(nil) }
            guard let coefficients = value["coefficients"]?.numbers, let errors = value["std_errors"]?.numbers,
                coefficients.count == terms.count, errors.count == terms.count, let count = value["n"]?.int, count >= 0,
                let freedom = (value["df"] ?? .null).numberOrMissing
            else { return nil }
            return ModelFile.Center(
                coefficients: coefficients, standardErrors: errors, sampleCount: count, degreesOfFreedom: freedom)
        }
        let description = try ModelDescription(members, source: source)
        var model = ModelFile(
            version: try member("kindred", "name", \.string), method: try member("method", "name", \.string),
            formula: try member("formula", "text", \.string), taskColumn: try member("task_column", "name", \.string),
            response: description.response, terms: terms, levels: description.levels,
            settings: description.settings, center: center, summary: description.summary,
            provenance: description.provenance, tasks: tasks)
        try model.readStructure(members, labels: clusterLabels, loadings: loadings, source: source)
        return model
    }
}

extension JsonValue {
    /// Numbers, NaN for null.
    var numbers: [Double]? {
        guard let array else { return nil }
        let doubles = array.compactMap(\.numberOrMissing)
        return doubles.count == array.count ? doubles : nil
    }

    /// A finite number, or NaN for null.
    fileprivate var numberOrMissing: Double? {
        self == .null ? .nan : double.flatMap { $0.isFinite ? $0 : nil }
    }
}

private func fileBytes(_ path: String) throws(TableError) -> [UInt8] {
    func failure(_ verb: String) -> TableError {
        TableError(
            .noInput,
            "cannot \(verb) the model '\(printable(path))': \(String(cString: strerror(errno))); check its name")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    let step = 1 << 20
    while true {
        let known = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: step))
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + known }, step) }
        let code = errno
        bytes.removeLast(step - max(0, count))
        if count == 0 { return bytes }
        if count < 0, code != EINTR {
            errno = code
            throw failure("read")
        }
    }
}
