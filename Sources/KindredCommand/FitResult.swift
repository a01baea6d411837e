import Compute
import Engine
import Methods
import Studies
import Tables

/// A fit with all that its files say of it.
struct FitResult {
    let fit: Fit
    /// The centre of a model that was there already.
    let givenCenter: MOLAR.GivenCenter?
    let design: Design
    let store: ColumnStore
    let command: FitCommand
    let session: Session
    let timings: [(name: String, seconds: Double)]
    private let differences: DifferenceResult?

    init(
        fit: Fit, givenCenter: MOLAR.GivenCenter?, design: Design, store: ColumnStore, command: FitCommand,
        session: Session,
        timings: [(name: String, seconds: Double)], parallel: Parallel
    ) {
        self.fit = fit
        self.givenCenter = givenCenter
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

    /// The names of a task's coefficients.
    var names: [String] { design.coefficientNames(command.family, classes: design.classes) }

    var sampleCounts: [Int] { design.positiveWeightCounts ?? store.layout.sampleCounts }

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

    /// What the user is told of it.
    var summary: FitSummary {
        FitSummary(
            fit: fit, design: design, store: store, command: command, session: session, names: names,
            sampleCounts: sampleCounts, differences: differences)
    }
}

extension Fit {
    /// The degrees of freedom that occur.
    fileprivate var distinctDegreesOfFreedom: Set<Double> {
        (tasks?.degreesOfFreedom ?? center.map { [$0.degreesOfFreedom] } ?? []).distinctNumbers
    }
}
