package import Compute

/// Quadratics `u'Au/2 - q'u` with elastic-net penalties, a threshold a column, all exact in float.
package struct NetProblem: Sendable, CustomStringConvertible {
    package let order: Int
    package var grams: [[[Double]]]
    package var linear: TaskValues
    package var thresholds: TaskValues
    package var mixture: Double

    package var taskCount: Int { grams.count }
    package var columnCount: Int { max(linear.columnCount, thresholds.columnCount) }
    package var description: String {
        "\(taskCount) tasks of order \(order), \(columnCount) columns, mixture \(mixture)"
    }

    package init(grams: [[[Double]]], linear: TaskValues, thresholds: TaskValues, mixture: Double) {
        order = linear.width
        self.grams = grams
        self.linear = linear
        self.thresholds = thresholds
        self.mixture = mixture
    }

    /// Matrices whose condition stays below 20 or so. Thresholds descend from column to column; those of the first leave most
    /// coefficients 0.
    package init(taskCount: Int, order: Int, columnCount: Int, mixture: Double) {
        let quadratics = ConvolutionProblem(taskCount: taskCount, order: order, columnCount: 1)
        var stream = TestStream(seed: UInt64(7000 * order + taskCount))
        let sizes = TaskValues(taskCount: taskCount, width: 1, from: &stream)
        let thresholds = (0..<taskCount).flatMap { task in
            (0..<columnCount).map { column in (0.25 + 0.5 * abs(sizes[task, 0, 0])) / Double(1 << (2 * column)) }
        }
        self.init(
            grams: quadratics.grams, linear: quadratics.linear,
            thresholds: TaskValues(taskCount: taskCount, columnCount: columnCount, width: 1, values: thresholds),
            mixture: mixture)
    }

    /// No task, one, a pack and one more, many; one feature, and orders on both sides of what goes in packs; from ridge
    /// regression to the LASSO.
    package static let adversarial: [NetProblem] = [
        (0, 3, 1, 1), (1, 1, 1, 1), (9, 2, 3, 1), (33, 5, 2, 0.5), (17, 8, 4, 1), (513, 3, 1, 0.25), (9, 20, 2, 1),
        (2, 40, 1, 0.75), (3, 64, 2, 1), (3, 65, 2, 1), (9, 90, 1, 0.5), (5, 6, 2, 0),
    ].map { NetProblem(taskCount: $0.0, order: $0.1, columnCount: $0.2, mixture: $0.3) }

    /// By how much each coefficient of a column may fail the conditions of an optimum.
    ///
    /// The last sweep brings every coordinate to its least, and moves none by more than its tolerance of the largest size:
    /// what it moves of coordinate `j` changes the slope of `k` by at most `sqrt(A_kk)` times the size of `j`'s step. To that
    /// come the roundings of the slope: some units of the last digit of its terms, whose sizes are at most `largest`.
    package func allowance<Scalar: LaneScalar>(
        _ task: Int, _ column: Int, at u: [Double], _ scalar: Scalar.Type
    ) -> [Double] {
        let (gram, q) = (grams[task], linear.vector(task, column))
        var largest = 0.0
        for k in u.indices where gram[k][k] > 0 {
            let root = gram[k][k].squareRoot()
            largest = max(largest, abs(q[k]) / root, abs(u[k]) * root)
        }
        let rounding = 8 * Double(Scalar.ulpOfOne)
        let share = Double(order) * (Double(ElasticNet.tolerance(Scalar.self)) + rounding) + rounding
        return u.indices.map { gram[$0][$0].squareRoot() * share * largest }
    }
}

/// The host's copy of elastic nets.
package struct NetValues {
    package let coefficients: TaskValues
    package let violations: TaskValues
}

extension Backend {
    /// The elastic nets of a problem.
    package func elasticNet(of problem: NetProblem) throws(ComputeError) -> NetValues {
        let (taskCount, columnCount, order) = (problem.taskCount, problem.columnCount, problem.order)
        let matrices = try makeMatrices(taskCount: taskCount, order: order)
        try upload(problem.grams.flatMap { m in (0..<order).flatMap { m[$0][...$0] } }, into: matrices.triangles)
        let coefficients = try makeVectors(taskCount: taskCount, columnCount: columnCount, width: order)
        let violations = try makeVectors(taskCount: taskCount, columnCount: columnCount, width: 1)
        try elasticNet(
            matrices, linear: upload(problem.linear), thresholds: upload(problem.thresholds),
            mixture: Scalar(problem.mixture), into: coefficients, violations: violations)
        return NetValues(
            coefficients: try hostCopy(of: coefficients), violations: try hostCopy(of: violations))
    }
}

extension NetValues {
    /// Hands each value, what its definition says and how far it may be from that to `compare`.
    ///
    /// Failures of the conditions by `e` leave coefficients that are within `||e||` over the least eigenvalue.
    package func compare<Scalar: LaneScalar>(
        with problem: NetProblem, _ scalar: Scalar.Type, _ compare: (Double, Double, Double) -> Void
    ) {
        for (task, gram) in problem.grams.enumerated() {
            let least = Definitions.eigen(gram).values[0]
            for column in 0..<problem.columnCount {
                let (q, t) = (problem.linear.vector(task, column), problem.thresholds[task, column, 0])
                let u = coefficients.vector(task, column)
                let allowance = problem.allowance(task, column, at: u, scalar)
                let expected = Definitions.elasticNet(gram, linear: q, threshold: t, mixture: problem.mixture)
                for k in u.indices { compare(u[k], expected[k], Definitions.norm(allowance) / least) }
                let failures = Definitions.elasticNetFailures(
                    gram, linear: q, threshold: t, mixture: problem.mixture, at: u)
                for k in u.indices { compare(failures[k], 0, allowance[k]) }
                let roots = u.indices.map { gram[$0][$0].squareRoot() }
                let scale = u.indices.map { abs(q[$0]) / roots[$0] }.max() ?? 1
                let worst = u.indices.map { failures[$0] / roots[$0] }.max() ?? 0
                let share = (u.indices.map { allowance[$0] / roots[$0] }.max() ?? 0) / scale
                compare(violations[task, column, 0], worst / scale, share)
            }
        }
    }
}
