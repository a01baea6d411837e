import Compute
import RealModule

extension LassoTasks {
    /// The sparse centre of the tasks, on the user's scale, a free intercept 0; and whether its search has converged.
    ///
    /// The LASSO that it stays near is that of the task of most rows.
    ///
    /// - Parameters:
    ///   - strength: `c` in `l_m = c s_m sqrt(log(n_m d) / n_m)`.
    ///   - radius: the most that a task may be from the centre.
    ///   - variances: `s_m^2` of every task.
    func sparseCenter(
        strength: Double, radius: Double, variances: [Double]
    ) throws(ComputeError) -> (coefficients: [Double], hasConverged: Bool) {
        let bounds = weightSums.indices.map { task -> Double in
            let weight = weightSums[task]
            guard weight > 0 else { return 0 }
            return strength * (variances[task] * Double.log(max(2, weight * Double(order))) / weight).squareRoot()
        }
        var tasks: [SparseCenter.Task] = []
        var places: [Int] = []
        let size = triangleCount(order + 1)
        try forEachShard { range, values throws(ComputeError) in
            for (place, task) in range.enumerated() where values.isIncluded[place] && bounds[task] > 0 {
                let first = place * size
                var matrix = Array(repeating: 0.0, count: order * order)
                for row in 0..<order {
                    for column in 0...row {
                        let value = values.joint[first + triangleCount(row) + column]
                        matrix[row * order + column] = value
                        matrix[column * order + row] = value
                    }
                }
                let linear = Array(values.joint[first + triangleCount(order)..<first + triangleCount(order) + order])
                tasks.append(
                    SparseCenter.Task(matrix: matrix, linear: linear, weight: weightSums[task], bound: bounds[task]))
                places.append(task)
            }
        }
        var coefficients = Array(repeating: 0.0, count: coefficientCount)
        guard let first = tasks.indices.max(by: { tasks[$0].weight < tasks[$1].weight }) else {
            return (coefficients.map { _ in .nan }, false)
        }
        tasks.swapAt(0, first)
        let own = try self.coefficients(
            around: coefficients, penalties: bounds, strengths: [1], mixture: 1)
        let start = slopes(Array(own[places[first] * coefficientCount..<(places[first] + 1) * coefficientCount]))
        let total = tasks.reduce(0) { $0 + $1.weight }
        let typical = tasks.indices.reduce(0.0) { $0 + variances[places[$1]] } / Double(tasks.count)
        let center = try SparseCenter(
            tasks: tasks, bound: strength * (typical * Double.log(Double(max(2, order))) / total).squareRoot(),
            start: start, radius: radius
        ).solve(parallel, progress: progress)
        for (place, value) in center.center.enumerated() { setSlope(place, to: value, in: &coefficients) }
        return (coefficients, center.hasConverged)
    }
}
