import Compute
import Definitions
import TestSupport
import Testing

@Suite("Residuals")
struct ResidualTests {
    @Test("are y - x' beta of each row", arguments: Candidate.all, RandomProblem.adversarial)
    func residuals(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkResiduals($0, problem)
        } float: {
            try checkResiduals($0, problem)
        }
    }

    private func checkResiduals<B: Backend>(_ backend: B, _ problem: RandomProblem) throws {
        let order = problem.featureCount
        var stream = TestStream(seed: 3)
        for taskCount in [problem.sampleCounts.count, 1] where problem.sampleCounts.count > 0 {
            let coefficients = (0..<taskCount * order).map { _ in Double(B.Scalar(stream.symmetric())) }
            let vectors = try backend.makeVectors(taskCount: taskCount, width: order)
            try backend.upload(coefficients, into: vectors)
            var found: [Double] = []
            try backend.forEachChunk(of: problem.source(of: B.Scalar.self), chunkRows: 600) {
                rows throws(ComputeError) in
                found += try backend.residuals(of: rows, at: vectors)
            }
            let expected = problem.tasks.enumerated().flatMap { index, task in
                let first = (taskCount == 1 ? 0 : index) * order
                return Definitions.residuals(task, at: Array(coefficients[first..<first + order]))
            }
            #expect(found.count == expected.count)
            for (one, other) in zip(found, expected) {
                // Rounded once; the sum in double adds at most order roundings of values below 2 order.
                let tolerance =
                    abs(other) * Double(B.Scalar.ulpOfOne) + Double(2 * order * order + 4) * Double.ulpOfOne
                #expect(abs(one - other) <= tolerance)
            }
        }
    }

    @Test(
        "squared scores are (w r)^2 / (1 - h)^e", arguments: Candidate.all,
        [LeverageCorrection.none, .single, .squared])
    func scores(candidate: Candidate, correction: LeverageCorrection) throws {
        try candidate.run {
            try checkScores($0, correction)
        } float: {
            try checkScores($0, correction)
        }
    }

    private func checkScores<B: Backend>(_ backend: B, _ correction: LeverageCorrection) throws {
        for problem in RandomProblem.solvable where problem.featureCount > 1 {
            let order = problem.featureCount
            let source = problem.source(of: B.Scalar.self)
            let moments = try backend.moments(of: source)
            let factor = try backend.makeFactor(taskCount: moments.taskCount, order: order)
            try backend.factor(moments.gram, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
            let vectors = try backend.makeVectors(taskCount: moments.taskCount, width: order)
            try backend.solve(factor, moments.cross, into: vectors)
            let coefficients = try backend.download(vectors)

            // The Gram that the scores weight is what they are for; it shows every one of them.
            let middle = try backend.makeMoments(taskCount: moments.taskCount, featureCount: order)
            try backend.forEachChunk(of: source, chunkRows: 1) { rows throws(ComputeError) in
                let scores = try backend.squaredScores(
                    of: rows, at: vectors, factor: factor, correction: correction)
                try backend.accumulate(rows, rowWeights: scores, into: middle)
            }
            let found = try backend.download(middle.gram.triangles)
            for (index, task) in problem.tasks.enumerated() {
                let beta = Array(coefficients[index * order..<(index + 1) * order])
                var weighted = task
                weighted.weights = Definitions.squaredScores(
                    task, at: beta, featureCount: order, exponent: correction.rawValue)
                let expected = Definitions.jointGram(weighted, featureCount: order)
                let size = triangleCount(order)
                let gram = symmetric(found[index * size..<(index + 1) * size], order: order)
                // Leverages carry the factor's error, of order roundings at conditions below 64.
                let tolerance = 64 * Double(order + 4) * Double(B.Scalar.ulpOfOne)
                for row in 0..<order {
                    for column in 0..<order {
                        let scale = (expected[row][row] * expected[column][column]).squareRoot()
                        #expect(abs(gram[row][column] - expected[row][column]) <= tolerance * scale)
                    }
                }
            }
        }
    }

    @Test("a row that decides a coefficient alone has no corrected score", arguments: Candidate.all)
    func leverageOne(candidate: Candidate) throws {
        try candidate.run {
            try checkLeverageOne($0)
        } float: {
            try checkLeverageOne($0)
        }
    }

    private func checkLeverageOne<B: Backend>(_ backend: B) throws {
        // The second feature is 0 in all rows but one.
        let values: [B.Scalar] = [1, 0, 2, 1, 0, 3, 1, 0, 5, 1, 7, 4]
        let source = RowArrays(layout: TaskLayout(sampleCounts: [4]), featureCount: 2, values: values)
        let moments = try backend.moments(of: source)
        let factor = try backend.makeFactor(taskCount: 1, order: 2)
        try backend.factor(moments.gram, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let vectors = try backend.makeVectors(taskCount: 1, width: 2)
        try backend.solve(factor, moments.cross, into: vectors)
        for correction in [LeverageCorrection.none, .single, .squared] {
            let middle = try backend.makeMoments(taskCount: 1, featureCount: 2)
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                let scores = try backend.squaredScores(of: rows, at: vectors, factor: factor, correction: correction)
                try backend.accumulate(rows, rowWeights: scores, into: middle)
            }
            let entry = try backend.download(middle.gram.triangles)[0]
            #expect(entry.isNaN == (correction != .none))
        }
    }
}
