import ArgumentParser
import Compute
import Studies

/// `kindred reproduce`: published experiments.
struct ReproduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Runs a published experiment and sets what it finds beside what is known of it.",
        discussion: """
            The experiments: \
            \(known).

              kindred reproduce molar fig2
              kindred reproduce molar fig2 --quick -o fig2     # keeps the results: kindred report fig2 -o fig2.html
              kindred reproduce molar fig2 --print-study > fig2.toml
              kindred reproduce armul fig1 --part vanilla
              kindred reproduce armul table1 --data har265.npz
            """)

    private static let known =
        (PublishedExperiment.all.map { "\($0.paper) \($0.figure)" } + ["armul table1"]).joined(separator: ", ")

    @Argument(help: "The paper: molar or armul.")
    var paper: String

    @Argument(help: "The figure or table, as fig2.")
    var figure: String

    @Option(
        help: ArgumentHelp(
            "One of the figure's studies, where it has several: of armul vanilla, clustered or low-rank.",
            valueName: "name"))
    var part: String?

    @Flag(help: "Run few replications, for a first look.")
    var quick = false

    @Flag(help: "Print the study instead of running it.")
    var printStudy = false

    @Option(help: "How data are made: moments or rows.")
    var draw: DrawName?

    @Option(name: .shortAndLong, help: ArgumentHelp("A folder that keeps the results.", valueName: "folder"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            """
            Of armul table1, the file of activities, or the folder of har265.npz: arrays X (rows x features), activity \
            and subject. (default: $KINDRED_DATA)
            """,
            valueName: "file"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Of armul table1, how many times rows are split at random. (default: 20)", valueName: "count"))
    var splits: Int?

    @Option(
        help: ArgumentHelp(
            "Of armul table1, how methods are fitted: fixed-step, as the authors do.", valueName: "way"))
    var mode: ActivityExperiment.Mode?

    @OptionGroup var place: DeviceOptions
    @OptionGroup var settings: RunOptions

    private var isTable: Bool { paper == "armul" && figure == "table1" }

    func validate() throws {
        if isTable {
            if part != nil || printStudy || draw != nil || output != nil {
                throw ValidationError("armul table1 is no study: it has no --part, --print-study, --draw or -o")
            }
            if let splits, splits < 1 || splits > 100_000 {
                throw ValidationError("--splits \(splits): 1 to 100000 of them")
            }
            return
        }
        if data != nil || splits != nil || mode != nil {
            throw ValidationError("--data, --splits and --mode are options of armul table1")
        }
        if let experiment = PublishedExperiment.find(paper: paper, figure: figure) {
            let names = experiment.parts.map(\.name)
            if let part, !names.contains(part) {
                throw ValidationError(
                    "\(paper) \(figure) has no part '\(part)'; there are: \(names.joined(separator: ", "))")
            }
            return
        }
        throw ValidationError("there is no experiment '\(paper) \(figure)'; there are: \(Self.known)")
    }

    func run() throws {
        try Failure.translating {
            if isTable { try ReproduceTableRun(command: self).run() } else { try ReproduceRun(command: self).run() }
        }
    }
}

extension ActivityExperiment.Mode: ExpressibleByArgument {}
