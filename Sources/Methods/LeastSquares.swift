import Compute

/// Weighted least squares: the coefficients of every task and what their variances need.
///
/// Tasks here are the tasks of the problem, or the one task that all are pooled into. They are solved from their moments,
/// or by QR from their rows.
struct LeastSquares<B: Backend> {
    let backend: B
    let scaling: ColumnScaling
    let factor: Factor<B.Buffer>
    /// Coefficients on the scaled columns, on the device.
    let scaled: Vectors<B.Buffer>
    private let scaledValues: [Double]
    /// One status a task.
    let statuses: [TaskStatus]
    /// Condition of each task's columns, each scaled to unit length.
    let conditions: [Double]
    /// Residual sum of squares of each task on the scaled response. Mended from the rows where the moments do not
    /// carry it.
    var residualSums: [Double]
    /// What each residual sum is at least, where that is known.
    let leastSums: [Double]
    /// The relative rounding error of each residual sum.
    let residualErrors: [Double]
    /// The tasks whose columns depend on each other, where a ridge tells their coefficients.
    private(set) var ridgedTasks: Set<Int> = []

    /// Features are called collinear when `1 - R^2` of one on those before it is at most this: a diagonal of `n` rows
    /// carries `n eps` of rounding at worst and about `sqrt(n) eps` in fact, which up to millions of rows is less.
    static var collinearityTolerance: B.Scalar { 4096 * B.Scalar.ulpOfOne }
    static var unit: Double { Double(B.Scalar.ulpOfOne) }

    /// What another way of solving has found.
    init(
        backend: B, scaling: ColumnScaling, factor: Factor<B.Buffer>, scaled: Vectors<B.Buffer>,
        scaledValues: [Double], statuses: [TaskStatus], conditions: [Double], residualSums: [Double],
        residualErrors: [Double]
    ) {
        self.backend = backend
        self.scaling = scaling
        self.factor = factor
        self.scaled = scaled
        self.scaledValues = scaledValues
        self.statuses = statuses
        self.conditions = conditions
        self.residualSums = residualSums
        leastSums = residualSums.map { _ in 0 }
        self.residualErrors = residualErrors
    }

    /// Solves the normal equations.
    ///
    /// - Parameters:
    ///   - sampleCounts: the number of observations of each task.
    ///   - needsResiduals: whether a task has to have more of them than features.
    ///   - ridge: ``Individual/ridge``.
    init(
        moments: Moments<B.Buffer>, sampleCounts: [Int], scaling: ColumnScaling, needsResiduals: Bool = true,
        ridge: Double = 0, on backend: B
    ) throws(ComputeError) {
        let taskCount = moments.taskCount
        let featureCount = moments.featureCount
        self.backend = backend
        self.scaling = scaling
        factor = try backend.makeFactor(taskCount: taskCount, order: featureCount)
        try backend.factor(moments.gram, tolerance: Self.collinearityTolerance, into: factor)
        var added: GramRidge<B>?
        if ridge > 0 {
            let diagnosis = try backend.download(factor.diagnosis)
            ridgedTasks = Set((0..<taskCount).filter { diagnosis[2 * $0] > 0 })
            let ridged = try GramRidge(of: moments.gram, share: ridge, scaling: scaling, on: backend)
            try backend.factor(ridged.gram, tolerance: Self.collinearityTolerance, into: factor)
            added = ridged
        }
        scaled = try backend.makeVectors(taskCount: taskCount, width: featureCount, zeroed: false)
        try backend.solve(factor, moments.cross, into: scaled)

        scaledValues = try backend.download(scaled)
        let solved = try SolvedTasks(
            coefficients: scaledValues, cross: backend.download(moments.cross),
            squares: backend.download(moments.squares), excess: added?.excess(scaledValues),
            diagnosis: backend.download(factor.diagnosis),
            sampleCounts: sampleCounts, unit: Self.unit, needsResiduals: needsResiduals, parallel: backend.parallel)
        statuses = solved.statuses
        conditions = solved.conditions
        residualSums = solved.residualSums
        leastSums = solved.leastSums
        residualErrors = solved.residualErrors
    }

    /// The variance of each task's errors of weight 1 on the user's scale: `sum of w r^2 / (n - p)`.
    ///
    /// - Parameter weightScale: what the weights of the moments are multiplied by.
    func errorVariances(sampleCounts: [Int], weightScale: Double) -> [Double] {
        let (unit, order) = (responseUnit / weightScale, factor.order)
        return zip(residualSums, sampleCounts).map { $0 * unit / Double($1 - order) }
    }

    /// What squares of the scaled response are multiplied by on the user's scale.
    var responseUnit: Double { scaling.scales[factor.order] * scaling.scales[factor.order] }

    /// The weighted mean of each feature in each task on the user's scale, `taskCount x featureCount`: the intercept's
    /// row of the Gram over its diagonal. Nothing without an intercept.
    func featureMeans(_ moments: Moments<B.Buffer>) throws(ComputeError) -> [Double] {
        guard let intercept = scaling.intercept else { return [] }
        let featureCount = factor.order
        var means = Array(repeating: 0.0, count: moments.taskCount * featureCount)
        let weights = try backend.download(moments.gram.entry(intercept, intercept))
        for feature in 0..<featureCount {
            let sums = try backend.download(moments.gram.entry(feature, intercept))
            for (task, weight) in weights.enumerated() {
                means[task * featureCount + feature] =
                    scaling.shifts[feature] + scaling.scales[feature] * sums[task] / weight
            }
        }
        return means
    }

    /// Whether the scalar leaves a fitted task's coefficients fewer than two certain digits.
    func hasUncertainCoefficients(_ task: Int) -> Bool { !(Self.unit * conditions[task] * conditions[task] <= 0.01) }

    /// Whether the scalar leaves a task's coefficients or its residual sum fewer than two certain digits.
    func isBeyondScalar(_ task: Int) -> Bool {
        switch statuses[task] {
        case .ok:
            hasUncertainCoefficients(task) || !(residualErrors[task] <= 0.01) || ridgedTasks.contains(task)
        // What is dependent, or too large, in one precision need not be in another.
        case .collinear, .nonFinite: true
        default: false
        }
    }

    /// Coefficients of every task on the user's scale, `taskCount x featureCount`.
    var coefficients: [Double] { scaling.unscaled(scaledValues) }

    /// `c' G^-1 c` for each task and coefficient, on the user's scale: variances up to the error variance.
    func inverseDiagonals() throws(ComputeError) -> [Double] {
        try diagonals { contrasts, diagonals throws(ComputeError) in
            try backend.inverseDiagonals(of: factor, contrasts: contrasts, into: diagonals)
        }
    }

    /// `c' G^-1 S G^-1 c` for each task and coefficient, on the user's scale.
    func sandwichDiagonals(middle: Matrices<B.Buffer>) throws(ComputeError) -> [Double] {
        try diagonals { contrasts, diagonals throws(ComputeError) in
            try backend.sandwichDiagonals(of: factor, middle: middle, contrasts: contrasts, into: diagonals)
        }
    }

    /// Quadratic forms along the rows of the scaling's contrasts. Each row is brought to a largest entry of 1 first, so
    /// that the user's units, squared, need not fit the device's scalar.
    private func diagonals(
        _ form: (Vectors<B.Buffer>, Vectors<B.Buffer>) throws(ComputeError) -> Void
    ) throws(ComputeError) -> [Double] {
        let order = factor.order
        var rows = scaling.contrasts
        let sizes = (0..<order).map { row in
            rows[row * order..<(row + 1) * order].reduce(0) { max($0, abs($1)) }
        }
        for index in rows.indices { rows[index] /= sizes[index / order] }
        let contrasts = try backend.makeVectors(taskCount: 1, columnCount: order, width: order)
        try backend.upload(rows, into: contrasts)
        let diagonals = try backend.makeVectors(taskCount: factor.taskCount, width: order, zeroed: false)
        try form(contrasts, diagonals)
        let values = try backend.download(diagonals)
        let squares = sizes.map { $0 * $0 }
        return squares.allSatisfy { $0 == 1 } ? values : values.multiplied(by: squares)
    }
}
