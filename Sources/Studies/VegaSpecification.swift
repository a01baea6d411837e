import Tables

/// A study's figures as Vega-Lite specifications. What is drawn is a mark a cell and method, never one a replication.
struct VegaSpecification {
    let results: StudyResults
    let style: VegaStyle

    private static let panelWidth = 240
    private static let pageWidth = 920

    /// The means over replications, with their intervals.
    func curves(of figure: StudyFigure) -> JsonValue {
        let summaries = figure.panels.flatMap { panel in panel.cells.flatMap { results.summaries(cell: $0, of: figure) }
        }
        let axis = FigureAxis(summaries.flatMap { [$0.mean] + ($0.interval.map { [$0.upperBound] } ?? []) })
        return panels(of: figure, width: Self.panelWidth) { $0.curves(axis, width: Self.panelWidth) }
    }

    /// The quantiles over replications.
    func spread(of figure: StudyFigure) -> JsonValue {
        let summaries = figure.panels.flatMap { panel in panel.cells.flatMap { results.summaries(cell: $0, of: figure) }
        }
        let axis = FigureAxis(summaries.flatMap(\.quantiles))
        let methodCount = results.study.methodNames.count
        let boxes = figure.panels.map { methodCount * ($0.axis == .methods ? 1 : $0.cells.count) }.max() ?? 1
        let width = max(Self.panelWidth, 9 * boxes)
        return panels(of: figure, width: width) { $0.spread(axis, width: width) }
    }

    /// One specification of several.
    func together(_ specifications: [JsonValue]) -> JsonValue {
        let views = specifications.map { JsonValue.object(($0.members ?? []).filter { $0.name != "config" }) }
        return [
            "$schema": .string(VegaStyle.schema), "title": .string(results.study.name),
            "config": style.config, "spacing": 40, "vconcat": .array(views),
            "resolve": ["scale": ["xOffset": "independent"]],
        ]
    }

    /// Panels side by side, on one vertical scale and with one legend.
    private func panels(of figure: StudyFigure, width: Int, _ draw: (VegaPanel) -> JsonValue) -> JsonValue {
        let most = max(1, Self.pageWidth / (width + 50))
        // Four are two and two, not three and one.
        let lines = (figure.panels.count + most - 1) / most
        let columns = (figure.panels.count + lines - 1) / lines
        let views = figure.panels.indices.map { place in
            draw(
                VegaPanel(
                    results: results, figure: figure, panel: figure.panels[place],
                    isFirstInRow: place.isMultiple(of: columns), ink: style.ink))
        }
        return [
            "config": style.config, "columns": .integer(columns), "spacing": 24, "concat": .array(views),
            // Offsets are parts of a panel's own bands.
            "resolve": [
                "scale": ["y": "shared", "color": "shared", "shape": "shared", "xOffset": "independent"]
            ],
        ]
    }
}
