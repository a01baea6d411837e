package import Compute

/// A stream of numbers that depends on its seed alone (SplitMix64).
package struct TestStream: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in (-1, 1).
    package mutating func symmetric() -> Double { Double.random(in: -1..<1, using: &self) }
}

/// Rows of several tasks with an intercept, exact in float, so that every backend is given the same numbers.
package struct RandomProblem: Sendable, CustomStringConvertible {
    package let sampleCounts: [Int]
    package let featureCount: Int
    package let isWeighted: Bool

    package init(sampleCounts: [Int], featureCount: Int, isWeighted: Bool) {
        self.sampleCounts = sampleCounts
        self.featureCount = featureCount
        self.isWeighted = isWeighted
    }

    package var description: String {
        "\(sampleCounts.count) tasks, \(featureCount) features, \(sampleCounts.reduce(0, +)) rows"
            + (isWeighted ? ", weighted" : "")
    }

    /// No task, one task, tasks on both sides of a pack, of a row block and of a tile; empty and one-row tasks.
    package static let adversarial: [RandomProblem] = [
        RandomProblem(sampleCounts: [], featureCount: 3, isWeighted: false),
        RandomProblem(sampleCounts: [1], featureCount: 1, isWeighted: false),
        RandomProblem(sampleCounts: [40], featureCount: 3, isWeighted: true),
        RandomProblem(sampleCounts: [511, 0, 512, 1, 513, 0], featureCount: 4, isWeighted: false),
        RandomProblem(sampleCounts: [1500, 30, 1025], featureCount: 7, isWeighted: true),
        RandomProblem(sampleCounts: Array(repeating: 30, count: 17), featureCount: 8, isWeighted: false),
        RandomProblem(sampleCounts: (0..<33).map { 20 + 7 * $0 }, featureCount: 15, isWeighted: false),
        RandomProblem(sampleCounts: (0..<9).map { 60 + $0 }, featureCount: 20, isWeighted: true),
        RandomProblem(sampleCounts: [120, 90], featureCount: 40, isWeighted: false),
        RandomProblem(sampleCounts: (0..<1030).map { $0 % 3 }, featureCount: 2, isWeighted: true),
    ]

    /// Those in which every task has more rows than features.
    package static let solvable = adversarial.filter { problem in
        problem.sampleCounts.allSatisfy { $0 > problem.featureCount }
    }

    /// Each task's rows.
    package var tasks: [TaskRows] {
        var stream = TestStream(seed: UInt64(featureCount) &* 1000 &+ UInt64(sampleCounts.count))
        return sampleCounts.map { count in
            var design: [[Double]] = []
            var response: [Double] = []
            var weights: [Double] = []
            for _ in 0..<count {
                let row = (0..<featureCount).map { $0 == 0 ? 1 : Self.rounded(stream.symmetric()) }
                design.append(row)
                response.append(Self.rounded(row.reduce(0, +) + stream.symmetric()))
                weights.append(isWeighted ? Self.rounded(1.5 + stream.symmetric()) : 1)
            }
            return TaskRows(design: design, response: response, weights: weights)
        }
    }

    package func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> RowArrays<Scalar> {
        let tasks = self.tasks
        let values = tasks.flatMap { task in
            task.response.indices.flatMap { row in (task.design[row] + [task.response[row]]).map { Scalar($0) } }
        }
        return RowArrays(
            layout: TaskLayout(sampleCounts: sampleCounts), featureCount: featureCount, values: values,
            weights: isWeighted ? tasks.flatMap { $0.weights.map { Scalar($0) } } : nil)
    }

    private static func rounded(_ value: Double) -> Double { (value * 4096).rounded() / 4096 }
}

extension Backend {
    /// The moments of a problem's tasks, brought through in chunks of so many rows.
    package func moments(of source: RowArrays<Scalar>, chunkRows: Int? = nil) throws(ComputeError) -> Moments<Buffer> {
        let moments = try makeMoments(
            taskCount: source.layout.taskCount, featureCount: source.featureCount, responseCount: source.responseCount)
        try forEachChunk(of: source, chunkRows: chunkRows) { rows throws(ComputeError) in
            try accumulate(rows, rowWeights: nil, into: moments)
        }
        return moments
    }
}

extension Backend {
    /// The moments of a problem's tasks by fold, brought through in chunks of so many rows.
    package func foldMoments(
        of source: RowArrays<Scalar>, folds: RowFolds, chunkRows: Int? = nil
    ) throws(ComputeError) -> FoldMoments<Buffer> {
        let moments = try makeFoldMoments(
            taskCount: source.layout.taskCount, featureCount: source.featureCount, responseCount: source.responseCount,
            foldCount: folds.foldCount)
        try forEachChunk(of: source, folds: folds, chunkRows: chunkRows) { rows throws(ComputeError) in
            try accumulate(rows, rowWeights: nil, into: moments)
        }
        return moments
    }
}

/// A full symmetric matrix from its lower triangle, row by row.
package func symmetric(_ triangle: ArraySlice<Double>, order: Int) -> [[Double]] {
    var matrix = Array(repeating: Array(repeating: 0.0, count: order), count: order)
    var entry = triangle.startIndex
    for row in 0..<order {
        for column in 0...row {
            matrix[row][column] = triangle[entry]
            matrix[column][row] = triangle[entry]
            entry += 1
        }
    }
    return matrix
}
