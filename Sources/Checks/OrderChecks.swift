internal import Compute
import Definitions

/// Values across tasks, plain and few different ones, for the direct path and for the one that samples.
private struct OrderedTasks {
    let columns: [[Double]]
    /// Whole numbers, some 0.
    let weights: [Double]

    init<Scalar: LaneScalar>(count: Int, _ scalar: Scalar.Type) {
        var stream = TestStream(seed: UInt64(count))
        columns = [
            (0..<count).map { _ in Double(Scalar(stream.symmetric())) },
            (0..<count).map { _ in (2 * stream.symmetric()).rounded() },
        ]
        weights = (0..<count).map { $0 % 9 == 4 ? 0 : (3 + 2 * stream.symmetric()).rounded() }
    }

    static let counts = [1, 33, 2100]

    func upload<B: Backend>(
        to backend: B
    ) throws(ComputeError) -> (vectors: Vectors<B.Buffer>, weights: Vectors<B.Buffer>) {
        let values = weights.indices.flatMap { task in columns.map { $0[task] } }
        return (
            try backend.upload(TaskValues(taskCount: weights.count, width: columns.count, values: values)),
            try backend.upload(TaskValues(taskCount: weights.count, width: 1, values: weights))
        )
    }
}

/// Weighted quantiles, exact.
struct QuantileCheck: OperationCheck {
    var name: String { "weightedQuantile" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for count in OrderedTasks.counts {
            let tasks = OrderedTasks(count: count, B.Scalar.self)
            let (vectors, weights) = try tasks.upload(to: backend)
            let quantile = try backend.makeVectors(taskCount: 1, width: tasks.columns.count)
            for (share, tie) in [(0.5, TieRule.midpoint), (0.1, .lower), (1, .upper)] {
                try backend.weightedQuantile(of: vectors, weights: weights, at: share, tie: tie, into: quantile)
                let expected = tasks.columns.map { values in
                    Double(
                        B.Scalar(
                            Definitions.weightedQuantile(values, weights: tasks.weights, at: share, tie: tie)))
                }
                comparison.compare(try backend.download(quantile), with: expected, within: 0)
            }
        }
    }
}

/// The mean of the sorted values' middle.
struct TrimmedMeanCheck: OperationCheck {
    var name: String { "trimmedMean" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for count in OrderedTasks.counts {
            let tasks = OrderedTasks(count: count, B.Scalar.self)
            let (vectors, weights) = try tasks.upload(to: backend)
            let mean = try backend.makeVectors(taskCount: 1, width: tasks.columns.count)
            try backend.trimmedMean(of: vectors, weights: weights, share: 0.2, into: mean)
            let expected = tasks.columns.map {
                Definitions.trimmedMean($0, weights: tasks.weights, share: 0.2)
            }
            // A sum of values of size up to 2; then one rounding to the scalar.
            let tolerance = 2 * Double(count + 2) * comparison.sumRounding + 2 * Double(B.Scalar.ulpOfOne)
            comparison.compare(try backend.download(mean), with: expected, within: tolerance)
        }
    }
}

/// The nearest of several centers, and how far it is.
struct NearestCenterCheck: OperationCheck {
    var name: String { "nearestCenter" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 6)
        for (taskCount, width, centerCount) in [(1, 1, 1), (33, 6, 5)] {
            let vectors = TaskValues(taskCount: taskCount, width: width, from: &stream)
            let centers = TaskValues(taskCount: 1, columnCount: centerCount, width: width, from: &stream)
            let labels = try backend.makeVectors(taskCount: taskCount, width: 1)
            let distances = try backend.makeVectors(taskCount: taskCount, width: 1)
            try backend.nearestCenter(
                of: backend.upload(vectors), centers: backend.upload(centers), distances: distances, into: labels)
            let foundLabels = try backend.download(labels)
            let found = try backend.download(distances)
            // Each term is rounded three times, the sum once a term.
            let tolerance = Double(width + 3) * Double(B.Scalar.ulpOfOne)
            for task in 0..<taskCount {
                let expected = Definitions.squaredDistances(
                    vectors.vector(task), centers: (0..<centerCount).map { centers.vector(0, $0) })
                let least = expected.min() ?? 0
                comparison.compare(found[task], with: least, within: tolerance * least)
                // Of two centers as near as each other to rounding either may be taken.
                let taken = expected.indices.first { Double($0) == foundLabels[task] }.map { expected[$0] }
                comparison.compare(taken ?? .nan, with: least, within: 2 * tolerance * least)
            }
        }
    }
}
