public import Tables

/// The report of a study that is done: its figures and the tables of their numbers.
public struct StudyReport: DrawnFigures {
    let folder: StudyFolder
    let results: StudyResults
    let runs: StudyRuns

    /// Spread over fewer replications than this is not worth a figure.
    static let fewestReplications = 10

    /// - Throws: ``TableError`` where the folder does not hold all results of a study.
    public init(of folder: StudyFolder) throws {
        self.folder = folder
        results = try StudyResults(in: folder)
        runs = try StudyRuns(in: folder)
    }

    /// How many figures it has.
    public var figureCount: Int { results.study.figures.count * (showsSpread ? 2 : 1) }

    var showsSpread: Bool {
        results.hasSpread && results.study.replicationCount >= Self.fewestReplications
    }

    public var specification: OutputText {
        let vega = VegaSpecification(results: results, style: .picture)
        let figures = results.study.figures
        var all = figures.map { vega.curves(of: $0) }
        if showsSpread { all += figures.map { vega.spread(of: $0) } }
        var text = OutputText()
        text.append(json: vega.together(all))
        text.append("\n")
        return text
    }

    public func page(bundle: [UInt8], version: String) -> OutputText {
        ReportPage(report: self, bundle: bundle, version: version).text
    }
}
