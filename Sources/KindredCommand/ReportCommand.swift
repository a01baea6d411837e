import ArgumentParser
import Studies
import Tables

/// `kindred report`: figures of a study that is done.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draws the figures of a study that is done.",
        discussion: """
            The page holds all it needs: the study, the figures, the tables of their numbers, versions, devices and \
            times. It opens offline, in any browser.

              kindred report results -o report.html
              kindred report results -o figures.vl.json    # Vega-Lite, for other programs
              kindred report results -o figures.svg        # or .png; by Python's vl-convert-python

            docs/reports.md says what is drawn.
            """)

    @Argument(help: "The folder of the results.")
    var folder: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The page, .html, or the figures alone: .vl.json, .svg or .png.", valueName: "file"))
    var output: String

    func validate() throws {
        guard FigureFormat(of: output) != nil else {
            throw ValidationError("-o \(output): a report is written as .html, .vl.json, .svg or .png")
        }
    }

    func run() throws {
        try Failure.translating {
            guard let figures = try FigureOutput(path: output) else { return }
            let report = try StudyReport(of: StudyFolder(path: folder))
            try figures.write(report)
            Messages(isQuiet: false, isVerbose: false).note("\(counted(report.figureCount, "figure")): \(output)")
        }
    }
}
