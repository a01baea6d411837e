public import Compute

extension ModelFile {
    /// The members of the JSON that are arrays of their own in an archive.
    private static let membersOfTheirOwn: Set<String> = [
        "format", "kindred", "method", "formula", "task_column", "terms", "center", "clusters", "subspace", "tuning",
    ]

    /// Writes the model as arrays, for `np.load` without pickled objects: an `.npz`.
    ///
    /// It holds what the JSON holds. Names, counts and numbers are arrays; the rest is the JSON text in `json`. Numbers
    /// that are missing are NaN. The same model gives the same bytes.
    ///
    /// - Parameter arrays: numbers that go with the coefficients, for other programs: they are not read back.
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func writeArchive(
        to file: OutputFile, with arrays: [TaskArray] = [], parallel: Parallel
    ) throws(TableError) {
        precondition(arrays.allSatisfy { hasShape($0) }, "one number a task, or one a task and term")
        precondition(tasks.isConsistent(termCount: terms.count), "one entry a task, one number a task and term")
        precondition(structureFault == nil, "what is said of clusters, subspace and tuning is of these tasks")
        var archive = NpzWriter(file, parallel: parallel)
        let taskCount = tasks.labels.count
        try archive.write("format", shape: [], integers: [Self.format])
        try archive.write("version", text: version)
        try archive.write("method", text: method)
        try archive.write("formula", text: formula)
        try archive.write("task_column", text: taskColumn)
        try archive.write("terms", texts: terms)
        try archive.write("tasks", texts: tasks.labels)
        try archive.write("n", shape: [taskCount], integers: tasks.sampleCounts)
        try archive.write("df", shape: [taskCount], numbers: tasks.degreesOfFreedom)
        let names = tasks.statuses.map { Array($0.name.utf8)[...] }
        try archive.write("status", shape: [taskCount], count: taskCount) { names[$0] }
        try archive.write("collinear_term", shape: [taskCount], integers: tasks.statuses.map(\.collinearFeature))
        if !tasks.coefficients.isEmpty {
            let shape = [taskCount, terms.count]
            try archive.write("coefficients", shape: shape, numbers: tasks.coefficients)
            try archive.write("std_errors", shape: shape, numbers: tasks.standardErrors)
        }
        for array in arrays {
            try archive.write(
                array.name, shape: array.isOfTerms ? [taskCount, terms.count] : [taskCount], numbers: array.values)
        }
        if let center {
            try archive.write("center_coefficients", shape: [terms.count], numbers: center.coefficients)
            try archive.write("center_std_errors", shape: [terms.count], numbers: center.standardErrors)
            try archive.write("center_n", shape: [], integers: [center.sampleCount])
            try archive.write("center_df", shape: [], numbers: [center.degreesOfFreedom])
        }
        try writeStructure(to: &archive)
        var rest = OutputText()
        rest.append(json: .object(description.filter { !Self.membersOfTheirOwn.contains($0.name) }))
        try archive.write("json", text: String(decoding: rest.bytes, as: UTF8.self))
        try archive.finish()
    }

    /// Reads a model that `writeArchive` wrote. Members that this version does not know are skipped.
    init(archive file: InputFile) throws(TableError) {
        let archive = try ModelArchive(file)
        let format = try archive.integer("format")
        guard format == Self.format else {
            throw .data(
                file.name,
                "found format \(format), but this program reads format \(Self.format); "
                    + "use the version of Kindred that wrote it")
        }
        let terms = try archive.texts("terms").strings
        let labels = try archive.texts("tasks")
        try archive.checkDistinct(labels)
        let taskCount = labels.count
        let hasCoefficients = archive.has("coefficients")
        let tasks = Tasks(
            labels: labels, sampleCounts: try archive.counts("n", shape: [taskCount]),
            degreesOfFreedom: try archive.numbers("df", shape: [taskCount]),
            statuses: try Self.statuses(of: archive, taskCount: taskCount, termCount: terms.count),
            coefficients: hasCoefficients ? try archive.numbers("coefficients", shape: [taskCount, terms.count]) : [],
            standardErrors: hasCoefficients ? try archive.numbers("std_errors", shape: [taskCount, terms.count]) : [])
        var center: Center?
        if archive.has("center_coefficients") {
            center = Center(
                coefficients: try archive.numbers("center_coefficients", shape: [terms.count]),
                standardErrors: try archive.numbers("center_std_errors", shape: [terms.count]),
                sampleCount: try archive.integer("center_n"),
                degreesOfFreedom: try archive.numbers("center_df", shape: []).first ?? .nan)
        }
        var reader = JsonReader(Array(try archive.text("json").utf8), source: "\(file.name): json")
        let parts = try ModelDescription(from: &reader, source: file.name)
        try reader.end()
        self.init(
            version: try archive.text("version"), method: try archive.text("method"),
            formula: try archive.text("formula"), taskColumn: try archive.text("task_column"),
            response: parts.response, terms: terms, levels: parts.levels, settings: parts.settings, center: center,
            summary: parts.summary, provenance: parts.provenance, tasks: tasks)
        try readStructure(from: archive)
    }

    private static func statuses(
        of archive: ModelArchive, taskCount: Int, termCount: Int
    ) throws(TableError) -> [TaskStatus] {
        let names = try archive.texts("status")
        let features = try archive.numbers("collinear_term", shape: [taskCount])
        guard names.count == taskCount else {
            throw archive.damaged("there are \(taskCount) tasks but \(names.count) statuses")
        }
        var known: [ArraySlice<UInt8>: TaskStatus] = [:]
        for (name, status) in TaskStatus.byName { known[Array(name.utf8)[...]] = status }
        var statuses: [TaskStatus] = []
        statuses.reserveCapacity(taskCount)
        for task in 0..<taskCount {
            guard var status = known[names.utf8(of: task)] else {
                throw archive.damaged(
                    "found the status '\(printable(names[task]))', which this program does not know")
            }
            if case .collinear = status {
                guard let feature = Int(exactly: features[task]), (0..<termCount).contains(feature) else {
                    throw archive.damaged("task \(task) is collinear in a term that is none")
                }
                status = .collinear(feature: feature)
            }
            statuses.append(status)
        }
        return statuses
    }
}

extension TaskStatus {
    /// Each status by its name, with feature 0 where it has one.
    static let byName: [String: TaskStatus] = Dictionary(
        uniqueKeysWithValues: [
            TaskStatus.ok, .tooFewRows, .collinear(feature: 0), .separated, .notConverged, .nonFinite,
        ].map { ($0.name, $0) })

    /// The index of the collinear term, or -1.
    fileprivate var collinearFeature: Int { if case .collinear(let feature) = self { feature } else { -1 } }
}

extension Labels {
    fileprivate var strings: [String] { (0..<count).map { self[$0] } }
}
