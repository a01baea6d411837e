import Methods
import Tables

extension DifferenceReport {
    /// Terms across, tasks down, the colour how far an own estimate is from the centre's and on which side.
    func heatMap(_ style: VegaStyle) -> JsonValue {
        let (shown, columns) = (shownTasks, shownTerms)
        let names = names(of: shown)
        var largest = 1.0
        var rows: [JsonValue] = []
        for (task, name) in zip(shown, names) {
            for term in columns {
                let distance = distance(task, term)
                let differs = differences.differs(task: task, feature: term) == true && distance.isFinite
                if differs { largest = max(largest, abs(distance)) }
                rows.append([
                    "task": .string(name), "term": .string(terms[term]), "shown": .number(differs ? distance : 0),
                    "distance": .number(distance), "own": .number(estimate(task, term)),
                    "centre": .number(differences.center[term]),
                ])
            }
        }
        let most = JsonValue.number(largest)
        return [
            "width": .integer(Swift.max(240, 34 * columns.count)), "height": .integer(Swift.max(60, 14 * shown.count)),
            "data": ["values": .array(rows)],
            "mark": ["type": "rect", "stroke": .string(style.ink), "strokeOpacity": 0.1, "strokeWidth": 1],
            "encoding": [
                "x": [
                    "field": "term", "type": "nominal", "title": .null,
                    "scale": ["domain": .array(columns.map { .string(terms[$0]) })],
                    "axis": ["orient": "top", "labelAngle": -40, "domain": false, "ticks": false, "labelLimit": 160],
                ],
                "y": [
                    "field": "task", "type": "nominal", "title": .null,
                    "scale": ["domain": .array(names.map { .string($0) })],
                    "axis": ["domain": false, "ticks": false, "labelLimit": 200, "grid": false],
                ],
                "color": [
                    "field": "shown", "type": "quantitative",
                    // Two colours that fade out into any page, and most colour-blind readers tell apart.
                    "scale": [
                        "domain": [.number(-largest), 0, most],
                        "range": ["rgba(0,114,178,1)", "rgba(128,128,128,0)", "rgba(213,94,0,1)"],
                    ],
                    "legend": [
                        "title": "standard errors from the centre", "gradientLength": 200, "titleLimit": 300,
                    ],
                ],
                "tooltip": [
                    ["field": "task"], ["field": "term"],
                    ["field": "own", "type": "quantitative", "format": ".4~g", "title": "own estimate"],
                    ["field": "centre", "type": "quantitative", "format": ".4~g"],
                    ["field": "distance", "type": "quantitative", "format": ".2f", "title": "standard errors"],
                ],
            ],
        ]
    }

    /// A panel a term: every task's interval and estimate, in the order of own estimates.
    func caterpillars(_ style: VegaStyle) -> JsonValue {
        ["columns": 3, "spacing": 28, "concat": .array(panelTerms.map { caterpillar(of: $0, style) })]
    }

    private func caterpillar(of term: Int, _ style: VegaStyle) -> JsonValue {
        let ordered = ordered(by: term)
        let names = names(of: ordered)
        let rows = zip(ordered, names).map { task, name -> JsonValue in
            let interval = intervals.interval(task: task, feature: term)
            let differs = differences.differs(task: task, feature: term) == true
            return [
                "task": .string(name), "low": .number(interval.low), "high": .number(interval.high),
                "estimate": .number(coefficients[task * terms.count + term]),
                "differs": .string(differs ? "differs" : "shared"),
            ]
        }
        let y: JsonValue = [
            "field": "task", "type": "nominal", "title": .null, "scale": ["domain": .array(names.map { .string($0) })],
            "axis": ["domain": false, "ticks": false, "labelLimit": 90, "labelFontSize": 9, "grid": false],
        ]
        let color: JsonValue = [
            "field": "differs", "type": "nominal",
            "scale": ["domain": ["shared", "differs"], "range": ["#8C8C8C", "#D55E00"]], "legend": ["title": .null],
        ]
        func x(_ field: String) -> JsonValue {
            ["field": .string(field), "type": "quantitative", "title": .null, "scale": ["zero": false]]
        }
        return [
            "title": .string(terms[term]), "width": 190, "height": .integer(max(60, 11 * ordered.count)),
            "data": ["values": .array(rows)],
            "layer": [
                [
                    "mark": ["type": "rule", "strokeDash": [4, 3], "color": .string(style.ink), "opacity": 0.6],
                    "encoding": [
                        "x": [
                            "datum": .number(differences.center[term]), "type": "quantitative", "title": .null,
                            "scale": ["zero": false],
                        ]
                    ],
                ],
                [
                    "mark": ["type": "rule", "strokeWidth": 1.5],
                    "encoding": ["x": x("low"), "x2": ["field": "high"], "y": y, "color": color],
                ],
                [
                    "mark": ["type": "point", "filled": true, "opacity": 1, "size": 22],
                    "encoding": [
                        "x": x("estimate"), "y": y, "color": color,
                        "tooltip": [
                            ["field": "task"], ["field": "estimate", "type": "quantitative", "format": ".4~g"],
                            ["field": "low", "type": "quantitative", "format": ".4~g"],
                            ["field": "high", "type": "quantitative", "format": ".4~g"],
                        ],
                    ],
                ],
            ],
        ]
    }

    /// The tasks' labels; some of them may be the same after all that is done to them, and stay apart by a number.
    private func names(of chosen: [Int]) -> [String] {
        var counts: [String: Int] = [:]
        return chosen.map { task in
            let name = printable(tasks[task])
            counts[name, default: 0] += 1
            let count = counts[name] ?? 1
            return count == 1 ? name : "\(name) (\(count))"
        }
    }
}
