import Tables

/// A study's report as one HTML file.
struct ReportPage {
    let report: StudyReport
    let bundle: [UInt8]
    let version: String

    private var study: Study { report.results.study }

    var text: OutputText {
        var body = OutputText()
        appendOpening(&body)
        var specifications: [JsonValue] = []
        appendFigures(&body, &specifications)
        appendRuns(&body)
        return HtmlPage(title: study.name, body: body, specifications: specifications, bundle: bundle).text
    }

    private func appendOpening(_ text: inout OutputText) {
        text.append("<p>")
        let counts = [
            counted(study.cells.count, "cell"), counted(study.replicationCount, "replication") + " of each",
            counted(study.methodNames.count, "method"), "seed \(study.seed)", "\(report.runs.draw) drawn",
        ]
        text.append(html: counts.joined(separator: " · "))
        text.append("</p>\n")
        text.append("<details><summary>The study</summary>\n<pre>")
        text.append(html: study.text)
        text.append("</pre></details>\n")
    }

    // MARK: Figures

    private func appendFigures(_ text: inout OutputText, _ specifications: inout [JsonValue]) {
        let vega = VegaSpecification(results: report.results, style: .page)
        text.append("<h2>Means over replications</h2>\n")
        for figure in study.figures {
            specifications.append(vega.curves(of: figure))
            append(
                figure, number: specifications.count, caption: meansCaption(figure),
                FigureTable(meansOf: figure, report.results), &text)
        }
        guard report.showsSpread else { return }
        text.append("<h2>Spread over replications</h2>\n")
        for figure in study.figures {
            specifications.append(vega.spread(of: figure))
            append(
                figure, number: specifications.count,
                caption:
                    "\(capitalized(figure)): lines from the 5 to the 95 % quantile over replications, boxes from the "
                    + "25 to the 75 %, and the median.\(base(figure))",
                FigureTable(quantilesOf: figure, report.results), &text)
        }
    }

    private func append(
        _ figure: StudyFigure, number: Int, caption: String, _ table: FigureTable, _ text: inout OutputText
    ) {
        text.append("<figure>\n<div class=\"plot\" id=\"figure-\(number)\"></div>\n<figcaption>")
        text.append(html: "Figure \(number). \(caption)")
        if figure.omittedPanels > 0 {
            text.append(
                html: " \(counted(figure.omittedPanels, "further combination")) of the other factors "
                    + "\(figure.omittedPanels == 1 ? "stands" : "stand") in summary.csv.")
        }
        text.append("</figcaption>\n<details><summary>Numbers</summary>\n")
        text.append(table: table.header, words: table.words, rows: table.rows)
        if table.omittedRows > 0 {
            text.append("<p>\(counted(table.omittedRows, "further row")) in summary.csv and results.csv.</p>\n")
        }
        text.append("</details>\n</figure>\n")
    }

    private func meansCaption(_ figure: StudyFigure) -> String {
        let hasIntervals = study.replicationCount > 1
        let curveCount = figure.panels.count { if case .numbers = $0.axis { true } else { false } }
        let shape =
            curveCount == figure.panels.count ? "bands" : curveCount == 0 ? "bars" : "bands and bars"
        let interval = hasIntervals ? ", with \(shape) of ±1.96 Monte-Carlo standard errors" : ""
        return "\(capitalized(figure)): mean over \(counted(study.replicationCount, "replication"))\(interval)."
            + base(figure)
    }

    private func capitalized(_ figure: StudyFigure) -> String {
        let title = study.metrics[figure.metric].title
        return title.prefix(1).uppercased() + title.dropFirst()
    }

    /// What panels have of the factors that they do not vary.
    private func base(_ figure: StudyFigure) -> String {
        let shown = Set(figure.panels.flatMap(\.fixed))
        let values = study.factors.indices.compactMap { factor -> String? in
            let isOnAxis = figure.panels.allSatisfy { $0.axis == .numbers(factor) || $0.axis == .names(factor) }
            let base = study.factors[factor].base
            guard !isOnAxis, !shown.contains(factor), !base.isEmpty else { return nil }
            return "\(study.title(of: factor)) = \(base)"
        }
        return values.isEmpty ? "" : " Where not varied: \(values.joined(separator: ", "))."
    }

    // MARK: Runs

    private func appendRuns(_ text: inout OutputText) {
        text.append("<h2>Runs</h2>\n")
        text.append(table: report.runs.header, words: StudyRuns.words, rows: report.runs.rows)
        for notice in report.runs.notices {
            text.append("<p>")
            text.append(html: notice)
            text.append("</p>\n")
        }
        text.append(footer: version, sources: "study.toml, summary.csv, results.csv and run.json")
    }
}
