import Compute

/// The steps of the search for a ``SparseCenter``, after Pock and Chambolle (2011): one over the sums of sizes along columns,
/// for unknowns, and along rows, for multipliers.
struct SparseStepSizes {
    let center: [Double]
    /// The same for all coordinates of a task: its ball and its l1 norm then have one prox.
    let differences: [Double]
    /// A vector a task, with ones up to a whole number of SIMD vectors.
    let multipliers: [Double]
    let together: [Double]

    /// - Parameter shares: `n_m / N`.
    init(_ problem: SparseCenter, shares: [Double]) {
        let (order, stride) = (problem.order, SparsePoint.stride(of: problem.order))
        var (columns, whole) = (Array(repeating: 1.0, count: order), Array(repeating: 0.0, count: order))
        var differences: [Double] = []
        var multipliers = Array(repeating: 1.0, count: problem.tasks.count * stride)
        var mean = Array(repeating: 0.0, count: order * stride)
        for (place, task) in problem.tasks.enumerated() {
            let share = shares[place]
            for index in mean.indices { mean[index] += share * task.rows[index] }
            var largest = 0.0
            for row in 0..<order {
                var sum = 0.0
                for column in 0..<order { sum += abs(task.rows[row * stride + column]) }
                if sum > 0 { multipliers[place * stride + row] = 1 / (2 * sum) }
                largest = max(largest, sum * (1 + share))
                guard place > 0 else { continue }
                columns[row] += sum
                whole[row] += share * sum
            }
            differences.append(largest > 0 ? 1 / largest : 1)
        }
        for row in 0..<order {
            var sum = 0.0
            for column in 0..<order { sum += abs(mean[row * stride + column]) }
            columns[row] += sum
            whole[row] += sum
        }
        center = columns.map { 1 / $0 }
        together = whole.map { $0 > 0 ? 1 / $0 : 1 }
        self.differences = differences
        self.multipliers = multipliers
    }
}
