public import Compute

/// One least-squares fit of all tasks' rows together: `b = (sum_j X_j'W X_j)^-1 sum_j X_j'W y_j`.
///
/// Tasks with values that are not finite have weight 0; all others take part whatever their size.
public struct Pooled: Estimator {
    public static let name = "pool"
    /// How standard errors are estimated. `.cluster` needs the problem's cluster codes.
    public var variance: VarianceEstimator

    public init(variance: VarianceEstimator = .iid) { self.variance = variance }

    public var passCount: Int { variance == .iid ? 1 : 2 }

    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        let moments = try backend.moments(of: problem, progress: progress)
        let (total, isFinite) = try backend.sum(moments, tolerance: LeastSquares<B>.collinearityTolerance)
        let leastSquares = try LeastSquares(moments: total, scaling: problem.scaling, on: backend)
        let sampleCount = zip(problem.sampleCounts, isFinite).reduce(0) { $1.1 ? $0 + $1.0 : $0 }

        var fit = Fit(statuses: isFinite.map { $0 ? .ok : .nonFinite })
        fit.centerStatus = leastSquares.status(of: 0, sampleCount: sampleCount)
        guard fit.centerStatus == .ok else { return fit }
        let errors = try standardErrors(
            of: problem, leastSquares, isFinite: isFinite, samples: sampleCount, progress: progress)
        fit.center = Estimate(
            coefficients: leastSquares.coefficients, standardErrors: errors.values,
            degreesOfFreedom: errors.degreesOfFreedom, sampleCount: sampleCount,
            condition: leastSquares.conditions[0])
        return fit
    }

    private func standardErrors<B: Backend>(
        of problem: some Problem, _ leastSquares: LeastSquares<B>, isFinite: [Bool], samples: Int,
        progress: PassProgress?
    ) throws(ComputeError) -> (values: [Double], degreesOfFreedom: Double) {
        let backend = leastSquares.backend
        let residualDegrees = Double(samples - problem.featureCount)
        let middle = SandwichMiddle(backend: backend, fit: leastSquares, progress: progress)
        var degrees = residualDegrees
        var factor = 1.0
        let diagonals: [Double]
        switch variance {
        case .iid:
            diagonals = try leastSquares.inverseDiagonals()
            factor = leastSquares.residualSums[0] / residualDegrees
        case .hc0, .hc1, .hc2, .hc3:
            let scores = try middle.squaredScores(of: problem, correction: variance.leverageCorrection)
            let total = try backend.makeMoments(taskCount: 1, featureCount: problem.featureCount)
            try backend.addUp(scores, weights: isFinite.map { $0 ? 1 : 0 }, into: total)
            diagonals = try leastSquares.sandwichDiagonals(middle: total.gram)
            if variance == .hc1 { factor = Double(samples) / residualDegrees }
        case .cluster:
            guard let codes = problem.clusters else { preconditionFailure("clustered variances need cluster codes") }
            let sums = try middle.clusters(
                of: problem, codes: codes, groups: isFinite.map { $0 ? 0 : nil }, groupCount: 1)
            diagonals = try leastSquares.sandwichDiagonals(middle: sums.middle)
            degrees = Double(sums.clusterCounts[0] - 1)
            factor = clusterFactor(
                clusters: sums.clusterCounts[0], samples: samples, features: problem.featureCount)
        }
        return (diagonals.map { (factor * $0).squareRoot() }, degrees)
    }
}

extension Backend {
    /// The moments of all tasks together, leaving out tasks with values that are not finite.
    fileprivate func sum(
        _ moments: Moments<Buffer>, tolerance: Scalar
    ) throws(ComputeError) -> (total: Moments<Buffer>, isFinite: [Bool]) {
        let total = try makeMoments(taskCount: 1, featureCount: moments.featureCount)
        let everyTask = Array(repeating: Scalar(1), count: moments.taskCount)
        try addUp(moments, weights: everyTask, into: total)
        if try download(total.joint.triangles).allSatisfy({ $0.isFinite }) {
            return (total, everyTask.map { _ in true })
        }
        let factor = try makeFactor(taskCount: moments.taskCount, order: moments.featureCount + 1)
        try self.factor(moments.joint, tolerance: tolerance, into: factor)
        let diagnosis = try download(factor.diagnosis)
        let isFinite = (0..<moments.taskCount).map { diagnosis[2 * $0] >= 0 }
        try addUp(moments, weights: isFinite.map { $0 ? 1 : 0 }, into: total)
        return (total, isFinite)
    }

    fileprivate func addUp(
        _ moments: Moments<Buffer>, weights: [Scalar], into total: Moments<Buffer>
    ) throws(ComputeError) {
        let taskWeights = try makeVectors(taskCount: moments.taskCount, width: 1)
        try upload(weights, into: taskWeights)
        try weightedSum(of: moments.joint.triangles, weights: taskWeights, into: total.joint.triangles)
    }
}
