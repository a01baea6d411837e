import Compute

/// Coefficients of all features on the user's scale, from those that are shrunk: a free intercept goes through the means.
struct FullCoefficients {
    /// The centre's. Its intercept is that of all tasks' rows, given its slopes.
    let center: [Double]
    private let features: [Int]
    /// What the features are divided by.
    private let units: [Double]
    private let free: Int?
    /// For each task those of the features that remain, then of the response.
    private let means: [Double]

    init<B: Backend>(_ quadratics: TaskQuadratics<B>, center slopes: [Double], weights: [Double], tasks: [Int]) {
        features = quadratics.user.features
        free = quadratics.user.free
        units = quadratics.user.units
        let (means, width) = (quadratics.means, slopes.count + 1)
        self.means = means
        var center = Array(repeating: 0.0, count: features.count + (free == nil ? 0 : 1))
        for (place, feature) in features.enumerated() { center[feature] = slopes[place] / units[place] }
        if let free {
            let isKnown = tasks.contains { weights[$0] > 0 }
            center[free] = tasks.reduce(isKnown ? 0.0 : .nan) { sum, task in
                weights[task] > 0
                    ? sum + weights[task] * Self.level(means[task * width..<(task + 1) * width], slopes[...]) : sum
            }
        }
        self.center = center
    }

    /// Those of one task.
    ///
    /// - Parameter slopes: of every task.
    func task(_ task: Int, _ slopes: [Double]) -> [Double] {
        var result = Array(repeating: 0.0, count: center.count)
        let own = slopes[task * features.count..<(task + 1) * features.count]
        for (place, slope) in own.enumerated() { result[features[place]] = slope / units[place] }
        if let free {
            let width = features.count + 1
            result[free] = Self.level(means[task * width..<(task + 1) * width], own)
        }
        return result
    }

    /// Those of every task, `taskCount x featureCount`.
    ///
    /// - Parameter slopes: of every task.
    static func ofTasks<B: Backend>(_ quadratics: TaskQuadratics<B>, _ slopes: [Double]) -> [Double] {
        let none = Array(repeating: 0.0, count: quadratics.order)
        let weights = Array(repeating: 0.0, count: quadratics.taskCount)
        let full = FullCoefficients(quadratics, center: none, weights: weights, tasks: [])
        return (0..<quadratics.taskCount).flatMap { full.task($0, slopes) }
    }

    /// The mean of the response less that of the features at these slopes.
    private static func level(_ means: ArraySlice<Double>, _ slopes: ArraySlice<Double>) -> Double {
        zip(means, slopes).reduce(means.last ?? 0) { $0 - $1.0 * $1.1 }
    }
}
