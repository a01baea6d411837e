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
              kindred reproduce molar table2 --data pisa2003_top15.csv.gz
              kindred reproduce molar fig1 --data pisa2003_top15.csv.gz -o fig1.html
            """)

    private static let known =
        (PublishedExperiment.all.map { "\($0.paper) \($0.figure)" }
        + DataExperiment.all.map { "\($0.paper) \($0.figure)" })
        .joined(separator: ", ")

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

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A folder that keeps the results; of molar fig1 the map, as .html, .vl.json, .svg or .png.",
            valueName: "path")
    )
    var output: String?

    @Option(
        help: ArgumentHelp(
            """
            Of armul table1, molar table2 and molar fig1, the file of rows, or the folder of har265.npz and \
            pisa2003_top15.csv.gz. (default: $KINDRED_DATA)
            """,
            valueName: "file"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Of the tables, how many times rows are split at random. (default: 20, of molar table2 100)",
            valueName: "count"))
    var splits: Int?

    @Option(
        help: ArgumentHelp(
            "Of armul table1, how methods are fitted: fixed-step, as the authors do.", valueName: "way"))
    var mode: ActivityExperiment.Mode?

    @OptionGroup var place: DeviceOptions
    @OptionGroup var settings: RunOptions

    func validate() throws {
        if let splits, splits < 1 || splits > 100_000 {
            throw ValidationError("--splits \(splits): 1 to 100000 of them")
        }
        if let experiment = DataExperiment.find(paper: paper, figure: figure) {
            try checkOptions(experiment.options)
        } else if let experiment = PublishedExperiment.find(paper: paper, figure: figure) {
            try checkOptions(Self.studyOptions)
            let names = experiment.parts.map(\.name)
            if let part, !names.contains(part) {
                throw ValidationError(
                    "\(paper) \(figure) has no part '\(part)'; there are: \(names.joined(separator: ", "))")
            }
        } else {
            throw ValidationError("there is no experiment '\(paper) \(figure)'; there are: \(Self.known)")
        }
    }

    private func checkOptions(_ options: Set<ReproduceOption>) throws {
        guard let other = givenOptions.first(where: { !options.contains($0) }) else { return }
        let own = ReproduceOption.allCases.filter(options.contains).map(\.rawValue)
        throw ValidationError(
            "\(paper) \(figure) has no \(other.rawValue); its options are \(own.joined(separator: ", "))")
    }

    func run() throws {
        try Failure.translating {
            if let experiment = DataExperiment.find(paper: paper, figure: figure) {
                try experiment.run(self, experiment.path(self))
            } else {
                try ReproduceRun(command: self).run()
            }
        }
    }
}

extension ActivityExperiment.Mode: ExpressibleByArgument {}
