package import Compute

/// Each task's least-squares estimates from its own rows, with what methods that shrink them need to know of them.
///
/// All on the user's scale; NaN for a task that is not ok.
package struct OwnEstimates {
    let featureCount: Int
    let intercept: Int?
    /// `taskCount x featureCount`.
    var coefficients: [Double] = []
    /// The standard error of each coefficient: the root of the error variance times the diagonal of `(X'WX)^-1`.
    var standardErrors: [Double] = []
    var errorVariances: [Double] = []
    /// The mean of each feature in each task, `taskCount x featureCount`; nothing where the model has no intercept.
    var featureMeans: [Double] = []
    var sampleCounts: [Int] = []
    /// The sum of the weights of each task's rows.
    var weightSums: [Double] = []
    var statuses: [TaskStatus] = []

    var taskCount: Int { statuses.count }

    /// The estimates of every task, shard by shard. A task beyond what the scalar carries counts as not finite.
    ///
    /// - Parameter hasStandardErrors: whether those are asked for; else they are NaN.
    package init<B: Backend>(from moments: MomentShards<B>, hasStandardErrors: Bool = true) throws(ComputeError) {
        featureCount = moments.featureCount
        intercept = moments.scaling.intercept
        sampleCounts = moments.sampleCounts
        weightSums = moments.weightSums
        try moments.forEachShard { tasks, shard throws(ComputeError) in
            let counts = Array(sampleCounts[tasks])
            let solution = try LeastSquares(
                moments: shard, sampleCounts: counts, scaling: moments.scaling, on: moments.backend)
            let variances = solution.errorVariances(sampleCounts: counts, weightScale: moments.weightScale)
            let diagonals = hasStandardErrors ? try solution.inverseDiagonals() : []
            let own = solution.coefficients
            for (task, status) in solution.statuses.enumerated() {
                let isOk = status == .ok && !solution.hasUncertainCoefficients(task)
                let variance = variances[task] * moments.weightScale / solution.responseUnit
                for index in task * featureCount..<(task + 1) * featureCount {
                    coefficients.append(isOk ? own[index] : .nan)
                    standardErrors.append(
                        isOk && hasStandardErrors ? (variance * diagonals[index]).squareRoot() : .nan)
                }
                statuses.append(status == .ok && !isOk ? .nonFinite : status)
            }
            errorVariances += variances
            featureMeans += try solution.featureMeans(shard)
        }
    }

    /// The estimates that a fit of every task on its own has found.
    init(_ estimates: TaskEstimates, statuses: [TaskStatus], sampleCounts: [Int], intercept: Int?) {
        featureCount = estimates.featureCount
        self.intercept = intercept
        coefficients = estimates.coefficients
        standardErrors = estimates.standardErrors
        errorVariances = estimates.errorVariances
        featureMeans = estimates.featureMeans
        weightSums = estimates.weightSums
        self.sampleCounts = sampleCounts
        self.statuses = statuses
    }
}
