import Tables

/// A study's report as one HTML file.
struct ReportPage {
    let report: StudyReport
    let bundle: [UInt8]
    let version: String

    private var study: Study { report.results.study }

    var text: OutputText {
        var text = OutputText()
        text.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        // The browser itself keeps the page from asking any network.
        text.append(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                + "script-src 'unsafe-inline' 'unsafe-eval'\">\n")
        text.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        text.append(html: study.name)
        text.append("</title>\n<style>\n\(Self.style)</style>\n</head>\n<body>\n")
        appendOpening(&text)
        var specifications: [JsonValue] = []
        appendFigures(&text, &specifications)
        appendRuns(&text)
        text.append("<script>\n")
        text.append(script: bundle)
        text.append("\n</script>\n<script>\n")
        appendDrawing(of: specifications, &text)
        text.append("</script>\n</body>\n</html>\n")
        return text
    }

    private func appendOpening(_ text: inout OutputText) {
        text.append("<h1>")
        text.append(html: study.name)
        text.append("</h1>\n<p>")
        let counts = [
            counted(study.cells.count, "cell"), counted(study.replicationCount, "replication") + " of each",
            counted(study.methodNames.count, "method"), "seed \(study.seed)", "\(report.runs.draw) drawn",
        ]
        text.append(html: counts.joined(separator: " · "))
        text.append("</p>\n<noscript><p>The figures need JavaScript; the tables hold their numbers.</p></noscript>\n")
        text.append("<details><summary>The study</summary>\n<pre>")
        text.append(html: study.text)
        text.append("</pre></details>\n")
    }

    // MARK: Figures

    private func appendFigures(_ text: inout OutputText, _ specifications: inout [JsonValue]) {
        let vega = VegaSpecification(results: report.results, ink: "currentColor", paper: "transparent")
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

    private func appendDrawing(of specifications: [JsonValue], _ text: inout OutputText) {
        var json = OutputText()
        json.append(json: .array(specifications))
        text.append("(specifications => specifications.forEach((specification, place) => {\n")
        text.append("  const element = document.getElementById(`figure-${place + 1}`);\n")
        text.append("  const options = { mode: \"vega-lite\", renderer: \"svg\", actions: false };\n")
        text.append("  vegaEmbed(element, specification, options)")
        text.append(".catch(error => { element.textContent = `${error}`; });\n}))(")
        text.append(script: json.bytes)
        text.append(");\n")
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
        text.append("<footer>Made by kindred ")
        text.append(html: version)
        text.append(
            " from study.toml, summary.csv, results.csv and run.json. The figures are drawn by Vega, Vega-Lite and "
                + "Vega-Embed, which this page carries with their licences.</footer>\n")
    }

    // MARK: Style

    private static let style = """
        :root { color-scheme: light dark; --ink: #1f2328; --paper: #ffffff; --line: #d0d7de; --faint: #59636e; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e9ec; --paper: #14171a; --line: #3a4148; --faint: #9aa4ae; }
        }
        body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; max-width: 960px;
          margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
        h2 { font-size: 1.15rem; margin: 2.5rem 0 1rem; border-bottom: 1px solid var(--line); }
        p { margin: .25rem 0 .75rem; }
        figure { margin: 0 0 2rem; break-inside: avoid; }
        .plot { display: block; width: 100%; }
        .plot svg { max-width: 100%; height: auto; display: block; }
        figcaption, footer { color: var(--faint); font-size: .85rem; margin-top: .5rem; }
        footer { margin-top: 2rem; }
        details { margin: .5rem 0; }
        summary { cursor: pointer; color: var(--faint); font-size: .85rem; }
        pre { overflow-x: auto; font-size: .8rem; line-height: 1.4; padding: .75rem; border: 1px solid var(--line); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
        th { vertical-align: bottom; }
        .number { text-align: right; }
        td.number, td:first-child { white-space: nowrap; }
        @media print {
          :root { color-scheme: light; --ink: #000000; --paper: #ffffff; --line: #bbbbbb; --faint: #444444; }
          body { margin: 0; max-width: none; }
        }

        """
}
