import Compute

extension ARMUL {
    /// Fits tasks around centres in a common subspace: eq. (3.13).
    ///
    /// A task that takes no part has no coefficients.
    func lowRankFit<B: Backend, R: Backend<Double>>(
        rank: Int, _ loss: ProfiledLoss<B>, sampleCounts: [Int], on reference: R
    ) throws(ComputeError) -> Fit {
        let quadratics = loss.quadratics
        let solved = try LowRankSolver(loss: loss, rank: min(rank, loss.order)).solve(on: reference)
        let found = try TaskSolutions(loss, at: solved.place)
        let scales = loss.weights.indices.reduce(1.0) {
            loss.weights[$1] > 0 ? max($0, 1 + quadratics.slopes[$1]) : $0
        }
        let included = loss.weights.indices.filter { loss.weights[$0] > 0 }
        var fit = Fit(statuses: statuses(of: Array(0..<quadratics.taskCount), quadratics, sampleCounts: sampleCounts))
        var estimates = TaskEstimates(taskCount: quadratics.taskCount, featureCount: quadratics.featureCount)
        estimates.coefficients = FullCoefficients.ofTasks(quadratics, found.coefficients)
        for task in loss.weights.indices where loss.weights[task] == 0 { estimates.clear(task: task) }
        fit.tasks = estimates
        fit.centerStatus = included.isEmpty ? .tooFewRows : solved.hasConverged ? .ok : .notConverged
        fit.subspace = FittedSubspace(
            basis: solved.place.basis.map { vector in
                var full = Array(repeating: 0.0, count: quadratics.featureCount)
                for (place, feature) in quadratics.user.features.enumerated() { full[feature] = vector[place] }
                return full
            }, loadings: solved.place.loadings)
        let value = included.reduce(0.0) { $0 + loss.weights[$1] * found.values[$1] }
        let slope = solved.slope(found.slopes, weights: loss.weights)
        fit.certificate = Certificate(
            objective: value + (loss.constants.first ?? 0),
            residual: included.reduce(slope) { max($0, found.violations[$1]) } / scales, dualityGap: nil,
            iterationCount: solved.iterationCount, hasConverged: solved.hasConverged)
        return fit
    }
}

/// What was found of the subspace of tasks' centres.
public struct FittedSubspace: Sendable, Equatable {
    /// Orthonormal vectors in the coefficients that are shrunk; 0 for a free intercept.
    public var basis: [[Double]]
    /// Each task's, `taskCount x basis.count`.
    public var loadings: [Double]
}

extension SolvedSubspace {
    /// The largest slope that is left, from the tasks' slopes as they are formed anew from the moments.
    fileprivate func slope(_ slopes: [Double], weights: [Double]) -> Double {
        let (rank, order) = (place.basis.count, place.basis.first?.count ?? 0)
        var largest = 0.0
        var sums = Array(repeating: 0.0, count: rank * order)
        for task in weights.indices where weights[task] > 0 {
            let own = slopes[task * order..<(task + 1) * order]
            var length = 0.0
            for (vector, values) in place.basis.enumerated() {
                let along = zip(values, own).reduce(0) { $0 + $1.0 * $1.1 }
                length += along * along
                for (index, value) in own.enumerated() {
                    sums[vector * order + index] += weights[task] * value * place.loadings[task * rank + vector]
                }
            }
            largest = max(largest, length.squareRoot())
        }
        return max(largest, sums.reduce(0) { $0 + $1 * $1 }.squareRoot())
    }
}
