import Tables

/// One panel of a figure as a Vega-Lite view.
struct VegaPanel {
    let results: StudyResults
    let figure: StudyFigure
    let panel: FigurePanel
    /// Whether the vertical axis has its title.
    let isFirstInRow: Bool
    let ink: String

    private var study: Study { results.study }
    private var metric: Metric { study.metrics[figure.metric] }

    /// Colours that most colour-blind readers tell apart, after Okabe and Ito.
    private static let palette: [JsonValue] = [
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C",
    ]
    /// One fewer than the colours, so that a pair comes back late.
    private static let shapes: [JsonValue] = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]

    /// A line a method along numbers, with a band; points with bars along names.
    func curves(_ axis: FigureAxis, width: Int) -> JsonValue {
        let rows = rows { summary in
            guard summary.mean.isFinite else { return nil }
            let mean: JsonValue = ["mean": .number(summary.mean)]
            guard let interval = summary.interval else { return mean }
            return mean.adding([
                "low": .number(max(interval.lowerBound, axis.floor ?? -.infinity)),
                "high": .number(interval.upperBound),
            ])
        }
        let place = horizontal(areNames: false).adding(["color": color])
        let y = vertical("mean", axis)
        let interval = place.adding(["y": vertical("low", axis), "y2": ["field": "high"]])
        var layers = reference
        let isCurve = if case .numbers = panel.axis { true } else { false }
        if rows.contains(where: { $0["low"] != nil }) {
            layers.append([
                "mark": isCurve ? ["type": "area", "opacity": 0.2] : ["type": "rule", "strokeWidth": 1.5],
                "encoding": interval,
            ])
        }
        if isCurve {
            layers.append(["mark": ["type": "line", "strokeWidth": 1.5], "encoding": place.adding(["y": y])])
        }
        layers.append([
            "mark": ["type": "point", "filled": true, "opacity": 1, "size": 36],
            "encoding": place.adding(["y": y, "shape": shape, "tooltip": tooltip([("mean", "mean")])]),
        ])
        return view(rows, layers, width: width)
    }

    /// For each method a line from the 5 to the 95 % quantile, a box from the 25 to the 75 %, and the median.
    func spread(_ axis: FigureAxis, width: Int) -> JsonValue {
        let names = ["q5", "q25", "q50", "q75", "q95"]
        let rows = rows { summary in
            guard summary.quantiles.allSatisfy(\.isFinite) else { return nil }
            return .object(zip(names, summary.quantiles).map { JsonValue.Member($0, .number($1)) })
        }
        let place = horizontal(areNames: true).adding(["color": color])
        func bounds(_ low: String, _ high: String) -> JsonValue {
            place.adding(["y": vertical(low, axis), "y2": ["field": .string(high)]])
        }
        let median = place.adding([
            "y": vertical("q50", axis),
            "tooltip": tooltip(zip(names, ["5 %", "25 %", "median", "75 %", "95 %"]).map { ($0, $1) }),
        ])
        return view(
            rows,
            reference + [
                ["mark": ["type": "rule", "strokeWidth": 1], "encoding": bounds("q5", "q95")],
                ["mark": ["type": "bar", "opacity": 0.4], "encoding": bounds("q25", "q75")],
                ["mark": ["type": "tick", "thickness": 2, "orient": "horizontal"], "encoding": median],
            ], width: width)
    }

    private func view(_ rows: [JsonValue], _ layers: [JsonValue], width: Int) -> JsonValue {
        let title = panel.fixed.map { "\(study.title(of: $0)) = \(study.cells[panel.cells[0]].values[$0])" }
        let view: JsonValue = [
            "width": .integer(width), "height": 200, "data": ["values": .array(rows)], "layer": .array(layers),
        ]
        return title.isEmpty ? view : view.adding(["title": .string(title.joined(separator: ", "))])
    }

    /// A row a cell and method, of what `values` makes of their results.
    private func rows(_ values: (ValueSummary) -> JsonValue?) -> [JsonValue] {
        panel.cells.flatMap { cell in
            zip(study.methodNames, results.summaries(cell: cell, of: figure)).compactMap { label, summary in
                values(summary).map { own in
                    var place: JsonValue = ["method": .string(label)]
                    switch panel.axis {
                    case .numbers(let factor):
                        place = place.adding([
                            "x": .number(study.number(of: factor, in: cell)),
                            "name": .string(name(of: factor, in: cell)),
                        ])
                    case .names(let factor): place = place.adding(["name": .string(name(of: factor, in: cell))])
                    case .methods: break
                    }
                    return place.adding(own)
                }
            }
        }
    }

    private func name(of factor: Int, in cell: Int) -> String {
        let text = study.cells[cell].values[factor]
        return Double(text).map { shortNumber($0) } ?? text
    }

    // MARK: Encodings

    /// - Parameter areNames: whether numbers stand apart evenly, as names do.
    private func horizontal(areNames: Bool) -> JsonValue {
        switch panel.axis {
        case .numbers(let factor) where !areNames:
            let values = panel.cells.map { study.number(of: factor, in: $0) }
            let (scale, axis) = FigureAxis(values).horizontal(values)
            return [
                "x": [
                    "field": "x", "type": "quantitative", "title": .string(study.title(of: factor)), "scale": scale,
                    "axis": axis,
                ]
            ]
        case .numbers(let factor), .names(let factor):
            let names = panel.cells.map { name(of: factor, in: $0) }
            let isWide = names.reduce(0) { $0 + $1.count + 2 } > 34
            return [
                "x": [
                    "field": "name", "type": "nominal", "title": .string(study.title(of: factor)),
                    "scale": ["domain": .array(names.map { .string($0) }), "paddingInner": 0.3, "paddingOuter": 0.15],
                    "axis": ["labelAngle": isWide && panel.axis == .names(factor) ? -30 : 0, "labelOverlap": "greedy"],
                ],
                "xOffset": ["field": "method", "scale": ["domain": methods]],
            ]
        case .methods:
            return [
                "x": [
                    "field": "method", "type": "nominal", "title": .null, "scale": ["domain": methods, "padding": 0.4],
                    "axis": ["labelAngle": study.methodNames.reduce(0) { $0 + $1.count + 2 } > 34 ? -30 : 0],
                ]
            ]
        }
    }

    private func vertical(_ field: String, _ axis: FigureAxis) -> JsonValue {
        let (scale, ticks) = axis.vertical(fromZero: metric.kind != .coverage)
        return [
            "field": .string(field), "type": "quantitative", "scale": scale, "axis": ticks,
            "title": isFirstInRow ? .string(metric.title) : .null,
        ]
    }

    private var methods: JsonValue { .array(study.methodNames.map { .string($0) }) }

    private var color: JsonValue {
        [
            "field": "method", "type": "nominal", "title": .null,
            "scale": ["domain": methods, "range": .array(Self.palette)],
            // The axis names them.
            "legend": panel.axis == .methods ? .null : ["symbolType": "circle"],
        ]
    }

    private var shape: JsonValue {
        [
            "field": "method", "type": "nominal", "title": .null,
            "scale": ["domain": methods, "range": .array(Self.shapes)],
            "legend": panel.axis == .methods ? .null : [:],
        ]
    }

    private func tooltip(_ fields: [(field: String, title: String)]) -> JsonValue {
        var rows: [JsonValue] = [["field": "method", "type": "nominal"]]
        switch panel.axis {
        case .numbers(let factor), .names(let factor):
            rows.append(["field": "name", "type": "nominal", "title": .string(study.title(of: factor))])
        case .methods: break
        }
        rows += fields.map {
            ["field": .string($0.field), "type": "quantitative", "title": .string($0.title), "format": ".4g"]
        }
        return .array(rows)
    }

    /// What intervals aim at.
    private var reference: [JsonValue] {
        guard metric.kind == .coverage else { return [] }
        return [
            [
                "data": ["values": [["level": 0.95]]],
                "mark": ["type": "rule", "strokeDash": [4, 3], "opacity": 0.6, "color": .string(ink)],
                "encoding": ["y": ["field": "level", "type": "quantitative"]],
            ]
        ]
    }
}
