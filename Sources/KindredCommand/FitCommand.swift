import ArgumentParser
import Methods
import Tables

/// `kindred fit`: from a table to a fitted model a task.
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fit a model to each task of a table.",
        discussion: """
            Reads one long table (.csv, .tsv, also .gz, or - for standard input; .npz or .npy) with a column that \
            names each row's task, and fits the formula to every task at once:

              kindred fit flights.csv.gz --task tailnum \\
                --formula "arr_delay ~ dep_delay + distance" -o planes.csv

            Text columns become factors, with the levels of the whole table; rows with missing values are dropped and \
            counted, and a task without a complete row is not in the result. A task that cannot be fitted (too few \
            rows, collinear columns, a level that it has no row of) is reported with its status and never stops the \
            others.

            The result goes to the file after -o: .csv (one line a task and term), .json (the model, which 'kindred \
            predict' reads; up to 100,000 tasks) or .npz (the same as arrays, for np.load and for any number of \
            tasks). Without -o, a terminal shows a table of what was found and a pipe gets the CSV.
            """)

    @OptionGroup var input: InputOptions

    @Option(
        help: ArgumentHelp(
            """
            itl fits each task on its own rows, pool one model to all rows, average takes the mean of the tasks' own; \
            ridge draws each task towards the pooled \
            fit, molar towards the median of the tasks, coefficient by coefficient where it is near, and armul towards a \
            centre by its whole distance, where far tasks pull no more than near ones. lasso keeps few coefficients of each \
            task, or few that differ from a centre, and elastic-net likewise with a square; they may have more columns than \
            rows. (default: itl)
            """, valueName: "name"),
        transform: MethodName.init(parsing:))
    var method: MethodName = .itl

    @Option(
        help: """
            What the response is: gaussian, any number; binomial, 0 and 1 or two labels; multinomial, a class of several; \
            poisson, a count. ridge is for gaussian alone, and multinomial comes with --method armul.
            """)
    var family: FamilyName = .gaussian

    @OptionGroup(title: "Tuning of ridge, molar, armul, lasso and elastic-net") var tuning: TuningOptions

    @OptionGroup(title: "More of molar") var molar: MolarOptions

    @Option(
        help: ArgumentHelp(
            "Standard errors: iid, hc0, hc1, hc2, hc3, or cluster:COLUMN for clusters (default: iid).",
            valueName: "kind"),
        transform: VarianceOption.init(parsing:))
    var vcov: VarianceOption = .init(estimator: .iid, clusterColumn: nil)

    @Option(help: ArgumentHelp("Coverage of the confidence intervals.", valueName: "share"))
    var level = 0.95

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the result goes: a .csv, .json or .npz file.", valueName: "file")
    )
    var output: String?

    @Option(
        help: ArgumentHelp(
            "molar: a page that shows where tasks differ, .html, or its figures alone: .vl.json, .svg or .png.",
            valueName: "file"))
    var report: String?

    @Flag(help: "Write the model to standard output, as -o does to a .json file.")
    var json = false

    @Flag(help: "Write the table that a terminal is shown, also to a pipe.")
    var summary = false

    @Flag(help: "Read the table, say what a fit would take, and stop.")
    var dryRun = false

    @OptionGroup var place: DeviceOptions
    @OptionGroup var settings: RunOptions

    func validate() throws {
        guard level > 0, level < 1 else { throw ValidationError("--level \(level): a share between 0 and 1 is needed") }
        try tuning.check(for: method)
        try molar.check(for: method, vcov)
        if !method.families.contains(family) {
            let methods = MethodName.allCases.filter { $0.families.contains(family) }.map(\.rawValue)
            throw ValidationError(
                "--family \(family.rawValue) comes with --method \(methods.joined(separator: ", "))")
        }
        if family != .gaussian { try molar.checkIsOfAnyFamily(family) }
        if let report {
            guard method == .molar else {
                throw ValidationError("--report is for --method molar, not \(method.rawValue)")
            }
            guard FigureFormat(of: report) != nil else {
                throw ValidationError("--report \(report): a report is written as .html, .vl.json, .svg or .png")
            }
        }
        if family != .gaussian, !vcov.estimator.isOfAnyLoss {
            throw ValidationError("--vcov \(vcov): corrects by leverages of --family gaussian; use hc0 or hc1")
        }
        if !method.hasVariances, vcov.estimator != .iid {
            throw ValidationError("--vcov: standard errors of that kind come with --method itl, pool, average or molar")
        }
        if summary, json || output != nil {
            throw ValidationError("--summary writes to standard output; leave -o and --json out")
        }
        if json, output != nil { throw ValidationError("--json writes to standard output; leave -o out") }
        if let output, OutputFormat(path: output) == nil {
            throw ValidationError("-o \(output): the ending says the format; use .csv, .json or .npz")
        }
    }

    func run() throws { try Failure.translating { try FitRun(self).run() } }
}

/// What `--vcov` names.
struct VarianceOption: CustomStringConvertible {
    let estimator: VarianceEstimator
    let clusterColumn: String?

    init(estimator: VarianceEstimator, clusterColumn: String?) {
        self.estimator = estimator
        self.clusterColumn = clusterColumn
    }

    init(parsing argument: String) throws {
        if let estimator = VarianceEstimator(rawValue: argument.lowercased()), estimator != .cluster {
            self.init(estimator: estimator, clusterColumn: nil)
            return
        }
        let parts = argument.split(separator: ":", maxSplits: 1)
        guard parts.first == "cluster", parts.count == 2 else {
            throw ValidationError(
                parts.first == "cluster"
                    ? "name the column of the clusters: cluster:COLUMN" : "iid, hc0 to hc3 or cluster:COLUMN is needed")
        }
        self.init(estimator: .cluster, clusterColumn: String(parts[1]))
    }

    /// As users write it and output files record it.
    var description: String { clusterColumn.map { "cluster:\($0)" } ?? estimator.rawValue }
}

/// The format of a result, which its file's ending names.
enum OutputFormat {
    /// The most tasks that are written as JSON: as text they take several times the room and the time.
    static let mostTasksOfModel = 100_000

    case tidy, model, archive

    init?(path: String) {
        if path.lowercased().hasSuffix(".json") {
            self = .model
        } else if path.lowercased().hasSuffix(".npz") {
            self = .archive
        } else if path.lowercased().hasSuffix(".csv") || path.hasPrefix("/dev/") {
            self = .tidy
        } else {
            return nil
        }
    }
}
