public import Compute

/// The mean of all tasks' own estimates, `c_k = sum over m of w_m b_mk / sum of w_m`: what all tasks get.
///
/// A baseline of Huang et al. (2024): where tasks share all coefficients it errs as the pooled fit does, nearly, and needs no
/// task's rows but to estimate it; one odd task moves it as far as it likes. Its standard errors are those of independent tasks
/// with one set of coefficients, `sqrt(sum of w_m^2 se_mk^2) / sum of w_m`, and its statistics normal.
public struct Average: Estimator {
    public static let name = "average"
    /// How the standard errors of own estimates are estimated. `.cluster` needs the problem's cluster codes.
    public var variance: VarianceEstimator
    public var weights: MOLAR.TaskWeights

    /// - Parameter weights: observations by default: where variances are estimated from few rows, one that is far too small by
    ///   chance would make a task's precision the whole mean.
    public init(weights: MOLAR.TaskWeights = .observations, variance: VarianceEstimator = .iid) {
        self.weights = weights
        self.variance = variance
    }

    public var passCount: Int { Individual(variance: variance).passCount }
    public var arrayCount: Int { Individual().arrayCount }

    /// Fits the problem. A task whose own estimates cannot be had takes no part, and has its status.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        var individual = Individual(variance: variance)
        individual.keepsTaskSums = true
        var fit = try individual.fit(problem, on: backend, reference: reference, progress: progress)
        guard let tasks = fit.tasks else { return fit }
        let own = OwnEstimates(
            tasks, statuses: fit.statuses, sampleCounts: problem.sampleCounts, intercept: problem.scaling.intercept)
        let mean = try mean(of: own, on: reference)
        fit.tasks = nil
        fit.centerStatus = mean.sampleCount > 0 ? .ok : .tooFewRows
        fit.center = mean.sampleCount > 0 ? mean : nil
        return fit
    }

    func mean<R: Backend<Double>>(of own: OwnEstimates, on reference: R) throws(ComputeError) -> Estimate {
        let (width, count) = (own.featureCount, own.taskCount)
        let taskWeights = try MOLAR(weights: weights).weights(of: own, own.isInCenter, on: reference)
        let total = taskWeights.reduce(0, +)
        func sums(_ values: [Double], _ weights: [Double]) throws(ComputeError) -> [Double] {
            let vectors = try reference.makeVectors(taskCount: count, width: width, zeroed: false)
            try reference.upload(values, into: vectors)
            let factors = try reference.makeVectors(taskCount: count, width: 1, zeroed: false)
            try reference.upload(weights, into: factors)
            return try reference.weightedSum(
                of: vectors, weights: factors, adding: Array(repeating: 0, count: width))
        }
        let coefficients = try sums(own.coefficients, taskWeights)
        let variances = try sums(own.standardErrors.map { $0 * $0 }, taskWeights.map { $0 * $0 })
        return Estimate(
            coefficients: coefficients.map { $0 / total }, standardErrors: variances.map { $0.squareRoot() / total },
            degreesOfFreedom: .infinity,
            sampleCount: own.statuses.indices.reduce(0) { own.statuses[$1] == .ok ? $0 + own.sampleCounts[$1] : $0 },
            condition: .nan)
    }
}

extension Average: MomentEstimator {
    func coefficients<B: Backend, R: Backend<Double>>(
        from moments: MomentShards<B>, on reference: R
    ) throws(ComputeError) -> [Double] {
        let own = try OwnEstimates(from: moments)
        let shared = try mean(of: own, on: reference).coefficients
        return own.statuses.flatMap { _ in shared }
    }
}
