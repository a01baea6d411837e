import Tables

extension CountryMap.Output: DrawnFigures {
    package var specification: OutputText {
        var text = OutputText()
        text.append(json: figure(.picture).adding(["$schema": .string(VegaStyle.schema)]))
        text.append("\n")
        return text
    }

    package func page(bundle: [UInt8], version: String) -> OutputText {
        var body = OutputText()
        body.append("<p>")
        body.append(html: "Huang et al. (2024), Figure 1, on students of 2003. \(summary)")
        body.append("</p>\n<figure>\n<div class=\"plot\" id=\"figure-1\"></div>\n<figcaption>")
        body.append(html: Self.caption)
        body.append("</figcaption>\n<details><summary>Numbers</summary>\n")
        body.append(
            table: ["feature"] + countries, words: 1,
            rows: features.indices.map { feature in
                [features[feature]] + countries.indices.map { text(cell($0, feature)) }
            })
        body.append("</details>\n</figure>\n")
        body.append(footer: version, sources: "a table of the OECD's PISA 2003")
        return HtmlPage(title: Self.title, body: body, specifications: [figure(.page)], bundle: bundle).text
    }

    package static let title = "Where countries differ"
    package static let caption =
        "Each country's least-squares coefficients from all its rows, less their median over countries, in absolute value; "
        + "empty where that is at most 6 sqrt(v), with v the diagonal of the inverse Gram. Features and scores are standardised."

    /// How many differences count, and of which countries.
    package var summary: String {
        let counts = countries.indices.map { (country: $0, count: largeCount(of: $0)) }.filter { $0.count > 0 }
            .sorted { ($1.count, $0.country) < ($0.count, $1.country) }
        let share = formatted(100 * Double(largeCount) / Double(max(1, cells.count)), "%.1f")
        return "\(largeCount) of \(cells.count) differences (\(share) %) are more than 6 sqrt(v): "
            + (counts.isEmpty ? "none" : counts.map { "\(countries[$0.country]) \($0.count)" }.joined(separator: ", "))
            + "."
    }

    /// A difference that counts, nothing of another.
    package func text(_ cell: CountryMap.Cell) -> String { cell.isLarge ? formatted(cell.size, "%.2f") : "" }

    /// Countries across, features down, the colour the size.
    private func figure(_ style: VegaStyle) -> JsonValue {
        let rows = countries.indices.flatMap { country in
            features.indices.map { feature -> JsonValue in
                let cell = cell(country, feature)
                return [
                    "country": .string(countries[country]), "feature": .string(features[feature]),
                    "size": .number(cell.size), "difference": .number(cell.difference), "text": .string(text(cell)),
                ]
            }
        }
        func names(_ names: [String]) -> JsonValue { ["domain": .array(names.map { .string($0) })] }
        let place: JsonValue = [
            "x": [
                "field": "country", "type": "nominal", "title": .null, "scale": names(countries),
                "axis": ["orient": "top", "labelAngle": 0, "domain": false, "ticks": false],
            ],
            "y": [
                "field": "feature", "type": "nominal", "title": .null, "scale": names(features),
                "axis": ["domain": false, "ticks": false, "labelLimit": 300, "grid": false],
            ],
        ]
        let tooltip: JsonValue = .array(
            [
                ["field": "country"], ["field": "feature"],
                ["field": "difference", "type": "quantitative", "format": ".3f"],
            ])
        let largest = cells.map(\.size).max() ?? 0
        let color: JsonValue = [
            "field": "size", "type": "quantitative",
            // Of one colour, so that it stands out from a light and from a dark page alike.
            "scale": [
                "type": "sqrt", "domain": [0, .number(largest > 0 ? largest : 1)],
                "range": ["rgba(213,94,0,0)", "rgba(213,94,0,1)"],
            ],
            "legend": ["title": "size of the difference", "gradientLength": 200, "format": ".2f"],
        ]
        return [
            "config": style.config, "width": .integer(44 * countries.count), "height": .integer(24 * features.count),
            "data": ["values": .array(rows)],
            "layer": [
                [
                    "mark": ["type": "rect", "stroke": .string(style.ink), "strokeOpacity": 0.15, "strokeWidth": 1],
                    "encoding": place.adding(["color": color, "tooltip": tooltip]),
                ],
                [
                    "mark": ["type": "text", "fontSize": 10, "color": .string(style.ink)],
                    "encoding": place.adding(["text": ["field": "text", "type": "nominal"]]),
                ],
            ],
        ]
    }
}
