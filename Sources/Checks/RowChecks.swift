internal import Compute
import Definitions

/// `y - x' beta`, at coefficients of each task and at those of one for all.
struct ResidualsCheck: OperationCheck {
    var name: String { "residuals" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 3)
        for problem in RandomProblem.checked {
            let order = problem.featureCount
            for taskCount in [problem.sampleCounts.count, 1] {
                let coefficients = TaskValues(taskCount: taskCount, width: order, from: &stream)
                let vectors = try backend.upload(coefficients)
                var found: [Double] = []
                try backend.forEachChunk(of: problem.source(of: B.Scalar.self), chunkRows: 600) {
                    rows throws(ComputeError) in
                    found += try backend.residuals(of: rows, at: vectors)
                }
                let expected = problem.tasks.enumerated().flatMap { index, task in
                    Definitions.residuals(task, at: coefficients.vector(index))
                }
                // Rounded once; the sum adds at most order roundings of values below 2 order.
                let largest = Double(2 * order + 2)
                comparison.compare(
                    found, with: expected,
                    within: largest * Double(B.Scalar.ulpOfOne) + largest * Double(order) * comparison.sumRounding)
            }
        }
    }
}

/// `(w r)^2 / (1 - h)^e`, by the Gram that it weights.
struct SquaredScoresCheck: OperationCheck {
    let correction: LeverageCorrection

    var name: String { "squaredScores, exponent \(correction.rawValue)" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.solvable where problem.featureCount > 1 {
            let order = problem.featureCount
            let source = problem.source(of: B.Scalar.self)
            let solved = try Solved(problem, on: backend)
            let coefficients = try backend.hostCopy(of: solved.solutions)
            let middle = try backend.makeMoments(taskCount: problem.sampleCounts.count, featureCount: order)
            try backend.forEachChunk(of: source, chunkRows: 600) { rows throws(ComputeError) in
                let scores = try backend.squaredScores(
                    of: rows, at: solved.solutions, factor: solved.factor, correction: correction)
                try backend.accumulate(rows, rowWeights: scores, into: middle)
            }
            let found = middle.gram.hostMatrices(try backend.download(middle.gram.triangles))
            for (index, task) in problem.tasks.enumerated() {
                var weighted = task
                weighted.weights = Definitions.squaredScores(
                    task, at: coefficients.vector(index), featureCount: order, exponent: correction.rawValue)
                let expected = weighted.gram(featureCount: order)
                // Leverages carry the factor's error, of order roundings at conditions below 64; rows are summed.
                let tolerance =
                    64 * Double(order + 4) * Double(B.Scalar.ulpOfOne)
                    + 2 * Double(task.response.count) * comparison.sumRounding
                for row in 0..<order {
                    for column in 0..<order {
                        let scale = (expected[row][row] * expected[column][column]).squareRoot()
                        comparison.compare(
                            found[index][row][column], with: expected[row][column], within: tolerance * scale)
                    }
                }
            }
        }
    }
}

/// Coefficients in one pass, by the gradient that they leave; what is found of tasks that have none.
struct FusedLeastSquaresCheck: OperationCheck {
    var name: String { "leastSquares" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.checked {
            let (taskCount, order) = (problem.sampleCounts.count, problem.featureCount)
            let coefficients = try backend.makeVectors(taskCount: taskCount, width: order)
            let diagnosis = try backend.makeVectors(taskCount: taskCount, width: 2)
            try backend.forEachChunk(of: problem.source(of: B.Scalar.self), wholePacks: true, chunkRows: 600) {
                rows throws(ComputeError) in
                try backend.leastSquares(
                    rows, tolerance: 64 * B.Scalar.ulpOfOne, into: coefficients, diagnosis: diagnosis)
            }
            let found = try backend.hostCopy(of: coefficients)
            let codes = try backend.hostCopy(of: diagnosis)
            for (index, task) in problem.tasks.enumerated() {
                // Fewer rows than features: the first feature beyond the rows depends on those before it.
                let count = task.response.count
                let code = count < order ? Double(count + 1) : 0
                comparison.compare(codes[index, 0, 0], with: code, within: 0)
                if code == 0 {
                    comparison.compareGradient(found.vector(index), of: task, summed: count, B.Scalar.self)
                }
            }
        }
    }
}
