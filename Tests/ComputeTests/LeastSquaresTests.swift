import Compute
import Definitions
import TestSupport
import Testing

@Suite("Fused least squares")
struct SlowLeastSquaresTests {
    @Test(
        "gives the bits of moments, factor and solve", arguments: Candidate.all,
        RandomProblem.adversarial + [RandomProblem(sampleCounts: [0, 0, 0], featureCount: 2, isWeighted: false)])
    func sameBits(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkBits($0, problem.source(of: Double.self))
        } float: {
            try checkBits($0, problem.source(of: Float.self))
        }
    }

    @Test("has a column a response", arguments: Candidate.all)
    func severalResponses(candidate: Candidate) throws {
        let problem = RandomProblem(
            sampleCounts: [30, 0, 600] + (0..<31).map { 20 + $0 }, featureCount: 6, isWeighted: true)
        try candidate.run {
            try checkBits($0, problem.source(of: Double.self).withResponses(3))
        } float: {
            try checkBits($0, problem.source(of: Float.self).withResponses(3))
        }
    }

    private func checkBits<B: Backend>(_ backend: B, _ source: RowArrays<B.Scalar>) throws {
        let tolerance = 4096 * B.Scalar.ulpOfOne
        let taskCount = source.layout.taskCount
        let moments = try backend.moments(of: source)
        let factor = try backend.makeFactor(taskCount: taskCount, order: source.featureCount)
        try backend.factor(moments.gram, tolerance: tolerance, into: factor)
        var expected: [[Double]] = [try backend.download(factor.diagnosis)]
        for response in 0..<source.responseCount {
            let solutions = try backend.makeVectors(taskCount: taskCount, width: source.featureCount)
            try backend.solve(factor, moments.cross(of: response), into: solutions)
            expected.append(try backend.download(solutions))
        }
        // Chunks of one pack, larger than asked for; of several; of all; and those of the pass that may use moments.
        for chunkRows in [1, 700, 1500, .max / 2] {
            for isFused in [true, false] {
                let coefficients = try backend.makeVectors(
                    taskCount: taskCount, columnCount: source.responseCount, width: source.featureCount)
                let diagnosis = try backend.makeVectors(taskCount: taskCount, width: 2)
                if isFused {
                    try backend.forEachChunk(of: source, wholePacks: true, chunkRows: chunkRows) {
                        rows throws(ComputeError) in
                        try backend.leastSquares(rows, tolerance: tolerance, into: coefficients, diagnosis: diagnosis)
                    }
                } else {
                    try backend.leastSquares(
                        of: source, tolerance: tolerance, chunkRows: chunkRows, into: coefficients,
                        diagnosis: diagnosis)
                }
                var found = [try backend.download(diagnosis)]
                for response in 0..<source.responseCount {
                    found.append(try backend.download(coefficients.column(response)))
                }
                #expect(haveSameBits(found, expected))
            }
        }
    }

    /// A task without rows has a condition of 0 / 0.
    private func haveSameBits(_ found: [[Double]], _ expected: [[Double]]) -> Bool {
        zip(found.joined(), expected.joined()).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
            && found.map(\.count) == expected.map(\.count)
    }
}

extension RowArrays {
    /// The same rows, of which the last so many columns are responses.
    fileprivate func withResponses(_ count: Int) -> RowArrays {
        RowArrays(
            layout: layout, featureCount: featureCount + 1 - count, responseCount: count, values: values,
            weights: weights)
    }
}
