import Compute
import Engine
import Methods
import Studies
import Tables

/// A fit with all that its files and its summary say of it.
struct FitResult {
    let fit: Fit
    let design: Design
    let store: ColumnStore
    let command: FitCommand
    let session: Session
    let timings: [(name: String, seconds: Double)]
    private let differences: DifferenceResult?

    init(
        fit: Fit, design: Design, store: ColumnStore, command: FitCommand, session: Session,
        timings: [(name: String, seconds: Double)], parallel: Parallel
    ) {
        self.fit = fit
        self.design = design
        self.store = store
        self.command = command
        self.session = session
        self.timings = timings
        differences = fit.differences.map {
            DifferenceResult($0, level: command.level, command.molar.intervals ?? .own, parallel: parallel)
        }
    }

    /// The label of the one fit of all tasks in tidy output.
    static let pooledLabel = "(all)"

    // MARK: Files

    func write(to file: OutputFile, format: OutputFormat, parallel: Parallel) throws(TableError) {
        switch format {
        case .tidy: try writeTidy(to: file, parallel: parallel)
        case .model: try model.write(to: file, with: arrays, parallel: parallel)
        case .archive: try model.writeArchive(to: file, with: arrays, parallel: parallel)
        }
    }

    /// What a model's file has of each task beyond its coefficients.
    private var arrays: [ModelFile.TaskArray] {
        let conditions = fit.tasks?.conditions ?? []
        return (conditions.contains(where: \.isFinite) ? [.init("condition", conditions, isOfTerms: false)] : [])
            + (differences?.arrays ?? [])
    }

    /// The names of a task's coefficients.
    private var names: [String] { design.coefficientNames(command.family, classes: design.classes) }

    private func writeTidy(to file: OutputFile, parallel: Parallel) throws(TableError) {
        let inference = Inference(level: command.level, degreesOfFreedom: fit.distinctDegreesOfFreedom)
        if fit.tasks == nil, let center = fit.center {
            let writer = TidyWriter(terms: names, tasks: Labels([Self.pooledLabel]))
            return try writer.write(to: file, parallel: parallel) { _ in
                TidyTask(
                    sampleCount: center.sampleCount, degreesOfFreedom: center.degreesOfFreedom, status: fit.centerStatus
                )
            } estimate: { _, term in
                inference.estimate(
                    center.coefficients[term], standardError: center.standardErrors[term],
                    degreesOfFreedom: center.degreesOfFreedom)
            }
        }
        guard let tasks = fit.tasks else { return }
        let counts = sampleCounts
        let featureCount = tasks.featureCount
        let writer = TidyWriter(
            terms: names, tasks: store.taskLabels, further: furtherColumns, heading: differences?.heading ?? [])
        try writer.write(to: file, parallel: parallel) { task in
            TidyTask(
                sampleCount: counts[task], degreesOfFreedom: tasks.degreesOfFreedom[task], status: fit.statuses[task])
        } estimate: { task, term in
            let place = task * featureCount + term
            if let differences {
                return differences.estimate(
                    tasks.coefficients[place], standardError: tasks.standardErrors[place], task: task, term: term)
            }
            return inference.estimate(
                tasks.coefficients[place], standardError: tasks.standardErrors[place],
                degreesOfFreedom: tasks.degreesOfFreedom[task])
        }
    }

    /// What the method says of tasks beyond their estimates.
    private var furtherColumns: TidyColumns? {
        if let differences { return differences.columns }
        return fit.clusters.map { clusters in
            TidyColumns(names: ["cluster"]) { task, _, text in text.append(",\(clusters.labels[task])") }
        }
    }

    private var sampleCounts: [Int] { design.positiveWeightCounts ?? store.layout.sampleCounts }

    private var model: ModelFile {
        // A pooled model has numbers for its centre alone.
        let missing = Array(repeating: Double.nan, count: store.layout.taskCount)
        return ModelFile(
            version: Kindred.version, method: command.method.rawValue, formula: design.formula.text,
            taskColumn: command.input.task, response: design.formula.responseName, terms: names,
            levels: design.levels,
            settings: [
                .init("table", .string(store.sourceName)), .init("vcov", .string(command.vcov.description)),
                .init("level", .number(command.level)),
                .init("weights", command.input.weights.map { .string($0) } ?? .null),
                .init("na", .string(command.input.na)),
            ] + familySettings + command.tuning.settings(of: command.method)
                + (command.method == .molar ? command.molar.settings : []),
            center: fit.center.map {
                ModelFile.Center(
                    coefficients: $0.coefficients, standardErrors: $0.standardErrors, sampleCount: $0.sampleCount,
                    degreesOfFreedom: $0.degreesOfFreedom)
            },
            clusters: fit.clusters.map { .init(centers: $0.centers, labels: $0.labels) },
            subspace: fit.subspace.map { .init(basis: $0.basis, loadings: $0.loadings) }, tuning: fit.tuning,
            summary: [
                .init("rows", .integer(store.totalRowCount)), .init("dropped_rows", .integer(store.droppedRowCount)),
                .init("tasks", .integer(store.layout.taskCount)), .init("ok", .integer(fit.count(of: "ok"))),
                .init("too_few_rows", .integer(fit.count(of: "too_few_rows"))),
                .init("collinear", .integer(fit.count(of: "collinear"))),
                .init("non_finite", .integer(fit.count(of: "non_finite"))),
                .init("separated", .integer(fit.count(of: "separated"))),
                .init("solved_by_qr", .integer(fit.orthogonalizedTaskCount)),
                .init("ridged", .integer(fit.ridgedTaskCount)),
                .init("ill_conditioned", .integer(fit.illConditionedTaskCount)),
                .init("solved_again_in_double", .integer(fit.refittedTaskCount)),
            ] + (fit.penalty.map { [.init("penalty", .number($0.value))] } ?? [])
                + (typicalErrorVariance.map { [.init("error_variance", .number($0))] } ?? []),
            provenance: ModelFile.Provenance(
                device: session.deviceName ?? "", precision: command.place.precision.rawValue,
                notices: session.notices.map(\.message),
                timings: timings.map { .init($0.name, .number(($0.seconds * 1e6).rounded() / 1e6)) }),
            tasks: ModelFile.Tasks(
                labels: store.taskLabels, sampleCounts: sampleCounts,
                degreesOfFreedom: fit.tasks?.degreesOfFreedom ?? missing,
                statuses: fit.statuses,
                coefficients: fit.tasks?.coefficients ?? [], standardErrors: fit.tasks?.standardErrors ?? []))
    }

    /// The median of tasks' error variances, which tasks of few rows that are fitted later go by.
    private var typicalErrorVariance: Double? {
        guard command.method == .molar, command.family == .gaussian, let tasks = fit.tasks else { return nil }
        let variance = Quantiles(
            fit.statuses.indices.filter { fit.statuses[$0] == .ok }.map { tasks.errorVariances[$0] }.filter(\.isFinite)
        ).at(0.5)
        return variance.isFinite ? variance : nil
    }

    private var familySettings: [JsonValue.Member] {
        [.init("family", .string(command.family.rawValue))]
            + (design.classes.isEmpty ? [] : [.init("classes", .array(design.classes.map(JsonValue.string)))])
    }

    /// The page of where tasks differ, where the method tells.
    var report: DifferenceReport? {
        guard let found = fit.differences, let differences, let tasks = fit.tasks else { return nil }
        return DifferenceReport(
            title: design.formula.text,
            description: [store.rowsText] + differences.summaryLines,
            terms: names, tasks: store.taskLabels, sampleCounts: sampleCounts, statuses: fit.statuses,
            coefficients: tasks.coefficients, differences: found, rates: differences.falseDiscoveryRates,
            intervals: differences.intervals)
    }

    // MARK: What the user is told

    /// For a terminal: the coefficients of the one fit, or their distribution over tasks.
    var table: String {
        if fit.tasks == nil, let center = fit.center {
            let inference = Inference(level: command.level, degreesOfFreedom: [center.degreesOfFreedom])
            let rows = names.indices.map { term in
                let line = inference.estimate(
                    center.coefficients[term], standardError: center.standardErrors[term],
                    degreesOfFreedom: center.degreesOfFreedom)
                return [
                    line.estimate, line.standardError, line.statistic, line.pValue, line.confidenceLow,
                    line.confidenceHigh,
                ]
            }
            let header = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
            return TextTable(corner: "", header: header, names: names, rows: rows).text
        }
        guard let tasks = fit.tasks else { return "" }
        let fitted = fit.statuses.indices.filter { fit.statuses[$0] == .ok }
        let rows = names.indices.map { term in
            let values = Quantiles(fitted.map { tasks.coefficients[$0 * tasks.featureCount + term] })
            let errors = Quantiles(fitted.map { tasks.standardErrors[$0 * tasks.featureCount + term] })
            guard let center = fit.center else {
                return [0.1, 0.25, 0.5, 0.75, 0.9].map { values.at($0) } + [errors.at(0.5)]
            }
            return [center.coefficients[term]] + [0.1, 0.5, 0.9].map { values.at($0) }
                + (differingShares.map { [$0[term]] } ?? [])
        }
        var header = ["10 %", "25 %", "median", "75 %", "90 %", "std_error (median)"]
        if fit.center != nil {
            header =
                [fit.clusters == nil && fit.subspace == nil ? "centre" : "mean centre", "10 %", "median", "90 %"]
                + (differingShares == nil ? [] : ["differ for, %"])
        }
        return TextTable(
            corner: "over \(counted(fitted.count, "task"))", header: header, names: names, rows: rows
        ).text
    }

    /// Fitted tasks with fewer than twice as many rows as coefficients.
    private var barelyDeterminedTaskCount: Int {
        zip(sampleCounts, fit.statuses).count { $1 == .ok && $0 < 2 * design.featureCount }
    }

    /// For each coefficient, the share of fitted tasks, in per cent, whose own estimate is not near the centre's.
    private var differingShares: [Double]? {
        let fitted = Double(fit.count(of: "ok"))
        return fit.differingTaskCounts?.map { $0.map { 100 * Double($0) / fitted } ?? .nan }
    }

    /// The lines that every run ends with.
    func summaryLines(timings: [(name: String, seconds: Double)]) -> [String] {
        var lines: [String] = []
        lines.append(store.rowsText)
        let statuses = StatusCounts(fit.statuses, termNames: design.termNames, tasks: store.taskLabels).text
        lines.append("\(command.method.rawValue): \(counted(store.layout.taskCount, "task")): \(statuses)")
        if let penalty = fit.penalty {
            let name = command.method == .armul || command.method.isLasso ? "strength" : "penalty"
            let size = penalty.size.map { "\(sizeName) \($0), " } ?? ""
            lines.append("\(size)\(name) \(shortNumber(penalty.value))\(penalty.origin.text), towards \(targetText)")
        }
        if let certificate = fit.certificate, !certificate.hasConverged {
            let after = certificate.iterationCount.map { " after \(counted($0)) iterations" } ?? ""
            lines.append(
                "not converged\(after): slopes of "
                    + "\(shortNumber(certificate.residual)) are left, where 0 is an optimum")
        }
        if let counts = fit.differingTaskCounts, counts.count(where: { $0 != nil }) == 1 {
            lines.append(
                "\(command.method.rawValue) shrinks nothing where there is one coefficient to shrink"
                    + (design.intercept == nil ? "" : "; --intercept shared adds the intercept"))
        }
        lines += differences?.summaryLines ?? []
        let small = fit.differences == nil ? 0 : barelyDeterminedTaskCount
        if small > 0 {
            lines.append(
                "\(counted(small)) of the fitted tasks have fewer than \(2 * design.featureCount) rows: their own estimates "
                    + "and standard errors are uncertain")
        }
        let unplaced = fit.subspace == nil ? 0 : fit.count(of: "collinear")
        if unplaced > 0 {
            lines.append(
                "\(counted(unplaced, "task")) whose rows tell no place in the subspace: drawn towards the mean of the others' centres"
            )
        }
        let withoutOwn =
            fit.statuses.count { $0 != .ok && !(command.method.isLasso && $0 == .notConverged) } - unplaced
        if fit.tasks != nil, fit.center != nil, withoutOwn > 0 {
            lines.append("\(counted(withoutOwn, "task")) without an estimate got the centre's coefficients")
        }
        if fit.penalizedTaskCount > 0 {
            lines.append(
                "\(counted(fit.penalizedTaskCount, "task")) of too few rows or with dependent columns, drawn to the centre by the "
                    + "LASSO")
        }
        if fit.count(of: "non_finite") > 0 {
            lines.append("values that are not finite" + NonFiniteText(store).text)
        }
        if fit.ridgedTaskCount > 0 {
            lines.append(
                "\(counted(fit.ridgedTaskCount)) of the fitted tasks have columns that depend on each other: their own "
                    + "estimates are those of the ridge")
        }
        if fit.orthogonalizedTaskCount > 0 {
            lines.append(
                "\(counted(fit.orthogonalizedTaskCount)) of the fitted tasks were solved by QR of their rows: their "
                    + "normal equations leave fewer than six certain digits")
        }
        if fit.illConditionedTaskCount > 0 {
            lines.append(
                "\(counted(fit.illConditionedTaskCount)) of the fitted tasks are ill-conditioned: fewer than six "
                    + "digits of their coefficients are certain")
        }
        if fit.missingErrorTaskCount > 0 {
            lines.append(
                "\(counted(fit.missingErrorTaskCount)) of the fitted tasks have no standard error: "
                    + missingErrorReason)
        }
        if fit.refittedTaskCount > 0 {
            lines.append(
                "\(counted(fit.refittedTaskCount)) of the tasks were solved again in double: float does not carry them")
        }
        let steps = timings.map { "\($0.name) \(secondsText($0.seconds))" }.joined(separator: ", ")
        lines.append("\(steps) on \(session.deviceName ?? "no device"), \(command.place.precision.rawValue)")
        return lines
    }

    /// What tasks are drawn to.
    private var targetText: String {
        if command.method.isLasso { return lassoTargetText }
        guard command.method == .armul else { return command.tuning.ridge.center.rawValue }
        if let clusters = fit.clusters {
            let sizes = clusters.centers.indices.map { cluster in clusters.labels.count { $0 == cluster } }
            return "the centres of clusters of \(sizes.map { counted($0) }.joined(separator: ", ")) tasks"
        }
        if let subspace = fit.subspace { return "combinations of \(counted(subspace.basis.count, "vector"))" }
        guard let tasks = fit.tasks, let center = fit.center else { return "a centre" }
        let free = command.tuning.armul.intercept == .free ? design.intercept : nil
        let shrunk = (0..<tasks.featureCount).filter { $0 % design.featureCount != free }
        let merged = fit.statuses.indices.count { task in
            let own = tasks.coefficients(of: task)
            return fit.statuses[task] == .ok
                && shrunk.allSatisfy { own[own.startIndex + $0] == center.coefficients[$0] }
        }
        return "a centre, where \(counted(merged)) of \(counted(fit.count(of: "ok"), "task")) are"
    }

    /// What a LASSO draws to, and how many coefficients are there.
    private var lassoTargetText: String {
        let shrunk = fit.differingTaskCounts?.compactMap { $0 } ?? []
        let all = shrunk.count * fit.statuses.count { $0 == .ok || $0 == .notConverged }
        let merged = "where \(counted(all - shrunk.reduce(0, +))) of \(counted(all, "coefficient")) are"
        switch command.tuning.center ?? .zero {
        case .zero: return "zero, \(merged)"
        case .median: return "the tasks' median, \(merged)"
        case .trimmedMean: return "the tasks' trimmed mean, \(merged)"
        case .sparse: return "a sparse centre, \(merged)"
        }
    }

    /// What the number of clusters or vectors is called.
    private var sizeName: String { fit.clusters == nil ? "rank" : "clusters" }

    /// The penalties that were tried with their errors on rows held out, as a table; nothing where none was.
    var pathTable: String {
        guard let tuning = fit.tuning else { return "" }
        let hasSizes = !tuning.sizes.isEmpty
        let rows = tuning.penalties.indices.map { place in
            (hasSizes ? ["\(tuning.sizes[place])"] : [])
                + [alignedNumber(tuning.errors[place]), alignedNumber(tuning.standardErrors[place])]
                + [place == tuning.chosen ? "chosen" : ""]
        }
        return TextTable(
            corner: "strength", header: (hasSizes ? [sizeName] : []) + ["error", "std_error", ""],
            names: tuning.penalties.map(shortNumber), fields: rows
        ).text
    }

    /// What `-v` adds.
    var detailLines: [String] {
        if let certificate = fit.certificate {
            let gap = certificate.dualityGap.map { ", duality gap \(shortNumber($0))" } ?? ""
            let iterations = certificate.iterationCount.map { ", " + counted($0, "iteration") } ?? ""
            return [
                "objective \(shortNumber(certificate.objective)), KKT residual \(shortNumber(certificate.residual))\(gap)"
                    + iterations
            ]
        }
        if fit.tasks == nil, let center = fit.center {
            return ["condition of the columns: \(shortNumber(center.condition))"]
        }
        guard let tasks = fit.tasks else { return [] }
        let conditions = Quantiles(fit.statuses.indices.filter { fit.statuses[$0] == .ok }.map { tasks.conditions[$0] })
        return [
            "condition of the columns over fitted tasks: median \(shortNumber(conditions.at(0.5))), "
                + "largest \(shortNumber(conditions.at(1)))"
        ]
    }

    private var missingErrorReason: String {
        command.vcov.estimator == .cluster
            ? "their rows are in one cluster" : "one of their rows decides a coefficient alone (leverage 1)"
    }
}

extension ColumnStore {
    /// How many rows there were, and how many of them were left out for which columns.
    var rowsText: String {
        let rows = "\(sourceName): \(counted(totalRowCount, "row"))"
        if droppedRowCount == 0 { return rows }
        let missing = droppedByColumn.map { "\($0.column) \(counted($0.count))" }.joined(separator: ", ")
        return rows + ", \(counted(droppedRowCount)) dropped for missing values (\(missing))"
    }
}

extension ChosenPenalty.Origin {
    /// How the summary says it.
    fileprivate var text: String {
        switch self {
        case .given: ""
        case .crossValidated: " (cross-validation)"
        case .atBorder: " (cross-validation: the least or greatest of those tried)"
        case .notValidated: " (the greatest of those tried: no task has rows to hold out)"
        }
    }
}

extension Fit {
    /// The penalties that were tried, as a model's file has them.
    fileprivate var tuning: ModelFile.Tuning? {
        guard let penaltyCurve,
            let chosen = penaltyCurve.lastIndex(where: { $0.penalty == penalty?.value && $0.size == penalty?.size })
        else { return nil }
        return ModelFile.Tuning(
            penalties: penaltyCurve.map(\.penalty), errors: penaltyCurve.map(\.error),
            standardErrors: penaltyCurve.map(\.standardError), sizes: penaltyCurve.compactMap(\.size), chosen: chosen)
    }

    /// The degrees of freedom that occur.
    var distinctDegreesOfFreedom: Set<Double> {
        if let tasks { return Set(tasks.degreesOfFreedom) }
        return [center?.degreesOfFreedom ?? .nan]
    }
}
