/// Quantiles of numbers, missing ones left out, with linear interpolation (R's type 7).
package struct Quantiles {
    private let sorted: [Double]

    package init(_ values: [Double]) { sorted = values.filter { !$0.isNaN }.sorted() }

    /// NaN where there are no values.
    package func at(_ share: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        let place = share * Double(last)
        let below = Int(place)
        let above = min(below + 1, last)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}
