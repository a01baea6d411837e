import Compute

/// A method that needs nothing of the rows but their moments, so that it can be fitted to any folds of them.
protocol MomentEstimator: Sendable {
    /// The coefficients of every task on the user's scale, `taskCount x featureCount`; NaN for a task that the method
    /// has none for.
    func coefficients<B: Backend>(from moments: MomentShards<B>) throws(ComputeError) -> [Double]
}

extension Individual: MomentEstimator {
    func coefficients<B: Backend>(from moments: MomentShards<B>) throws(ComputeError) -> [Double] {
        try OwnEstimates(from: moments).coefficients
    }
}

extension Pooled: MomentEstimator {
    func coefficients<B: Backend>(from moments: MomentShards<B>) throws(ComputeError) -> [Double] {
        let total = try moments.total()
        let sampleCount = zip(moments.sampleCounts, total.isIncluded).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        let solution = try LeastSquares(
            moments: total.moments(), sampleCounts: [sampleCount], scaling: moments.scaling, on: moments.backend)
        let shared = solution.coefficients
        let isSound = solution.statuses[0] == .ok && !solution.hasUncertainCoefficients(0)
        return total.isIncluded.flatMap { isIncluded in
            isIncluded && isSound ? shared : Array(repeating: .nan, count: shared.count)
        }
    }
}
