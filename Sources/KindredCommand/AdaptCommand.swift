import ArgumentParser
import Compute
import Methods
import Tables

/// `kindred adapt`: fits new tasks towards the centre of a model that is there already.
struct AdaptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapt",
        abstract: "Fit new tasks towards the centre of a model, without the rows that it was fitted to.",
        usage: "kindred adapt [<options>] <model> <table>",
        discussion: """
            Reads a model that 'kindred fit --method molar' wrote as .json or .npz, and a table of new tasks with the \
            columns of its formula and its response. Each task's own estimates are drawn towards the model's centre as if \
            it had been one of its tasks, with the model's settings but for --intervals, which need all tasks: intervals are \
            those of own estimates. The centre stays what it is, and no task changes another. In a model of family \
            gaussian, a task of too few rows for estimates of its own is drawn to the centre by the LASSO at strength 0.35, \
            whatever --strength is; in others it gets the centre. What comes out is as of 'kindred fit', and 'kindred \
            predict' reads it:

              kindred fit schools.csv --task school --formula "score ~ ses" \\
                --method molar -o schools.npz
              kindred adapt schools.npz new_schools.csv -o new_schools.json
            """)

    @Argument(help: "The model: a .json or .npz file of 'kindred fit --method molar'.")
    var model: String

    @Argument(help: "The new tasks' table: .csv, .tsv, also .gz, or - for standard input; .npz or .npy.")
    var table: String

    @Option(
        help: ArgumentHelp(
            "How near a coefficient is drawn to the centre, as of fit. (default: the model's)", valueName: "number"))
    var strength: Double?

    @Option(
        help: ArgumentHelp(
            "Texts that stand for a missing value, apart by commas. (default: those of the fit)", valueName: "texts"))
    var na: String?

    @Option(help: ArgumentHelp("Coverage of the confidence intervals. (default: the model's)", valueName: "share"))
    var level: Double?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the result goes: a .csv, .json or .npz file.", valueName: "file")
    )
    var output: String?

    @Flag(help: "Write the model to standard output, as -o does to a .json file.")
    var json = false

    @Flag(help: "Write the table that a terminal is shown, also to a pipe.")
    var summary = false

    @OptionGroup var place: DeviceOptions
    @OptionGroup var settings: RunOptions

    func run() throws {
        try Failure.translating {
            let transfer = try ModelTransfer(path: model)
            try checkIsAnotherFile(output, than: [model, table])
            try FitRun(transfer.command(self), transfer: transfer).run()
        }
    }
}

/// A model whose centre new tasks are drawn to.
struct ModelTransfer {
    let model: ModelFile
    let center: MOLAR.GivenCenter
    private let path: String

    /// - Throws: ``TableError`` when there is no such file, or it is no model of molar.
    init(path: String) throws(TableError) {
        self.path = path
        model = try ModelFile(readingFrom: path)
        guard model.method == MOLAR.name, let center = model.center, center.coefficients.allSatisfy(\.isFinite) else {
            throw TableError(
                .usage,
                "\(printable(path)): a model of method '\(printable(model.method))'; adapt needs one of --method molar with "
                    + "a centre")
        }
        self.center = MOLAR.GivenCenter(
            coefficients: center.coefficients, sampleCount: center.sampleCount,
            taskCount: model.summary.first { $0.name == "center_tasks" }?.value.int
                ?? model.tasks.statuses.count { $0 == .ok },
            errorVariance: model.summary.first { $0.name == "error_variance" }?.value.double)
    }

    /// The fit of the new tasks with the model's settings, those that the user gives first.
    func command(_ adapt: AdaptCommand) throws -> FitCommand {
        func setting(_ name: String) -> JsonValue? { model.settings.first { $0.name == name }?.value }
        var arguments = [
            adapt.table, "--task=\(model.taskColumn)", "--formula=\(model.formula)", "--method=\(MOLAR.name)",
        ]
        func add(_ option: String, _ value: String?) {
            if let value { arguments.append("--\(option)=\(value)") }
        }
        let isGaussian = setting("family")?.string ?? "gaussian" == "gaussian"
        let options = ["family", "shrink", "intercept", "vcov", "weights", "tie"]
        for name in options + (isGaussian ? ["threshold", "ratio", "noise"] : []) { add(name, setting(name)?.string) }
        // With a centre that is there already no task has a weight, nor needs a column of them.
        let weights = setting("task_weights")?.string
        add("task-weights", weights.flatMap(columnName(in:)) == nil ? weights : nil)
        if isGaussian { add("sigma", deviation(setting("sigma")?.string)) }
        add("strength", (adapt.strength ?? setting("strength")?.double).map { "\($0)" })
        if isGaussian { add("ridge", setting("ridge")?.double.map { "\($0)" }) }
        add("level", (adapt.level ?? setting("level")?.double).map { "\($0)" })
        add("na", adapt.na ?? setting("na")?.string)
        add("output", adapt.output)
        if adapt.json { arguments.append("--json") }
        if adapt.summary { arguments.append("--summary") }
        var command: FitCommand
        do {
            command = try FitCommand.parse(arguments)
        } catch {
            // The user's own options are looked at there too.
            throw TableError(.usage, FitCommand.message(for: error))
        }
        command.place = adapt.place
        command.settings = adapt.settings
        return command
    }

    /// The deviation that the model's settings say; where they pool that of its tasks, what came of it.
    private func deviation(_ setting: String?) -> String? {
        guard setting == "pooled", let variance = center.errorVariance, variance > 0 else { return setting }
        return "\(variance.squareRoot())"
    }

    /// The model's features over the new rows.
    func design(
        _ formula: Formula, _ store: ColumnStore, _ command: FitCommand, parallel: Parallel
    ) throws -> Design {
        let classes = model.settings.first { $0.name == "classes" }?.value.strings ?? []
        let design = try Design(
            formula: formula, levels: model.levels, store: store, weights: command.input.weights,
            response: command.family.response, classes: classes)
        guard design.coefficientNames(command.family, classes: classes) == model.terms else {
            throw TableError(.data, "\(printable(path)): its terms are not those of its formula; fit the model again")
        }
        let foreign = classes.isEmpty ? 0 : try design.responses(parallel: parallel).count { $0.isNaN }
        if foreign > 0 {
            let known = classes.map { "'\(printable($0))'" }.joined(separator: ", ")
            throw TableError(
                .data,
                "\(store.sourceName): \(counted(foreign, "row")) with a response that is none of the model's classes (\(known))"
            )
        }
        if design.unknownLevelRowCount > 0 {
            throw TableError(
                .data,
                "\(store.sourceName): \(counted(design.unknownLevelRowCount, "row")) with a category that the model has not "
                    + "seen; leave them out, or fit the model again with them")
        }
        return design
    }
}
