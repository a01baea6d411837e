import Compute

/// Weighted least squares on moments: the coefficients of every task and what their variances need.
///
/// Tasks here are whatever the moments have: the tasks of the problem, or the one task that all are pooled into.
struct LeastSquares<B: Backend> {
    let backend: B
    let scaling: ColumnScaling
    let factor: Factor<B.Buffer>
    /// Coefficients on the scaled columns, on the device.
    let scaled: Vectors<B.Buffer>
    private let contrasts: Vectors<B.Buffer>
    private let scaledValues: [B.Scalar]
    /// One a task: residual sum of squares on the scaled response, condition estimate of the columns, and what failed.
    let residualSums: [Double]
    let conditions: [Double]
    let diagnoses: [Diagnosis]
    /// Share of the response's sum of squares that is left in the residuals.
    let unexplainedShares: [Double]

    /// What factoring a task's Gram found.
    enum Diagnosis: Equatable {
        case solvable
        case collinear(feature: Int)
        case nonFinite
    }

    /// Features are called collinear when `1 - R^2` of one on those before it is at most this.
    static var collinearityTolerance: B.Scalar { 4096 * B.Scalar.ulpOfOne }

    init(moments: Moments<B.Buffer>, scaling: ColumnScaling, on backend: B) throws(ComputeError) {
        let taskCount = moments.taskCount
        let featureCount = moments.featureCount
        self.backend = backend
        self.scaling = scaling
        factor = try backend.makeFactor(taskCount: taskCount, order: featureCount)
        try backend.factor(moments.gram, tolerance: Self.collinearityTolerance, into: factor)
        scaled = try backend.makeVectors(taskCount: taskCount, width: featureCount)
        try backend.solve(factor, moments.cross, into: scaled)
        contrasts = try backend.makeVectors(taskCount: 1, columnCount: featureCount, width: featureCount)
        try backend.upload(scaling.contrasts.map { B.Scalar($0) }, into: contrasts)

        let diagnosis = try backend.download(factor.diagnosis)
        let coefficients = try backend.download(scaled)
        scaledValues = coefficients
        let cross = try backend.download(moments.cross)
        let squares = try backend.download(moments.squares)
        var residualSums: [Double] = []
        var shares: [Double] = []
        var diagnoses: [Diagnosis] = []
        var conditions: [Double] = []
        for task in 0..<taskCount {
            var rest = Double(squares[task])
            var isFinite = rest.isFinite
            for index in task * featureCount..<(task + 1) * featureCount {
                rest -= Double(cross[index]) * Double(coefficients[index])
                isFinite = isFinite && coefficients[index].isFinite
            }
            residualSums.append(max(0, rest))
            shares.append(squares[task] > 0 ? max(0, rest) / Double(squares[task]) : 1)
            conditions.append(Double(diagnosis[2 * task + 1]).squareRoot())
            let code = Int(diagnosis[2 * task])
            diagnoses.append(
                code > 0 ? .collinear(feature: code - 1) : code < 0 || !isFinite ? .nonFinite : .solvable)
        }
        self.residualSums = residualSums
        self.diagnoses = diagnoses
        self.conditions = conditions
        unexplainedShares = shares
    }

    /// What became of a task with this many observations.
    func status(of task: Int, sampleCount: Int) -> TaskStatus {
        switch diagnoses[task] {
        case .nonFinite: .nonFinite
        case _ where sampleCount <= factor.order: .tooFewRows
        case .collinear(let feature): .collinear(feature: feature)
        case .solvable: .ok
        }
    }

    /// Coefficients of every task on the user's scale, `taskCount x featureCount`.
    var coefficients: [Double] {
        let values = scaledValues
        let featureCount = factor.order
        let contrasts = scaling.contrasts
        let origin = scaling.origin
        var result = Array(repeating: 0.0, count: values.count)
        for task in 0..<factor.taskCount {
            let start = task * featureCount
            for row in 0..<featureCount {
                var sum = origin[row]
                // Only the intercept mixes coefficients.
                for column in row == scaling.intercept ? 0..<featureCount : row..<row + 1 {
                    sum += contrasts[row * featureCount + column] * Double(values[start + column])
                }
                result[start + row] = sum
            }
        }
        return result
    }

    /// `c' G^-1 c` for each task and coefficient, on the user's scale: variances up to the error variance.
    func inverseDiagonals() throws(ComputeError) -> [Double] {
        let diagonals = try backend.makeVectors(taskCount: factor.taskCount, width: factor.order)
        try backend.inverseDiagonals(of: factor, contrasts: contrasts, into: diagonals)
        return try backend.download(diagonals).map { Double($0) }
    }

    /// `c' G^-1 S G^-1 c` for each task and coefficient, on the user's scale.
    func sandwichDiagonals(middle: Matrices<B.Buffer>) throws(ComputeError) -> [Double] {
        let diagonals = try backend.makeVectors(taskCount: factor.taskCount, width: factor.order)
        try backend.sandwichDiagonals(of: factor, middle: middle, contrasts: contrasts, into: diagonals)
        return try backend.download(diagonals).map { Double($0) }
    }
}
