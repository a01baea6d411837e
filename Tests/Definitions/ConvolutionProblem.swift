package import Compute

/// Quadratics `x'Gx/2 - b'x` and centres, a threshold a column, all exact in float.
package struct ConvolutionProblem: Sendable, CustomStringConvertible {
    package let order: Int
    package var grams: [[[Double]]]
    package var linear: TaskValues
    package var centers: TaskValues
    package var thresholds: TaskValues
    package var distance = Distance.norm

    package var taskCount: Int { grams.count }
    package var columnCount: Int { centers.columnCount }
    package var description: String {
        "\(taskCount) tasks of order \(order), \(columnCount) columns" + (distance == .norm ? "" : ", squared distance")
    }

    package init(grams: [[[Double]]], linear: TaskValues, centers: TaskValues, thresholds: TaskValues) {
        order = linear.width
        self.grams = grams
        self.linear = linear
        self.centers = centers
        self.thresholds = thresholds
    }

    /// Matrices `A A' / order + I / 2`, whose condition stays below 20 or so. Thresholds are small in the first column, and
    /// larger in each further one, so that some minimisers are their centres.
    package init(taskCount: Int, order: Int, columnCount: Int, distance: Distance = .norm) {
        var stream = TestStream(seed: UInt64(1000 * order + taskCount))
        let grams = (0..<taskCount).map { _ in
            let a = (0..<order).map { _ in (0..<order).map { _ in stream.symmetric() } }
            return (0..<order).map { row in
                (0..<order).map { column in
                    let sum = zip(a[row], a[column]).reduce(0) { $0 + $1.0 * $1.1 } / Double(order)
                    return (sum * 4096).rounded() / 4096 + (row == column ? 0.5 : 0)
                }
            }
        }
        let linear = TaskValues(taskCount: taskCount, width: order, from: &stream)
        let centers = TaskValues(taskCount: taskCount, columnCount: columnCount, width: order, from: &stream)
        var thresholds = TaskValues(taskCount: taskCount, columnCount: columnCount, width: 1, from: &stream)
        for place in thresholds.values.indices {
            let column = place % max(1, columnCount)
            thresholds.values[place] = abs(thresholds.values[place]) * Double(1 << (2 * column)) / 4
        }
        self.init(grams: grams, linear: linear, centers: centers, thresholds: thresholds)
        self.distance = distance
    }

    /// No task, one, a pack and one more, many; one feature, and sizes on both sides of four.
    package static let adversarial: [ConvolutionProblem] = [
        (0, 3, 1), (1, 1, 1), (9, 2, 3), (33, 5, 2), (17, 8, 4), (513, 3, 1), (9, 20, 2), (2, 40, 1),
    ].flatMap { size in
        [Distance.norm, .squared].map {
            ConvolutionProblem(taskCount: size.0, order: size.1, columnCount: size.2, distance: $0)
        }
    }

    /// `||Gc - b||` up to its rounding: what rounding moves the gradient by is some units of the last digit of this, times
    /// the order, as the eigensystem's errors are.
    package func rounding<Scalar: LaneScalar>(
        _ task: Int, _ column: Int, at x: [Double], _ scalar: Scalar.Type
    ) -> Double {
        let size = grams[task].reduce(0) { $0 + Definitions.dot($1, $1) }.squareRoot()
        let lengths = Definitions.norm(x) + Definitions.norm(centers.vector(task, column))
        return 80 * Double(order) * Double(Scalar.ulpOfOne)
            * (size * lengths + Definitions.norm(linear.vector(task)))
    }
}

/// The host's copy of an infimal convolution.
package struct ConvolutionValues {
    package let minimizers: TaskValues
    package let gradients: TaskValues
    package let values: TaskValues
    package let curvatures: TaskValues
}

extension Backend {
    /// The infimal convolution of a problem, from the matrices' eigensystems on.
    package func infimalConvolution(of problem: ConvolutionProblem) throws(ComputeError) -> ConvolutionValues {
        let (taskCount, order) = (problem.taskCount, problem.order)
        let matrices = try makeMatrices(taskCount: taskCount, order: order)
        try upload(problem.grams.flatMap { m in (0..<order).flatMap { m[$0][...$0] } }, into: matrices.triangles)
        let system = try makeEigenSystem(taskCount: taskCount, order: order)
        try eigen(matrices, into: system)
        let rotated = try makeVectors(taskCount: taskCount, width: order)
        try coordinates(of: upload(problem.linear), in: system, into: rotated)
        let result = try makeInfimalConvolution(
            taskCount: taskCount, columnCount: problem.columnCount, order: order, hasCurvatures: true)
        try infimalConvolution(
            of: system, linear: rotated, at: upload(problem.centers), thresholds: upload(problem.thresholds),
            distance: problem.distance, tolerance: 16 * Scalar(order) * Scalar.ulpOfOne, into: result)
        guard let curvatures = result.curvatures else { preconditionFailure("curvatures are wanted") }
        return ConvolutionValues(
            minimizers: try hostCopy(of: result.minimizers), gradients: try hostCopy(of: result.gradients),
            values: try hostCopy(of: result.values), curvatures: try hostCopy(of: curvatures))
    }
}

extension ConvolutionValues {
    /// Hands each value, what its definition says and how far rounding may move it to `compare`.
    ///
    /// What moves the gradient by `e` moves the minimiser by `e` over the least eigenvalue, and the value, which is flat
    /// there, by `e` times the lengths.
    package func compare<Scalar: LaneScalar>(
        with problem: ConvolutionProblem, _ scalar: Scalar.Type, _ compare: (Double, Double, Double) -> Void
    ) {
        for (task, gram) in problem.grams.enumerated() {
            let eigenvalues = Definitions.eigen(gram).values
            let (least, largest) = (eigenvalues[0], eigenvalues[problem.order - 1])
            for column in 0..<problem.columnCount {
                let (b, c) = (problem.linear.vector(task), problem.centers.vector(task, column))
                let t = problem.thresholds[task, column, 0]
                let x = Definitions.convolutionMinimizer(gram, linear: b, at: c, threshold: t, problem.distance)
                let image = Definitions.product(gram, x)
                let rounding = problem.rounding(task, column, at: x, scalar)
                for (index, value) in minimizers.vector(task, column).enumerated() {
                    compare(value, x[index], rounding / least)
                    compare(gradients[task, column, index], image[index] - b[index], rounding * largest / least)
                }
                let away = Definitions.distance(x, c)
                let penalty = problem.distance.penalty(t, at: away)
                let value = Definitions.dot(x, image) / 2 - Definitions.dot(b, x) + penalty
                let lengths = Definitions.norm(x) + Definitions.norm(c)
                compare(values[task, column, 0], value, rounding * lengths + penalty * Double(Scalar.ulpOfOne) * 8)
                // Directions are moved by what the minimiser is over its distance.
                let curvature = Definitions.convolutionCurvature(
                    gram, at: c, minimizer: x, threshold: t, problem.distance)
                let turn = away == 0 ? 0 : rounding / least / away
                let share = 80 * Double(problem.order) * Double(Scalar.ulpOfOne) + 8 * turn
                let allowance = largest * share * largest / least
                for row in 0..<problem.order {
                    for other in 0...row {
                        compare(
                            curvatures[task, column, triangleCount(row) + other], curvature[row][other], allowance)
                    }
                }
            }
        }
    }
}
