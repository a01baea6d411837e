public import Compute

/// Individual task learning: each task by least squares on its own rows, `b_j = (X_j'W X_j)^-1 X_j'W y_j`.
///
/// The baseline `itl` of Duan and Wang (2023) and the first stage of MOLAR (Huang et al., 2024). A task whose rows do
/// not determine its coefficients is missing, with its status; it has no centre to fall back on.
public struct Individual: Estimator {
    public static let name = "itl"
    /// How standard errors are estimated. `.cluster` needs the problem's cluster codes.
    public var variance: VarianceEstimator

    public init(variance: VarianceEstimator = .iid) { self.variance = variance }

    public var passCount: Int { variance == .iid ? 1 : 2 }

    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        let moments = try backend.moments(of: problem, progress: progress)
        let leastSquares = try LeastSquares(moments: moments, scaling: problem.scaling, on: backend)
        let counts = problem.sampleCounts
        var estimates = TaskEstimates(taskCount: counts.count, featureCount: problem.featureCount)
        estimates.coefficients = leastSquares.coefficients
        estimates.conditions = leastSquares.conditions
        let errors = try standardErrors(of: problem, leastSquares, counts: counts, progress: progress)
        estimates.standardErrors = errors.values
        estimates.degreesOfFreedom = errors.degreesOfFreedom

        var fit = Fit(statuses: counts.indices.map { leastSquares.status(of: $0, sampleCount: counts[$0]) })
        fit.tasks = estimates
        if B.Scalar.self != Double.self {
            try refit(tasks: tasksBeyondScalar(leastSquares, fit), of: problem, in: &fit, on: reference)
        }
        fit.finish(certainDigits: Double.ulpOfOne)
        return fit
    }

    private func standardErrors<B: Backend>(
        of problem: some Problem, _ leastSquares: LeastSquares<B>, counts: [Int], progress: PassProgress?
    ) throws(ComputeError) -> (values: [Double], degreesOfFreedom: [Double]) {
        let featureCount = problem.featureCount
        let residualDegrees = counts.map { Double($0 - featureCount) }
        let middle = SandwichMiddle(backend: leastSquares.backend, fit: leastSquares, progress: progress)
        var degrees = residualDegrees
        var factors = counts.map { _ in 1.0 }
        let diagonals: [Double]
        switch variance {
        case .iid:
            diagonals = try leastSquares.inverseDiagonals()
            factors = zip(leastSquares.residualSums, residualDegrees).map { $0 / $1 }
        case .hc0, .hc1, .hc2, .hc3:
            let scores = try middle.squaredScores(of: problem, correction: variance.leverageCorrection)
            diagonals = try leastSquares.sandwichDiagonals(middle: scores.gram)
            if variance == .hc1 { factors = zip(counts, residualDegrees).map { Double($0) / $1 } }
        case .cluster:
            guard let codes = problem.clusters else { preconditionFailure("clustered variances need cluster codes") }
            let groups = counts.indices.map { Optional($0) }
            let sums = try middle.clusters(of: problem, codes: codes, groups: groups, groupCount: counts.count)
            diagonals = try leastSquares.sandwichDiagonals(middle: sums.middle)
            degrees = sums.clusterCounts.map { Double($0 - 1) }
            factors = counts.indices.map {
                clusterFactor(clusters: sums.clusterCounts[$0], samples: counts[$0], features: featureCount)
            }
        }
        let values = diagonals.indices.map { (factors[$0 / featureCount] * diagonals[$0]).squareRoot() }
        return (values, degrees)
    }

    /// Tasks whose condition, or whose fit, is too close for the scalar: at most two certain digits would be left.
    private func tasksBeyondScalar<B: Backend>(_ leastSquares: LeastSquares<B>, _ fit: Fit) -> [Int] {
        let unit = Double(B.Scalar.ulpOfOne)
        return fit.statuses.indices.filter { task in
            switch fit.statuses[task] {
            case .collinear: return true
            case .ok:
                let condition = leastSquares.conditions[task]
                return !(unit * condition * condition <= 0.01 && unit <= 0.01 * leastSquares.unexplainedShares[task])
            default: return false
            }
        }
    }

    private func refit<R: Backend<Double>>(
        tasks: [Int], of problem: some Problem, in fit: inout Fit, on reference: R
    ) throws(ComputeError) {
        guard !tasks.isEmpty else { return }
        let again = try self.fit(TaskSubset(of: problem, tasks: tasks), on: reference, reference: reference)
        if let estimates = again.tasks { fit.tasks?.replace(tasks: tasks, with: estimates) }
        for (index, task) in tasks.enumerated() { fit.statuses[task] = again.statuses[index] }
        fit.refittedTaskCount = tasks.count
    }
}

/// The small-sample factor of a clustered variance: `g / (g - 1) * (n - 1) / (n - p)`; not finite for one cluster.
func clusterFactor(clusters: Int, samples: Int, features: Int) -> Double {
    let g = Double(clusters)
    return clusters < 2 ? .nan : g / (g - 1) * Double(samples - 1) / Double(samples - features)
}

extension Fit {
    /// Makes what cannot be told missing, and counts what the summary tells.
    ///
    /// - Parameter certainDigits: the relative rounding error of the arithmetic that the conditions are held against.
    mutating func finish(certainDigits unit: Double) {
        guard var estimates = tasks else { return }
        illConditionedTaskCount = 0
        missingErrorTaskCount = 0
        for (task, status) in statuses.enumerated() {
            let features = task * estimates.featureCount..<(task + 1) * estimates.featureCount
            guard status == .ok else {
                for index in features {
                    estimates.coefficients[index] = .nan
                    estimates.standardErrors[index] = .nan
                }
                estimates.degreesOfFreedom[task] = .nan
                continue
            }
            if unit * estimates.conditions[task] * estimates.conditions[task] > 1e-6 { illConditionedTaskCount += 1 }
            if features.contains(where: { !estimates.standardErrors[$0].isFinite }) { missingErrorTaskCount += 1 }
        }
        tasks = estimates
    }
}
