/// A simulation study: cells, each a setting and its methods, many replications of each, and what is measured.
public struct Study: Sendable {
    /// Where it was read from.
    public let file: String
    /// The text that describes it, as results keep it.
    public let text: String
    public let name: String
    let seed: UInt64
    public let replicationCount: Int
    let draw: DrawName
    let metrics: [Metric]
    /// What the grid varies, in the order of the results' columns.
    let factors: [Factor]
    let blocks: [StudyBlock]
    public let cells: [StudyCell]

    static let mostReplications = 10_000_000
    static let mostCells = 1 << 20
    /// Positions in a stream's task have 32 bits.
    static let mostDrawnValues = 1 << 32

    /// Reads and checks a study.
    ///
    /// - Parameters:
    ///   - text: TOML.
    ///   - file: how messages call it.
    /// - Throws: ``StudyError`` for whatever does not belong there, with its line.
    public init(_ text: String, file: String) throws(StudyError) {
        let parsed = try StudyText(text, file: file)
        var root = parsed.root
        let lines = root
        let grid = try StudyGrid(root["grid"], file: file)
        root["grid"] = nil
        root["methods"] = try Self.namedMethods(root["methods"], file: file)

        var general = StudyFields(root, name: "a study", file: file)
        self.file = file
        self.text = text
        name = try general.text("name")
        seed = UInt64(try general.integer("seed", in: 0...Int.max, fallback: 1))
        replicationCount = try general.integer("replications", in: 1...Self.mostReplications, fallback: 100)
        let metrics = try Self.metrics(&general)
        self.metrics = metrics
        let givenDraw: DrawName? = lines["draw"] == nil ? nil : try general.choice("draw")
        try Self.checkLoss(&general)

        factors = grid.factors(base: root)
        guard grid.cellCount <= Self.mostCells else {
            throw StudyError(
                file: file, line: grid.line,
                "the grid has \(grid.cellCount) cells, and at most \(Self.mostCells) can be")
        }
        let topLevel: Set = ["name", "seed", "replications", "metrics", "draw", "loss"]
        var cells: [StudyCell] = []
        for values in grid.cells {
            var table = root
            for key in topLevel { table[key] = nil }
            for (path, value) in values {
                if let wrong = table.set(value, at: path[...]) {
                    throw StudyError(
                        file: file, line: value.line,
                        "the grid varies '\(path.joined(separator: "."))', but '\(wrong)' has no fields")
                }
            }
            cells.append(try StudyCell(table, index: cells.count, factors: factors, file: file))
        }
        self.cells = cells
        blocks = grid.studyBlocks
        draw = givenDraw ?? (cells.allSatisfy(\.setting.noise.isGaussian) ? .moments : .rows)
        for cell in cells { try cell.check(draw: draw, metrics: metrics, file: file) }
    }

    /// Methods by their labels, so that the grid can name them.
    private static func namedMethods(_ value: StudyValue?, file: String) throws(StudyError) -> StudyValue {
        guard let value, case .list(let elements) = value.content, !elements.isEmpty else {
            throw StudyError(
                file: file, line: value?.line ?? 1, "a study needs [[methods]], each with its 'name': itl, pool, ...")
        }
        var methods = StudyTable(line: value.line)
        for element in elements {
            guard case .table(var table) = element.content else {
                throw StudyError(file: file, line: element.line, "each of [[methods]] is a table, not \(element.found)")
            }
            let label = table["label"] ?? table["name"]
            guard let label, case .text(let text) = label.content else {
                throw StudyError(file: file, line: element.line, "a method needs 'name', a text in quotes")
            }
            guard methods[text] == nil else {
                throw StudyError(
                    file: file, line: label.line, "two methods are called '\(text)'; give one of them a 'label'")
            }
            table["label"] = nil
            methods[text] = StudyValue(content: .table(table), line: element.line)
        }
        return StudyValue(content: .table(methods), line: value.line)
    }

    private static func metrics(_ fields: inout StudyFields) throws(StudyError) -> [Metric] {
        guard let (values, line) = try fields.list("metrics", of: "names, as [\"mean-l2\"]"), !values.isEmpty else {
            throw fields.error(nil, "a study needs 'metrics', a list of names, as [\"mean-l2\"]")
        }
        var metrics: [Metric] = []
        for value in values {
            guard case .text(let name) = value.content, let metric = Metric(name) else {
                let kinds = Metric.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.error(
                    value.line,
                    "a metric is one of \(kinds), or one of them with :inliers or :outliers, "
                        + "not \(value.found)")
            }
            guard !metrics.contains(metric) else { throw fields.error(line, "the metric \(name) is there twice") }
            metrics.append(metric)
        }
        return metrics
    }

    public var methodNames: [String] { cells[0].methods.map(\.label) }
    public var metricNames: [String] { metrics.map(\.name) }
    /// The columns that tell cells apart.
    public var factorNames: [String] { factors.map(\.name) }

    private static func checkLoss(_ fields: inout StudyFields) throws(StudyError) {
        guard let value = fields.take("loss") else { return }
        guard case .text("squared") = value.content else {
            throw fields.error(value.line, "'loss' is \"squared\", the one that all methods fit, not \(value.found)")
        }
    }
}

/// Something that the grid of a study varies.
struct Factor: Sendable {
    /// The column's name in results.
    let name: String
    /// Where it stands in a study.
    let path: [String]
    /// What cells have that do not vary it.
    let base: String
}

/// One combination of the grid's values.
public struct StudyCell: Sendable {
    public let index: Int
    let setting: Setting
    let methods: [StudyMethod]
    /// One text a factor.
    let values: [String]
    /// The values of those factors that are options of methods.
    private let methodValues: [String]
    /// Where its number of rows and tasks stand in the file.
    private let lines: (rows: Int, methods: Int)

    init(_ table: StudyTable, index: Int, factors: [Factor], file: String) throws(StudyError) {
        self.index = index
        var fields = StudyFields(table, name: "a study", file: file)
        setting = try Setting(&fields)
        var methods: [StudyMethod] = []
        let named = fields.take("methods")
        if let named, case .table(let labels) = named.content {
            for (label, value) in labels.entries {
                guard case .table(let options) = value.content else {
                    throw StudyError(
                        file: file, line: value.line, "the grid names a method '\(label)' that is not among [[methods]]"
                    )
                }
                var own = StudyFields(options, name: "the method '\(label)'", file: file)
                methods.append(try StudyMethod(&own, label: label))
            }
        }
        self.methods = methods
        try fields.finish()
        values = factors.map { factor in table.value(at: factor.path[...])?.shortText ?? factor.base }
        methodValues = zip(factors, values).compactMap { $0.path.first == "methods" ? $1 : nil }
        lines = (table.value(at: ["design", "rows"])?.line ?? 1, named?.line ?? 1)
    }

    /// What it has of each factor.
    public var factorValues: [String] { values }

    /// The memory that one replication takes, about: coefficients of every task, true and fitted, and moments.
    var bytesNeeded: Int {
        let (features, order) = (Double(setting.featureCount), Double(setting.featureCount + 1))
        let folds = Double(methods.compactMap(\.foldCount).max() ?? 1)
        let values = 8 * features + (2 + folds) * order * (order + 1) / 2
        return Int(min(1e18, 8 * values * Double(setting.taskCount)))
    }

    /// Whether its replications and those of another cell can be fitted side by side: they are as wide, and no option of
    /// a method is varied.
    func isFitted(with other: StudyCell) -> Bool {
        setting.featureCount == other.setting.featureCount && methodValues == other.methodValues
    }

    /// Refuses what cannot be fitted or drawn.
    func check(draw: DrawName, metrics: [Metric], file: String) throws(StudyError) {
        let least = setting.rows.least(features: setting.featureCount)
        if let method = methods.first(where: \.needsOwnEstimates), least <= setting.featureCount {
            throw StudyError(
                file: file, line: lines.rows,
                "a task has \(least) \(least == 1 ? "row" : "rows") and \(setting.featureCount) features, and "
                    + "'\(method.label)' needs more rows than features; use more rows or fewer features")
        }
        if let method = methods.first(where: { ($0.foldCount ?? 0) > least }) {
            throw StudyError(
                file: file, line: lines.rows,
                "a task has \(least) rows, fewer than the \(method.foldCount ?? 0) folds of '\(method.label)'")
        }
        if Set(methods.compactMap(\.foldCount)).count > 1 {
            throw StudyError(
                file: file, line: lines.methods, "all methods that are cross-validated need the same 'folds'")
        }
        if draw == .rows,
            setting.rows.most(tasks: setting.taskCount) > Study.mostDrawnValues / max(64, setting.featureCount + 7)
        {
            throw StudyError(
                file: file, line: lines.rows,
                "rows times features of a task may be at most \(Study.mostDrawnValues) where rows are drawn; use fewer, or "
                    + "draw = \"moments\"")
        }
        if draw == .moments, !setting.noise.isGaussian {
            throw StudyError(
                file: file, line: lines.rows, "moments can be drawn for Gaussian noise alone; use draw = \"rows\"")
        }
        if let metric = metrics.first(where: { $0.tasks == .outliers }),
            setting.outliers.count(of: setting.taskCount) == 0
        {
            throw StudyError(
                file: file, line: lines.methods,
                "the metric \(metric.name) needs outliers; add [outliers] with a 'share'")
        }
    }
}

extension StudyTable {
    /// What stands at a path of keys.
    func value(at path: ArraySlice<String>) -> StudyValue? {
        guard let key = path.first, let value = self[key] else { return nil }
        if path.count == 1 { return value }
        guard case .table(let table) = value.content else { return nil }
        return table.value(at: path.dropFirst())
    }
}
