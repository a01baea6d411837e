import Compute

/// Coefficients of all features on the user's scale, from those that are shrunk: free ones follow from these.
struct FullCoefficients {
    private let shrunk: ShrunkCoefficients
    /// As ``QuadraticValues/levels``.
    private let levels: [Double]

    init<B: Backend>(_ quadratics: TaskQuadratics<B>) {
        shrunk = quadratics.shrunk
        levels = quadratics.levels
    }

    /// Those of a centre. Those that are free are the mean of what they are in its tasks, given its slopes; missing where
    /// none of these has a weight.
    func center(_ slopes: [Double], of tasks: [Int], weights: [Double]) -> [Double] {
        var center = shrunk.placed(slopes)
        guard let free = shrunk.free else { return center }
        let total = tasks.reduce(0.0) { $0 + weights[$1] }
        for column in 0..<shrunk.columnCount {
            let sum = tasks.reduce(0.0) { sum, task in
                weights[task] > 0 ? sum + weights[task] * level(column, task, slopes[...]) : sum
            }
            center[column * shrunk.featureCount + free] = total > 0 ? sum / total : .nan
        }
        return center
    }

    /// Writes those of one task.
    ///
    /// - Parameters:
    ///   - slopes: of every task.
    ///   - place: the task's among those whose coefficients are written.
    func write(_ task: Int, _ slopes: [Double], to coefficients: inout [Double], at place: Int) {
        let (order, width) = (shrunk.order, shrunk.coefficientCount)
        for column in 0..<shrunk.columnCount {
            let first = place * width + column * shrunk.featureCount
            var own = task * order + column * shrunk.features.count
            for (index, feature) in shrunk.features.enumerated() {
                coefficients[first + feature] = slopes[own] / shrunk.units[index]
                own += 1
            }
            if let free = shrunk.free {
                coefficients[first + free] = level(column, task, slopes[task * order..<(task + 1) * order])
            }
        }
    }

    /// The free coefficient of one column in one task.
    private func level(_ column: Int, _ task: Int, _ slopes: ArraySlice<Double>) -> Double {
        let first = (task * shrunk.columnCount + column) * (shrunk.order + 1)
        var level = levels[first + shrunk.order]
        for (place, slope) in slopes.enumerated() { level -= levels[first + place] * slope }
        return level
    }
}
