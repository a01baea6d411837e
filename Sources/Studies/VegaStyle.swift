import Tables

/// How figures look.
struct VegaStyle {
    /// The colour of axes, ticks and words.
    let ink: String
    let paper: String

    static let schema = "https://vega.github.io/schema/vega-lite/v6.json"
    /// On a page, in its light and its dark mode.
    static let page = VegaStyle(ink: "currentColor", paper: "transparent")
    /// Of a figure alone.
    static let picture = VegaStyle(ink: "#333333", paper: "white")

    var config: JsonValue {
        let ink = JsonValue.string(ink)
        let words: JsonValue = ["labelColor": ink, "titleColor": ink, "labelFontSize": 11, "titleFontSize": 12]
        return [
            "background": .string(paper), "font": "system-ui, sans-serif", "view": ["stroke": .null],
            "axis": words.adding([
                "titleFontWeight": "normal", "domainColor": ink, "domainOpacity": 0.5, "tickColor": ink,
                "tickOpacity": 0.5, "tickSize": 4, "gridColor": ink, "gridOpacity": 0.1, "labelPadding": 4,
                "titlePadding": 8,
            ]),
            "axisX": ["grid": false],
            "legend": words.adding(["orient": "top", "symbolOpacity": 1, "labelLimit": 300, "offset": 12]),
            "title": ["color": ink, "fontSize": 12, "fontWeight": "bold", "anchor": "start", "offset": 8],
        ]
    }
}
