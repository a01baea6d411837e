import Tables

/// A page of figures as one HTML file.
struct HtmlPage {
    let title: String
    /// What follows the title.
    let body: OutputText
    /// Those of the elements `figure-1`, `figure-2` and so on.
    let specifications: [JsonValue]
    /// The JavaScript that draws them.
    let bundle: [UInt8]

    var text: OutputText {
        var text = OutputText()
        text.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        // The browser itself keeps the page from asking any network.
        text.append(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                + "script-src 'unsafe-inline' 'unsafe-eval'\">\n")
        text.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        text.append(html: title)
        text.append("</title>\n<style>\n\(Self.style)</style>\n</head>\n<body>\n<h1>")
        text.append(html: title)
        text.append("</h1>\n")
        text.append("<noscript><p>The figures need JavaScript; the tables hold their numbers.</p></noscript>\n")
        text.append(bytes: body.bytes)
        text.append("<script>\n")
        text.append(script: bundle)
        text.append("\n</script>\n<script>\n")
        appendDrawing(&text)
        text.append("</script>\n</body>\n</html>\n")
        return text
    }

    private func appendDrawing(_ text: inout OutputText) {
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

extension OutputText {
    /// What a page was made of, and by what.
    mutating func append(footer version: String, sources: String) {
        append("<footer>Made by kindred ")
        append(html: "\(version) from \(sources)")
        append(
            ". The figures are drawn by Vega, Vega-Lite and Vega-Embed, which this page carries with their licences."
                + "</footer>\n")
    }
}
