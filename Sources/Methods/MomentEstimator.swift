import Compute

/// A method that needs nothing of the rows but their moments, so that it can be fitted to any folds of them.
protocol MomentEstimator: Sendable {
    /// The coefficients of every task on the user's scale, `taskCount x featureCount`; NaN for a task that the method
    /// has none for.
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double]
}

/// ARMUL with a strength, and a number of clusters or vectors, that have been chosen.
struct ChosenARMUL: MomentEstimator {
    let armul: ARMUL
    let chosen: ChosenPenalty
    /// `n_j` in the penalty: those of all rows, also where moments are of some of them.
    let weightSums: [Double]

    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
        let loss = armul.loss(
            of: try armul.quadratics(of: moments), sharing: .all, strengths: [1], weightSums: weightSums)
        return try armul.structure.sized(chosen.size).solver.coefficients(
            loss, strengths: [chosen.value], on: reference)[0]
    }
}

extension Individual: MomentEstimator {
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
        try OwnEstimates(from: moments, ridge: ridge).coefficients
    }
}

extension Pooled: MomentEstimator {
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
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
