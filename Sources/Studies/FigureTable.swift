import Tables

/// The numbers of a figure as rows of texts.
struct FigureTable {
    let header: [String]
    /// How many columns of the header are words.
    let words: Int
    let rows: [[String]]
    /// Rows that the page leaves to the study's own tables.
    let omittedRows: Int

    private static let mostRows = 1000

    /// A row a cell, with each method's mean and its Monte-Carlo standard error.
    init(meansOf figure: StudyFigure, _ results: StudyResults) {
        let study = results.study
        let factors = Self.factors(of: figure, in: study)
        let cells = figure.panels.flatMap(\.cells)
        header = factors.map { study.title(of: $0) } + study.methodNames
        words = factors.count
        rows = cells.prefix(Self.mostRows).map { cell in
            factors.map { study.cells[cell].values[$0] }
                + results.summaries(cell: cell, of: figure).map { summary in
                    guard summary.mean.isFinite else { return "" }
                    let mean = formatted(summary.mean, "%.4g")
                    return summary.standardError.isFinite
                        ? "\(mean) ± \(formatted(summary.standardError, "%.2g"))" : mean
                }
        }
        omittedRows = cells.count - rows.count
    }

    /// A row a cell and method, with the quantiles over replications.
    init(quantilesOf figure: StudyFigure, _ results: StudyResults) {
        let study = results.study
        let factors = Self.factors(of: figure, in: study)
        let cells = figure.panels.flatMap(\.cells)
        header =
            factors.map { study.title(of: $0) } + ["method"]
            + StudyResults.shares.map { "\(formatted(100 * $0, "%g")) %" } + ["replications"]
        words = factors.count + 1
        let all = cells.prefix(Self.mostRows).flatMap { cell in
            zip(study.methodNames, results.summaries(cell: cell, of: figure)).map { label, summary in
                factors.map { study.cells[cell].values[$0] } + [label]
                    + summary.quantiles.map { $0.isFinite ? formatted($0, "%.4g") : "" }
                    + [formatted(summary.count, "%.0f")]
            }
        }
        rows = Array(all.prefix(Self.mostRows))
        omittedRows = cells.count * study.methodNames.count - rows.count
    }

    /// Those that the figure shows several values of.
    private static func factors(of figure: StudyFigure, in study: Study) -> [Int] {
        let cells = figure.panels.flatMap(\.cells)
        return study.factors.indices.filter { factor in
            Set(cells.map { study.cells[$0].values[factor] }).count > 1
        }
    }
}
