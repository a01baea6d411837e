import Compute

/// `lambda / 2 sum over k of d_k (b_k - c_k)^2` on a problem's scaled columns: the intercept is left free.
///
/// On the user's scale every `d_k` is 1, or the variance of feature `k` over all rows with `standardize`.
struct RidgePenalty {
    /// `d_k` for coefficients on scaled columns and squared residuals of the scaled response.
    let diagonal: [Double]
    private let scaling: ColumnScaling

    /// - Parameter variances: of each feature on the user's scale, where the penalty is on standardized coefficients.
    init(scaling: ColumnScaling, variances: [Double]? = nil) {
        self.scaling = scaling
        diagonal = (0..<scaling.featureCount).map { feature in
            if feature == scaling.intercept { return 0 }
            return (variances?[feature] ?? 1) / (scaling.scales[feature] * scaling.scales[feature])
        }
    }

    /// The coefficients that minimise `1/2 sum w (y - x'b)^2 + lambda / 2 sum d_k (b_k - c_k)^2` of every task, on the
    /// user's scale, and which tasks could not be solved.
    ///
    /// - Parameter center: `c` on the user's scale; what it has for the intercept is not used.
    func solve<B: Backend>(
        _ moments: Moments<B.Buffer>, lambda: Double, center: [Double], sampleCounts: ArraySlice<Int>, on backend: B
    ) throws(ComputeError) -> RidgeSolution {
        let order = moments.featureCount
        let taskCount = moments.taskCount
        let penalties = try backend.makeMatrices(taskCount: 1, order: order)
        var triangle = Array(repeating: 0.0, count: triangleCount(order))
        for feature in 0..<order { triangle[triangleCount(feature) + feature] = lambda * diagonal[feature] }
        try backend.upload(triangle, into: penalties.triangles)
        let penalised = try backend.makeMatrices(taskCount: taskCount, order: order)
        try backend.combine(
            moments.gram.triangles.scaled(by: 1), penalties.triangles.scaled(by: 1), into: penalised.triangles)

        let pull = try backend.makeVectors(taskCount: 1, width: order)
        let scaledCenter = scaling.scaled(center)
        try backend.upload((0..<order).map { lambda * diagonal[$0] * scaledCenter[$0] }, into: pull)
        let beta = try backend.makeVectors(taskCount: taskCount, width: order)
        try backend.combine(moments.cross.scaled(by: 1), pull.scaled(by: 1), into: beta)

        let factor = try backend.makeFactor(taskCount: taskCount, order: order)
        try backend.factor(penalised, tolerance: LeastSquares<B>.collinearityTolerance, into: factor)
        try backend.solve(factor, beta, into: beta)
        return RidgeSolution(
            scaled: try backend.download(beta), diagnosis: try backend.download(factor.diagnosis),
            sampleCounts: sampleCounts, scaling: scaling)
    }

    /// The mean over features that are penalised of `X'WX_kk / d_k` in the moments of one task: at penalties far above
    /// it coefficients are their centre's, far below it least squares.
    func information(of total: [Double]) -> Double {
        let features = diagonal.indices.filter { diagonal[$0] > 0 }
        let sum = features.reduce(0.0) { $0 + total[triangleCount($1) + $1] / diagonal[$1] }
        return features.isEmpty ? 1 : sum / Double(features.count)
    }
}

/// Ridge coefficients of some tasks.
struct RidgeSolution {
    /// `taskCount x featureCount` on the user's scale, NaN for a task that could not be solved.
    let coefficients: [Double]
    let statuses: [TaskStatus]
    /// The condition of each task's penalised matrix with unit diagonal.
    let conditions: [Double]

    fileprivate init(scaled: [Double], diagnosis: [Double], sampleCounts: ArraySlice<Int>, scaling: ColumnScaling) {
        let width = scaling.featureCount
        var coefficients = scaling.unscaled(scaled)
        statuses = sampleCounts.enumerated().map { task, count in
            let own = task * width..<(task + 1) * width
            let code = Int(diagnosis[2 * task])
            if code < 0 || code == 0 && !coefficients[own].allSatisfy(\.isFinite) { return .nonFinite }
            if count == 0 { return .tooFewRows }
            return code > 0 ? .collinear(feature: code - 1) : .ok
        }
        for (task, status) in statuses.enumerated() where status != .ok {
            for index in task * width..<(task + 1) * width { coefficients[index] = .nan }
        }
        self.coefficients = coefficients
        conditions = statuses.indices.map { diagnosis[2 * $0 + 1].squareRoot() }
    }
}
