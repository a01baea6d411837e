import RealModule
import Tables

/// The scale of a figure's axis: logarithmic where values are positive and span more than a factor of 20.
struct FigureAxis: Sendable {
    let isLogarithmic: Bool
    /// The least and the largest value shown; nil where there is none.
    let range: ClosedRange<Double>?

    private static let mostTicks = 8

    init(_ values: [Double]) {
        let finite = values.filter(\.isFinite)
        guard let least = finite.min(), let largest = finite.max() else {
            (isLogarithmic, range) = (false, nil)
            return
        }
        isLogarithmic = least > 0 && largest / least > 20
        range = least...largest
    }

    /// For a horizontal axis: the values themselves are its ticks, where they are few.
    func horizontal(_ values: [Double]) -> (scale: JsonValue, axis: JsonValue) {
        guard let range, isLogarithmic else {
            return (["zero": false, "padding": 8], ["tickCount": 5, "labelOverlap": "greedy"])
        }
        let ticks = values.count <= Self.mostTicks ? values : Self.ticks(range)
        return (
            ["type": "log", "nice": false, "padding": 8],
            ["format": format(shortFrom: 1e4), "values": .array(ticks.map { .number($0) }), "labelOverlap": "greedy"]
        )
    }

    /// For a vertical axis, with room above and below. What cannot be shown on it is to be cut at `floor`.
    func vertical(fromZero: Bool) -> (scale: JsonValue, axis: JsonValue) {
        guard let floor, let range, isLogarithmic else {
            return (
                ["zero": .bool(fromZero && range.map { $0.lowerBound < $0.upperBound / 3 } ?? false)],
                ["tickCount": 5]
            )
        }
        let ceiling = range.upperBound * 1.3
        return (
            ["type": "log", "nice": false, "domain": [.number(floor), .number(ceiling)]],
            [
                "values": .array(Self.ticks(floor...ceiling).map { .number($0) }),
                "format": format(shortFrom: 1e5),
            ]
        )
    }

    /// The lower end of a logarithmic vertical axis.
    var floor: Double? { isLogarithmic ? range.map { $0.lowerBound / 1.3 } : nil }

    /// On a logarithmic axis, whose ticks are given: `10k`, or `0.05` and `2e-7`.
    private func format(shortFrom large: Double) -> JsonValue {
        (range?.upperBound ?? 0) >= large ? "~s" : "~g"
    }

    /// Powers of ten, with their doubles and halves where there is room.
    static func ticks(_ range: ClosedRange<Double>) -> [Double] {
        let exponents =
            Int(Double.log10(range.lowerBound).rounded(.down))...Int(Double.log10(range.upperBound).rounded(.up))
        func ticks(_ digits: [Double], every step: Int) -> [Double] {
            exponents.filter { $0.isMultiple(of: step) }
                .flatMap { exponent in digits.map { $0 * Double.pow(10, exponent) } }
                .filter(range.contains)
        }
        let finest = [ticks([1, 2, 5], every: 1), ticks([1, 3], every: 1), ticks([1], every: 1)]
        return finest.first { $0.count <= mostTicks } ?? ticks([1], every: (exponents.count + 5) / 6)
    }
}
