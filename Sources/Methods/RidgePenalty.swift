import Compute

/// `lambda / 2 sum over k of d_k (b_k - c_k)^2`, which leaves the intercept free.
///
/// Every `d_k` is 1, or the variance of feature `k` where the penalty is on standardized coefficients.
struct RidgePenalty {
    let scaling: ColumnScaling
    private let weightScale: Double
    /// What `d_k` is for coefficients on scaled columns.
    private let diagonal: [Double]

    /// - Parameters:
    ///   - weightScale: what the weights of the moments are multiplied by.
    ///   - variances: of each feature on the user's scale.
    init(scaling: ColumnScaling, weightScale: Double, variances: [Double]? = nil) {
        self.scaling = scaling
        self.weightScale = weightScale
        diagonal = (0..<scaling.featureCount).map { feature in
            if feature == scaling.intercept { return 0 }
            return (variances?[feature] ?? 1) / (scaling.scales[feature] * scaling.scales[feature])
        }
    }

    /// The diagonal that goes to the Gram of scaled columns.
    func diagonal(lambda: Double) -> [Double] { diagonal.map { lambda * weightScale * $0 } }

    /// Minimises `1/2 sum over rows of w (y - x'b)^2 + lambda / 2 sum d_k (b_k - c_k)^2` for each task.
    ///
    /// - Parameter center: `c` on the user's scale; what it has for the intercept is not used.
    func solve<B: Backend>(
        _ moments: Moments<B.Buffer>, lambda: Double, center: [Double], on backend: B
    ) throws(ComputeError) -> RidgeSolution<B> {
        let pull = try backend.makeVectors(taskCount: 1, width: moments.featureCount)
        try backend.upload(self.pull(lambda: lambda, toward: center), into: pull)
        return try solve(moments, penalty: triangle(lambda: lambda, on: backend).scaled(by: 1), pull: pull, on: backend)
    }

    /// The same for penalties and centres that may differ from task to task.
    ///
    /// - Parameters:
    ///   - lambdas: `lambda`, one a task.
    ///   - pull: ``pull(lambda:toward:)`` of each task.
    func solve<B: Backend>(
        _ moments: Moments<B.Buffer>, lambdas: Vectors<B.Buffer>, pull: Vectors<B.Buffer>, on backend: B
    ) throws(ComputeError) -> RidgeSolution<B> {
        try solve(moments, penalty: triangle(lambda: 1, on: backend).scaled(by: lambdas), pull: pull, on: backend)
    }

    /// `lambda D c` for scaled columns: what the penalty adds to `X'Wy`.
    func pull(lambda: Double, toward center: [Double]) -> [Double] {
        zip(diagonal(lambda: lambda), scaling.scaled(center)).map { $0 * $1 }
    }

    /// Each task's Gram of scaled columns with its own penalty on the diagonal.
    ///
    /// - Parameter lambdas: `lambda`, one a task.
    func penalised<B: Backend>(
        _ gram: Matrices<B.Buffer>, lambdas: Vectors<B.Buffer>, on backend: B
    ) throws(ComputeError) -> Matrices<B.Buffer> {
        try penalised(gram, penalty: triangle(lambda: 1, on: backend).scaled(by: lambdas), on: backend)
    }

    private func penalised<B: Backend>(
        _ gram: Matrices<B.Buffer>, penalty: Term<B.Buffer>, on backend: B
    ) throws(ComputeError) -> Matrices<B.Buffer> {
        let penalised = try backend.makeMatrices(taskCount: gram.taskCount, order: gram.order, zeroed: false)
        try backend.combine(gram.triangles.scaled(by: 1), penalty, into: penalised.triangles)
        return penalised
    }

    private func triangle<B: Backend>(lambda: Double, on backend: B) throws(ComputeError) -> Vectors<B.Buffer> {
        var values = Array(repeating: 0.0, count: triangleCount(diagonal.count))
        for (feature, value) in diagonal(lambda: lambda).enumerated() {
            values[triangleCount(feature) + feature] = value
        }
        let triangle = try backend.makeVectors(taskCount: 1, width: values.count)
        try backend.upload(values, into: triangle)
        return triangle
    }

    private func solve<B: Backend>(
        _ moments: Moments<B.Buffer>, penalty: Term<B.Buffer>, pull: Vectors<B.Buffer>, on backend: B
    ) throws(ComputeError) -> RidgeSolution<B> {
        let order = moments.featureCount
        let taskCount = moments.taskCount
        let penalised = try penalised(moments.gram, penalty: penalty, on: backend)
        let beta = try backend.makeVectors(taskCount: taskCount, width: order, zeroed: false)
        try backend.combine(moments.cross.scaled(by: 1), pull.scaled(by: 1), into: beta)
        let factor = try backend.makeFactor(taskCount: taskCount, order: order)
        try backend.factor(penalised, tolerance: LeastSquares<B>.collinearityTolerance, into: factor)
        try backend.solve(factor, beta, into: beta)
        return RidgeSolution(scaled: beta, diagnosis: RidgeDiagnosis(values: try backend.download(factor.diagnosis)))
    }

    /// Writes the squared errors, on scaled columns, of the rows held out: for each task one a penalty, of the fit to its
    /// other rows.
    ///
    /// - Parameter moments: of all rows.
    func writeErrors<B: Backend>(
        of moments: Moments<B.Buffer>, holdingOut heldOut: Moments<B.Buffer>, lambdas: [Double], center: [Double],
        on backend: B, into errors: Vectors<B.Buffer>
    ) throws(ComputeError) {
        let target = try backend.makeVectors(taskCount: 1, width: moments.featureCount)
        try backend.upload(scaling.scaled(center), into: target)
        try backend.ridgeErrors(
            of: moments, holdingOut: heldOut, penalties: diagonals(lambdas: lambdas, on: backend), toward: target,
            tolerance: LeastSquares<B>.collinearityTolerance, into: errors)
    }

    /// The diagonals that go to the Gram of scaled columns, a column a penalty.
    func diagonals<B: Backend>(lambdas: [Double], on backend: B) throws(ComputeError) -> Vectors<B.Buffer> {
        let diagonals = try backend.makeVectors(
            taskCount: 1, columnCount: lambdas.count, width: scaling.featureCount)
        try backend.upload(lambdas.flatMap { diagonal(lambda: $0) }, into: diagonals)
        return diagonals
    }

    /// The mean over the penalised features of `X'WX_kk / d_k`: at penalties far above it coefficients are their
    /// centre's, far below it least squares'.
    ///
    /// - Parameter total: moments as a triangle, row by row.
    func information(of total: [Double]) -> Double {
        let features = diagonal.indices.filter { diagonal[$0] > 0 }
        let sum = features.reduce(0.0) { $0 + total[triangleCount($1) + $1] / diagonal[$1] }
        return sum > 0 ? sum / Double(features.count) / weightScale : 1
    }
}

/// The ridge coefficients of some tasks.
struct RidgeSolution<B: Backend> {
    /// On scaled columns.
    let scaled: Vectors<B.Buffer>
    let diagnosis: RidgeDiagnosis
}

/// What factoring found of each task's penalised Gram.
struct RidgeDiagnosis: Sendable {
    /// Two values a task, a factor's.
    private let values: ArraySlice<Double>

    init(values: [Double]) { self.values = values[...] }

    private init(_ values: ArraySlice<Double>) { self.values = values }

    /// That of some tasks.
    func part(_ tasks: Range<Int>) -> RidgeDiagnosis {
        let first = values.startIndex
        return RidgeDiagnosis(values[first + 2 * tasks.lowerBound..<first + 2 * tasks.upperBound])
    }

    /// What became of a task of so many observations, with its coefficients.
    func status(of task: Int, sampleCount: Int, coefficients: ArraySlice<Double>) -> TaskStatus {
        let code = Int(values[values.startIndex &+ 2 &* task])
        // A response that is not finite leaves the Gram as it is.
        if code < 0 || code == 0 && !coefficients.allSatisfy(\.isFinite) { return .nonFinite }
        return code == 0 ? .ok : sampleCount == 0 ? .tooFewRows : .collinear(feature: code - 1)
    }

    /// The condition number of a task's penalised columns, each scaled to unit length.
    func condition(of task: Int) -> Double { values[values.startIndex &+ 2 &* task &+ 1].squareRoot() }
}
