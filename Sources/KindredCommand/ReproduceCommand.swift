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
            \(PublishedExperiment.all.map { "\($0.paper) \($0.figure)" }.joined(separator: ", ")).

              kindred reproduce molar fig2
              kindred reproduce molar fig2 --quick -o fig2     # keeps the results: kindred report fig2 -o fig2.html
              kindred reproduce molar fig2 --print-study > fig2.toml
              kindred reproduce armul fig1 --part vanilla
            """)

    @Argument(help: "The paper: molar or armul.")
    var paper: String

    @Argument(help: "The figure, as fig2.")
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

    @OptionGroup var place: DeviceOptions
    @OptionGroup var settings: RunOptions

    func validate() throws {
        if let experiment = PublishedExperiment.find(paper: paper, figure: figure) {
            let names = experiment.parts.map(\.name)
            if let part, !names.contains(part) {
                throw ValidationError(
                    "\(paper) \(figure) has no part '\(part)'; there are: \(names.joined(separator: ", "))")
            }
            return
        }
        let known = PublishedExperiment.all.map { "\($0.paper) \($0.figure)" }.joined(separator: ", ")
        throw ValidationError("there is no experiment '\(paper) \(figure)'; there are: \(known)")
    }

    func run() throws { try Failure.translating { try ReproduceRun(command: self).run() } }
}
