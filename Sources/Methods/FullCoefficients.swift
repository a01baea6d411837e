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

    /// Those of one task.
    ///
    /// - Parameter slopes: of every task.
    func task(_ task: Int, _ slopes: [Double]) -> [Double] {
        let own = slopes[task * shrunk.order..<(task + 1) * shrunk.order]
        var result = shrunk.placed(own)
        guard let free = shrunk.free else { return result }
        for column in 0..<shrunk.columnCount {
            result[column * shrunk.featureCount + free] = level(column, task, own)
        }
        return result
    }

    /// The free coefficient of one column in one task.
    private func level(_ column: Int, _ task: Int, _ slopes: ArraySlice<Double>) -> Double {
        let first = (task * shrunk.columnCount + column) * (shrunk.order + 1)
        let own = levels[first..<first + shrunk.order + 1]
        return zip(own, slopes).reduce(own.last ?? 0) { $0 - $1.0 * $1.1 }
    }
}
