import Compute

/// What a ridge fit of some moments draws its tasks to, and with which penalty.
struct RidgeTarget {
    let penalty: RidgePenalty
    /// On the user's scale.
    let center: [Double]
    /// Whether the centre could be estimated.
    let status: TaskStatus
    /// The strength at which the penalty has the weight of the average task's rows.
    let balance: Double

    init<B: Backend>(_ ridge: Ridge, from moments: MomentShards<B>) throws(ComputeError) {
        try self.init(ridge, from: moments, total: moments.total())
    }

    /// - Parameter total: of all the tasks' moments, which then are not brought through.
    init<B: Backend>(
        _ ridge: Ridge, from moments: MomentShards<B>, total: MomentTotal<B>
    ) throws(ComputeError) {
        let scaling = moments.scaling
        let sampleCount = zip(moments.sampleCounts, total.isIncluded).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        penalty = RidgePenalty(
            scaling: scaling, weightScale: moments.weightScale,
            variances: ridge.standardizes
                ? scaling.variances(of: total.values, weight: moments.weightSum(of: total.isIncluded)) : nil)
        balance = penalty.information(of: total.values) / Double(max(1, total.isIncluded.count { $0 }))
        switch ridge.center {
        case .zero:
            center = scaling.meanAlone(of: total.values)
            status = .ok
        case .pool:
            let pooled = try LeastSquares(
                moments: total.moments(), sampleCounts: [sampleCount], scaling: scaling, on: moments.backend)
            center = pooled.coefficients
            status = pooled.statuses[0]
        }
    }
}

extension MomentShards {
    /// The sum of the weights of the tasks that are included.
    func weightSum(of isIncluded: [Bool]) -> Double {
        zip(weightSums, isIncluded).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
    }
}

extension ColumnScaling {
    /// The variance of each feature on the user's scale, from the moments of rows of this weight in all; without an
    /// intercept the mean square.
    func variances(of total: [Double], weight: Double) -> [Double] {
        (0..<featureCount).map { feature in
            let square = total[triangleCount(feature) + feature] * scales[feature] * scales[feature] / weight
            guard let intercept else { return square }
            let sum = total[triangleCount(max(feature, intercept)) + min(feature, intercept)]
            let mean = sum * scales[feature] / weight
            return square - mean * mean
        }
    }

    /// The coefficients of the model that has the mean response of all rows for its intercept and nothing else.
    ///
    /// It stands for tasks without rows: the intercept of others has no penalty.
    func meanAlone(of total: [Double]) -> [Double] {
        var coefficients = Array(repeating: 0.0, count: featureCount)
        guard let intercept else { return coefficients }
        let weight = total[triangleCount(intercept) + intercept]
        let sum = total[triangleCount(featureCount) + intercept]
        coefficients[intercept] = shifts[featureCount] + scales[featureCount] * sum / weight
        return coefficients
    }
}
