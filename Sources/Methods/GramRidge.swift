import Compute

/// The little that each task's Gram gets on its diagonal, so that columns which depend on each other in its rows leave it
/// estimates: `rho tr(G) / d` on the scaled columns, without the intercept's.
///
/// Huang et al. (2024) ask for Grams of full rank; a column that is constant in one task's rows makes it singular for that
/// task alone. What its rows do not tell is near 0 then, with a standard error that says so: about `s / sqrt(rho tr(G) / d)`.
struct GramRidge<B: Backend> {
    /// Each task's Gram with its ridge.
    let gram: Matrices<B.Buffer>
    private let penalised: [Int]
    /// `rho tr(G) / d`, one a task.
    private let sizes: [Double]

    /// - Parameter share: `rho`, more than 0.
    init(
        of gram: Matrices<B.Buffer>, share: Double, scaling: ColumnScaling, on backend: B
    ) throws(ComputeError) {
        let penalised = (0..<gram.order).filter { $0 != scaling.intercept }
        var sizes = Array(repeating: 0.0, count: gram.taskCount)
        for feature in penalised {
            let squares = try backend.download(gram.entry(feature, feature))
            for task in sizes.indices { sizes[task] += squares[task] }
        }
        for task in sizes.indices { sizes[task] *= share / Double(max(1, penalised.count)) }
        let lambdas = try backend.makeVectors(taskCount: gram.taskCount, width: 1)
        try backend.upload(sizes, into: lambdas)
        // Every scaled column has the same penalty.
        let penalty = RidgePenalty(scaling: scaling, weightScale: 1, variances: scaling.scales.map { $0 * $0 })
        self.gram = try penalty.penalised(gram, lambdas: lambdas, on: backend)
        (self.penalised, self.sizes) = (penalised, sizes)
    }

    /// What each task's `y'Wy - b'X'Wy` has beyond its residual sum of squares.
    ///
    /// - Parameter coefficients: on scaled columns, `taskCount x featureCount`.
    func excess(_ coefficients: [Double]) -> [Double] {
        let width = gram.order
        return sizes.enumerated().map { task, size in
            penalised.reduce(0) { sum, feature in
                let value = coefficients[task * width + feature]
                return sum + size * value * value
            }
        }
    }
}
