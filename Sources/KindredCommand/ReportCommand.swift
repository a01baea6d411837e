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

    private enum Format: String, CaseIterable {
        case page = ".html"
        case specification = ".vl.json"
        case svg = ".svg"
        case png = ".png"
    }

    private var format: Format? { Format.allCases.first { output.hasSuffix($0.rawValue) } }

    func validate() throws {
        guard format != nil else {
            throw ValidationError("-o \(output): a report is written as .html, .vl.json, .svg or .png")
        }
    }

    func run() throws {
        try Failure.translating {
            // What cannot be drawn is said before results of any length are read.
            let bundle = format == .page ? try VegaBundle.read() : []
            let report = try StudyReport(of: StudyFolder(path: folder))
            let text =
                switch format {
                case .page: report.page(bundle: bundle, version: Kindred.version).bytes
                case .svg: try FigureConverter.convert(report.specification, to: .svg)
                case .png: try FigureConverter.convert(report.specification, to: .png)
                case .specification, nil: report.specification.bytes
                }
            let file = try OutputFile(path: output)
            try file.write(text)
            try file.finish()
            Messages(isQuiet: false, isVerbose: false).note("\(counted(report.figureCount, "figure")): \(output)")
        }
    }
}
