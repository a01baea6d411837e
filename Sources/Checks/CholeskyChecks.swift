internal import Compute
import Definitions

/// A problem's Grams as they are defined, their factors, and the least-squares coefficients of these on a backend.
struct Solved<B: Backend> {
    let gram: Matrices<B.Buffer>
    let factor: Factor<B.Buffer>
    let solutions: Vectors<B.Buffer>

    init(_ problem: RandomProblem, on backend: B) throws(ComputeError) {
        let (taskCount, order) = (problem.sampleCounts.count, problem.featureCount)
        let moments = try backend.moments(ofRows: problem.tasks, featureCount: order)
        gram = moments.gram
        factor = try backend.makeFactor(taskCount: taskCount, order: order)
        try backend.factor(gram, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        solutions = try backend.makeVectors(taskCount: taskCount, width: order)
        try backend.solve(factor, moments.cross, into: solutions)
    }
}

/// `L L' = G`, and what is found of matrices that have no such factor.
struct FactorCheck: OperationCheck {
    var name: String { "factor" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.solvable {
            let factor = try Solved(problem, on: backend).factor
            let found = factor.lower.hostMatrices(try backend.download(factor.lower.triangles))
            let codes = try backend.hostCopy(of: factor.diagnosis)
            for (index, task) in problem.tasks.enumerated() {
                comparison.compare(codes[index, 0, 0], with: 0, within: 0)
                comparison.compareFactor(found[index], of: task.gram(featureCount: problem.featureCount), B.Scalar.self)
            }
        }
        try checkDiagnosis(on: backend, &comparison)
    }

    /// Tasks in turn: solvable, third feature = first + second, first feature zero, NaN.
    private func checkDiagnosis<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        let kinds: [[Double]] = [
            [4, 1, 3, 2, 0.5, 6], [4, 1, 3, 5, 4, 9], [0, 0, 3, 0, 0.5, 6], [4, 1, .nan, 2, 0.5, 6],
        ]
        let codes: [Double] = [0, 3, 1, -1]
        let matrices = try backend.makeMatrices(taskCount: 34, order: 3)
        try backend.upload((0..<34).flatMap { kinds[$0 % 4] }, into: matrices.triangles)
        let factor = try backend.makeFactor(taskCount: 34, order: 3)
        try backend.factor(matrices, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let found = try backend.hostCopy(of: factor.diagnosis)
        for task in 0..<34 { comparison.compare(found[task, 0, 0], with: codes[task % 4], within: 0) }
    }
}

/// `G x = b`, by what is left of `b`.
struct SolveCheck: OperationCheck {
    var name: String { "solve" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.solvable {
            let found = try backend.hostCopy(of: try Solved(problem, on: backend).solutions)
            for (index, task) in problem.tasks.enumerated() {
                comparison.compareGradient(found.vector(index), of: task, B.Scalar.self)
            }
        }
    }
}

/// `c' G^-1 c`.
struct InverseDiagonalsCheck: OperationCheck {
    var name: String { "inverseDiagonals" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.solvable {
            let forms = QuadraticForms(problem)
            let factor = try Solved(problem, on: backend).factor
            let diagonals = try backend.makeVectors(taskCount: problem.sampleCounts.count, width: 3)
            try backend.inverseDiagonals(of: factor, contrasts: backend.upload(forms.contrasts), into: diagonals)
            forms.compare(try backend.hostCopy(of: diagonals), B.Scalar.self, factor: 8, &comparison)
        }
    }
}

/// `c' G^-1 S G^-1 c`: with the Gram itself in the middle it is `c' G^-1 c`.
struct SandwichDiagonalsCheck: OperationCheck {
    var name: String { "sandwichDiagonals" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.solvable {
            let forms = QuadraticForms(problem)
            let solved = try Solved(problem, on: backend)
            let diagonals = try backend.makeVectors(taskCount: problem.sampleCounts.count, width: 3)
            try backend.sandwichDiagonals(
                of: solved.factor, middle: solved.gram, contrasts: backend.upload(forms.contrasts), into: diagonals)
            forms.compare(try backend.hostCopy(of: diagonals), B.Scalar.self, factor: 32, &comparison)
        }
    }
}

/// `c' G^-1 c` of a problem's tasks for a unit vector, a dense one, and one that begins with zero.
private struct QuadraticForms {
    let problem: RandomProblem
    let contrasts: TaskValues

    init(_ problem: RandomProblem) {
        self.problem = problem
        let order = problem.featureCount
        var stream = TestStream(seed: 11)
        let dense = TaskValues(taskCount: 1, columnCount: 2, width: order, from: &stream)
        var late = dense.vector(0, 1)
        if order > 1 { late[0] = 0 }
        let unit = (0..<order).map { $0 == order - 1 ? 1.0 : 0 }
        contrasts = TaskValues(
            taskCount: 1, columnCount: 3, width: order, values: unit + dense.vector(0, 0) + late)
    }

    /// - Parameter factor: how many roundings a feature there are, each grown by the condition number.
    func compare<Scalar: LaneScalar>(
        _ found: TaskValues, _ scalar: Scalar.Type, factor: Double, _ comparison: inout Comparison
    ) {
        let order = problem.featureCount
        for (index, task) in problem.tasks.enumerated() {
            let gram = task.gram(featureCount: order)
            let inverse = Definitions.inverse(gram)
            let tolerance = factor * Double(order + 1) * condition(of: gram) * Double(Scalar.ulpOfOne)
            for kind in 0..<3 {
                let expected = Definitions.quadraticForm(inverse, contrasts.vector(0, kind))
                comparison.compare(found[index, 0, kind], with: expected, within: tolerance * expected)
            }
        }
    }

    /// The condition number of the matrix scaled to a diagonal of 1.
    private func condition(of gram: [[Double]]) -> Double {
        let scales = gram.indices.map { gram[$0][$0].squareRoot() }
        let values = Definitions.eigen(
            gram.indices.map { row in gram.indices.map { gram[row][$0] / (scales[row] * scales[$0]) } }
        ).values
        return values[values.count - 1] / values[0]
    }
}

extension Comparison {
    /// Compares `L L'` with the matrix. `lower` has the reciprocals of its diagonal on the diagonal.
    fileprivate mutating func compareFactor<Scalar: LaneScalar>(
        _ lower: [[Double]], of gram: [[Double]], _ scalar: Scalar.Type
    ) {
        func entry(_ row: Int, _ column: Int) -> Double { row == column ? 1 / lower[row][row] : lower[row][column] }
        // Backward stable: as many roundings of |L| |L'| as the order, and those of the Gram and of the reciprocals.
        let tolerance = Double(gram.count + 8) * Double(Scalar.ulpOfOne)
        for row in gram.indices {
            for column in 0...row {
                let product = (0...column).reduce(0) { $0 + entry(row, $1) * entry(column, $1) }
                let scale = (gram[row][row] * gram[column][column]).squareRoot()
                compare(product, with: gram[row][column], within: tolerance * scale)
            }
        }
    }

    /// Compares `X'WX beta` with `X'Wy`.
    ///
    /// - Parameter summed: how many rows the backend has summed itself.
    mutating func compareGradient<Scalar: LaneScalar>(
        _ coefficients: [Double], of rows: TaskRows, summed: Int = 0, _ scalar: Scalar.Type
    ) {
        let order = coefficients.count
        let joint = Definitions.jointGram(rows, featureCount: order)
        for row in 0..<order {
            let terms = coefficients.indices.map { joint[row][$0] * coefficients[$0] }
            let size = coefficients.indices.reduce(abs(joint[row][order])) { size, column in
                size + (joint[row][row] * joint[column][column]).squareRoot() * abs(coefficients[column])
            }
            // Backward stable: L L' - G is at most (order + 1) roundings of |L| |L'|, and two solves.
            let tolerance = Double(3 * order + 8) * Double(Scalar.ulpOfOne) + Double(2 * summed) * sumRounding
            compare(terms.reduce(0, +), with: joint[row][order], within: tolerance * size)
        }
    }
}
