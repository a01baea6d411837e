import Compute
import Definitions
import TestSupport
import Testing

@Suite("Cholesky")
struct CholeskyTests {
    @Test("leaves no gradient at the solution", arguments: Candidate.all, RandomProblem.solvable)
    func vanishingGradient(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkGradient($0, problem)
        } float: {
            try checkGradient($0, problem)
        }
    }

    private func checkGradient<B: Backend>(_ backend: B, _ problem: RandomProblem) throws {
        let solved = try Solved(problem, on: backend)
        for (index, task) in problem.tasks.enumerated() {
            let joint = Definitions.jointGram(task, featureCount: problem.featureCount)
            let x = solved.solution(of: index)
            for row in 0..<problem.featureCount {
                var gradient = -joint[row][problem.featureCount]
                var size = 0.0
                for column in 0..<problem.featureCount {
                    gradient += joint[row][column] * x[column]
                    size += (joint[row][row] * joint[column][column]).squareRoot() * abs(x[column])
                }
                // Backward stable: L L' - G is at most (order + 1) roundings of |L| |L'|, and two solves.
                let tolerance = Double(3 * problem.featureCount + 8) * Double(B.Scalar.ulpOfOne)
                #expect(abs(gradient) <= tolerance * (size + abs(joint[row][problem.featureCount])))
            }
        }
    }

    @Test("solves every column of right-hand sides, in place too", arguments: Candidate.all)
    func columns(candidate: Candidate) throws {
        try candidate.run {
            try checkColumns($0)
        } float: {
            try checkColumns($0)
        }
    }

    private func checkColumns<B: Backend>(_ backend: B) throws {
        let problem = RandomProblem(sampleCounts: (0..<19).map { 50 + $0 }, featureCount: 5, isWeighted: false)
        let solved = try Solved(problem, on: backend)
        var stream = TestStream(seed: 5)
        let rightSides = (0..<19 * 3 * 5).map { _ in Double(B.Scalar(stream.symmetric())) }
        let vectors = try backend.makeVectors(taskCount: 19, columnCount: 3, width: 5)
        try backend.upload(rightSides, into: vectors)
        try backend.solve(solved.factor, vectors, into: vectors)
        let found = try backend.download(vectors)
        for (index, task) in problem.tasks.enumerated() {
            let gram = Definitions.jointGram(task, featureCount: 5).prefix(5).map { Array($0.prefix(5)) }
            for column in 0..<3 {
                let place = (index * 3 + column) * 5..<(index * 3 + column + 1) * 5
                let expected = Definitions.solve(gram, Array(rightSides[place]))
                let norm = expected.reduce(0) { max($0, abs($1)) }
                // The designs' condition numbers are below 4, their Grams' below 16.
                let tolerance = 16 * 5 * 3 * Double(B.Scalar.ulpOfOne) * norm
                for (one, other) in zip(found[place], expected) { #expect(abs(one - other) <= tolerance) }
            }
        }
    }

    @Test("gives quadratic forms in the inverse", arguments: Candidate.all, RandomProblem.solvable)
    func inverseDiagonals(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkForms($0, problem)
        } float: {
            try checkForms($0, problem)
        }
    }

    private func checkForms<B: Backend>(_ backend: B, _ problem: RandomProblem) throws {
        let order = problem.featureCount
        let solved = try Solved(problem, on: backend)
        var stream = TestStream(seed: 11)
        // One unit vector, one dense contrast, one that begins with zeros.
        let contrasts = (0..<3).map { kind in
            (0..<order).map { kind == 0 ? ($0 == order - 1 ? 1.0 : 0) : kind == 1 || $0 > 0 ? stream.symmetric() : 0 }
        }
        let uploaded = try backend.makeVectors(taskCount: 1, columnCount: 3, width: order)
        try backend.upload(contrasts.flatMap { $0 }, into: uploaded)
        let taskCount = problem.sampleCounts.count
        let forms = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.inverseDiagonals(of: solved.factor, contrasts: uploaded, into: forms)
        let middle = try backend.moments(of: problem.source(of: B.Scalar.self)).gram
        let sandwiches = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.sandwichDiagonals(of: solved.factor, middle: middle, contrasts: uploaded, into: sandwiches)
        let found = try backend.download(forms)
        let sandwiched = try backend.download(sandwiches)
        for (index, task) in problem.tasks.enumerated() {
            let gram = Definitions.jointGram(task, featureCount: order).prefix(order).map { Array($0.prefix(order)) }
            let inverse = Definitions.inverse(gram)
            for kind in 0..<3 {
                let contrast = contrasts[kind].map { Double(B.Scalar($0)) }
                let expected = Definitions.quadraticForm(inverse, contrast)
                let condition = try solved.condition(of: index)
                let tolerance = Double(8 * (order + 1)) * condition * Double(B.Scalar.ulpOfOne) * expected
                #expect(abs(found[index * 3 + kind] - expected) <= tolerance)
                // With the Gram itself in the middle, the sandwich is the inverse.
                #expect(abs(sandwiched[index * 3 + kind] - expected) <= 4 * tolerance)
            }
        }
    }

    @Test("finds the feature that depends on those before it", arguments: Candidate.all)
    func collinear(candidate: Candidate) throws {
        try candidate.run {
            try checkDiagnosis($0)
        } float: {
            try checkDiagnosis($0)
        }
    }

    private func checkDiagnosis<B: Backend>(_ backend: B) throws {
        // Tasks in turn: solvable, third feature = first + second, first feature zero, NaN, infinity.
        let base: [Double] = [4, 1, 3, 2, 0.5, 6]
        let dependent: [Double] = [4, 1, 3, 5, 4, 9]
        let zero: [Double] = [0, 0, 3, 0, 0.5, 6]
        let nan: [Double] = [4, 1, .nan, 2, 0.5, 6]
        let infinite: [Double] = [4, .infinity, .infinity, 2, 0.5, 6]
        let kinds = [base, dependent, zero, nan, infinite]
        let codes: [Double] = [0, 3, 1, -1, -1]
        let matrices = try backend.makeMatrices(taskCount: 35, order: 3)
        try backend.upload((0..<35).flatMap { kinds[$0 % 5] }, into: matrices.triangles)
        let factor = try backend.makeFactor(taskCount: 35, order: 3)
        try backend.factor(matrices, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let diagnosis = try backend.download(factor.diagnosis)
        for task in 0..<35 { #expect(diagnosis[2 * task] == codes[task % 5]) }
    }

    /// More than a CPU device has room for on a thread's stack, were each task to have its own.
    @Test("factors and solves very many tasks", arguments: Candidate.all.filter { $0.kind == .vectorKernels })
    func many(candidate: Candidate) throws {
        try candidate.run {
            try checkMany($0)
        } float: {
            try checkMany($0)
        }
    }

    private func checkMany<B: Backend>(_ backend: B) throws {
        let (taskCount, order) = (64_000, 17)
        let triangle = (0..<order).flatMap { row in (0...row).map { $0 == row ? 4.0 : 0 } }
        let matrices = try backend.makeMatrices(taskCount: 1, order: order)
        try backend.upload(triangle, into: matrices.triangles)
        let grams = try backend.makeMatrices(taskCount: taskCount, order: order)
        try backend.combine(matrices.triangles.scaled(by: 1), into: grams.triangles)
        let factor = try backend.makeFactor(taskCount: taskCount, order: order)
        try backend.factor(grams, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let ones = try backend.upload(TaskValues(taskCount: 1, width: 1, values: [1]))
        let solutions = try backend.makeVectors(taskCount: taskCount, width: order)
        try backend.combine(ones.scaled(by: 8), into: solutions)
        try backend.solve(factor, solutions, into: solutions)
        #expect(try backend.download(solutions).allSatisfy { $0 == 2 })
    }

    @Test("estimates the condition number within a factor of the order", arguments: Candidate.all)
    func condition(candidate: Candidate) throws {
        try candidate.run {
            try checkCondition($0)
        } float: {
            try checkCondition($0)
        }
    }

    private func checkCondition<B: Backend>(_ backend: B) throws {
        // Correlation r between all pairs: eigenvalues 1 + (p - 1) r once and 1 - r otherwise.
        let order = 6
        let correlations = [0.0, 0.5, 0.9, 0.99]
        let matrices = try backend.makeMatrices(taskCount: 4, order: order)
        var triangles: [Double] = []
        for correlation in correlations {
            for row in 0..<order {
                for column in 0...row {
                    // Scales from 1 to 32 must not matter.
                    let scales = Double(1 << row) * Double(1 << column)
                    triangles.append(column == row ? scales : correlation * scales)
                }
            }
        }
        try backend.upload(triangles, into: matrices.triangles)
        let factor = try backend.makeFactor(taskCount: 4, order: order)
        try backend.factor(matrices, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let diagnosis = try backend.download(factor.diagnosis)
        for (task, correlation) in correlations.enumerated() {
            let exact = (1 + Double(order - 1) * correlation) / (1 - correlation)
            let estimate = diagnosis[2 * task + 1]
            #expect(estimate >= exact / Double(order) && estimate <= exact * Double(order))
        }
    }
}

/// A problem's factored Grams and solutions on a backend.
private struct Solved<B: Backend> {
    let backend: B
    let factor: Factor<B.Buffer>
    let solutions: [Double]

    init(_ problem: RandomProblem, on backend: B) throws {
        self.backend = backend
        let moments = try backend.moments(of: problem.source(of: B.Scalar.self))
        factor = try backend.makeFactor(taskCount: moments.taskCount, order: moments.featureCount)
        try backend.factor(moments.gram, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let vectors = try backend.makeVectors(taskCount: moments.taskCount, width: moments.featureCount)
        try backend.solve(factor, moments.cross, into: vectors)
        solutions = try backend.download(vectors)
    }

    func solution(of task: Int) -> [Double] {
        Array(solutions[task * factor.order..<(task + 1) * factor.order])
    }

    func condition(of task: Int) throws -> Double { try backend.download(factor.diagnosis)[2 * task + 1] }
}
