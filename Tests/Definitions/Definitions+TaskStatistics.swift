public import Compute

extension Definitions {
    /// `sum over tasks of w_j v_j`, leaving out tasks of weight 0.
    public static func weightedSum(_ vectors: [[Double]], weights: [Double]) -> [Double] {
        var sum = vectors.first.map { $0.map { _ in 0.0 } } ?? []
        for (vector, weight) in zip(vectors, weights) where weight != 0 {
            for index in sum.indices { sum[index] += weight * vector[index] }
        }
        return sum
    }

    /// With `S(z)` the weight of values up to `z` and `W` that of all: the first value with `S >= share W`, the first with
    /// `S > share W`, or the middle between them. Weights that are not whole numbers are compared up to rounding.
    public static func weightedQuantile(
        _ values: [Double], weights: [Double], at share: Double, tie: TieRule = .midpoint
    ) -> Double {
        let sorted = values.indices.filter { weights[$0] > 0 }.sorted { values[$0] < values[$1] }
        let target = share * sorted.reduce(0) { $0 + weights[$1] }
        let isWhole = weights.allSatisfy { $0 == $0.rounded() }
        let tolerance = isWhole ? 0 : 4 * Double(sorted.count) * Double.ulpOfOne * target
        var sum = 0.0
        var lower: Double?
        for task in sorted {
            sum += weights[task]
            if lower == nil && sum >= target - tolerance { lower = values[task] }
            guard let lower, sum > target + tolerance || task == sorted.last else { continue }
            let upper = values[task]
            return tie == .lower ? lower : tie == .upper ? upper : lower + 0.5 * (upper - lower)
        }
        return .nan
    }

    /// `sum over tasks of w_j x_j y_j'`, a row for each value of `y_j`, leaving out tasks of weight 0.
    public static func crossProduct(_ x: [[Double]], _ y: [[Double]], weights: [Double]) -> [[Double]] {
        let (width, height) = (x.first?.count ?? 0, y.first?.count ?? 0)
        var sum = Array(repeating: Array(repeating: 0.0, count: width), count: height)
        for task in x.indices where weights[task] != 0 {
            for b in 0..<height {
                for a in 0..<width { sum[b][a] += weights[task] * x[task][a] * y[task][b] }
            }
        }
        return sum
    }

    /// The mean of the values of tasks of positive weight without the `floor(share M)` smallest and largest.
    public static func trimmedMean(_ values: [Double], weights: [Double], share: Double) -> Double {
        let sorted = values.indices.filter { weights[$0] > 0 }.map { values[$0] }.sorted()
        let trimmed = Int(share * Double(sorted.count) + 1e-9)
        let kept = sorted.dropFirst(trimmed).dropLast(trimmed)
        return kept.reduce(0, +) / Double(kept.count)
    }

    /// `sum of w_j v_j` over the tasks of each label, leaving out tasks of weight 0 and of labels that are none.
    public static func weightedSum(
        _ vectors: [[Double]], weights: [Double], labels: [Double], labelCount: Int
    ) -> [[Double]] {
        (0..<labelCount).map { label in
            weightedSum(vectors, weights: weights.indices.map { labels[$0] == Double(label) ? weights[$0] : 0 })
        }
    }

    /// `sum of w_j v_j` over the tasks of each group, leaving out tasks of weight 0.
    public static func weightedSum(
        _ vectors: [[Double]], weights: [Double], groups: [Range<Int>]
    ) -> [[Double]] {
        groups.map { group in
            weightedSum(vectors, weights: weights.indices.map { group.contains($0) ? weights[$0] : 0 })
        }
    }

    /// `|v - c|^2` for each center.
    public static func squaredDistances(_ vector: [Double], centers: [[Double]]) -> [Double] {
        centers.map { zip(vector, $0).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
    }

    /// The point nearest to `vector` with `x >= 0` and `sum of x = radius`: with the values in descending order, the
    /// threshold is what the longest run of first values needs whose last value is above it.
    public static func simplexProjection(_ vector: [Double], radius: Double) -> [Double] {
        let largest = vector.max() ?? 0
        var (sum, threshold) = (0.0, 0.0)
        for (index, value) in vector.map({ $0 - largest }).sorted(by: >).enumerated() {
            sum += value
            let needed = (sum - radius) / Double(index + 1)
            if value > needed { threshold = needed }
        }
        return vector.map { max(($0 - largest) - threshold, 0) }
    }
}
