internal import Compute
import Definitions

/// Weighted tasks on both sides of a block of them; some weigh nothing and hold what is not a number.
private struct WeightedTasks {
    let vectors: [[Double]]
    let weights: [Double]

    init<Scalar: LaneScalar>(count: Int, _ scalar: Scalar.Type) {
        var stream = TestStream(seed: UInt64(count))
        vectors = (0..<count).map { task in
            (0..<3).map { _ in task % 7 == 3 ? .nan : Double(Scalar(stream.symmetric())) }
        }
        weights = (0..<count).map { $0 % 7 == 3 ? 0 : Double(Scalar(1 + stream.symmetric())) }
    }

    static let counts = [1, 33, 2100]

    func upload<B: Backend>(
        to backend: B
    ) throws(ComputeError) -> (vectors: Vectors<B.Buffer>, weights: Vectors<B.Buffer>) {
        let values = TaskValues(taskCount: weights.count, width: 3, values: vectors.flatMap { $0 })
        return (
            try backend.upload(values),
            try backend.upload(TaskValues(taskCount: weights.count, width: 1, values: weights))
        )
    }

    /// The terms of one entry's sum over the tasks that are meant.
    func terms(_ entry: Int, where isMeant: (Int) -> Bool = { _ in true }) -> [Double] {
        weights.indices.filter { weights[$0] != 0 && isMeant($0) }.map { weights[$0] * vectors[$0][entry] }
    }
}

/// `sum of w v`.
struct WeightedSumCheck: OperationCheck {
    var name: String { "weightedSum" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for count in WeightedTasks.counts {
            let tasks = WeightedTasks(count: count, B.Scalar.self)
            let (vectors, weights) = try tasks.upload(to: backend)
            let sum = try backend.makeVectors(taskCount: 1, width: 3)
            try backend.weightedSum(of: vectors, weights: weights, into: sum)
            let found = try backend.download(sum)
            for (entry, value) in Definitions.weightedSum(tasks.vectors, weights: tasks.weights).enumerated() {
                comparison.compareSum(found[entry], with: value, of: tasks.terms(entry), on: backend)
            }
        }
    }
}

/// The same, carried over from one shard to the next.
struct CarriedSumCheck: OperationCheck {
    var name: String { "weightedSum, adding totals" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for count in WeightedTasks.counts {
            let tasks = WeightedTasks(count: count, B.Scalar.self)
            let (vectors, weights) = try tasks.upload(to: backend)
            let totals = [1, -2, 0.5]
            let found = try backend.weightedSum(of: vectors, weights: weights, adding: totals)
            for (entry, value) in Definitions.weightedSum(tasks.vectors, weights: tasks.weights).enumerated() {
                let terms = tasks.terms(entry) + [totals[entry]]
                comparison.compareSum(found[entry], with: totals[entry] + value, of: terms, on: backend)
            }
        }
    }
}

/// `sum of w v` over the tasks of each label, some of which are none.
struct LabelSumCheck: OperationCheck {
    var name: String { "weightedSum, by label" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for count in WeightedTasks.counts {
            let tasks = WeightedTasks(count: count, B.Scalar.self)
            let (vectors, weights) = try tasks.upload(to: backend)
            let labels = (0..<count).map { $0 % 11 == 5 ? .nan : Double($0 % 6 - 1) }
            let deviceLabels = try backend.upload(TaskValues(taskCount: count, width: 1, values: labels))
            let sums = try backend.makeVectors(taskCount: 1, columnCount: 4, width: 3)
            try backend.weightedSum(of: vectors, weights: weights, labels: deviceLabels, into: sums)
            let found = try backend.hostCopy(of: sums)
            let expected = Definitions.weightedSum(
                tasks.vectors, weights: tasks.weights, labels: labels, labelCount: 4)
            for (label, values) in expected.enumerated() {
                for (entry, value) in values.enumerated() {
                    let terms = tasks.terms(entry) { labels[$0] == Double(label) }
                    comparison.compareSum(found[0, label, entry], with: value, of: terms, on: backend)
                }
            }
        }
    }
}

/// `sum of w v` over the tasks of groups, one of which is empty.
struct GroupSumCheck: OperationCheck {
    var name: String { "weightedSum, by group" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for count in WeightedTasks.counts {
            let tasks = WeightedTasks(count: count, B.Scalar.self)
            let (vectors, weights) = try tasks.upload(to: backend)
            let third = count / 3
            let groups = [0..<third, third..<third, third..<count - third / 2]
            let sums = try backend.makeVectors(taskCount: groups.count, width: 3)
            try backend.weightedSum(of: vectors, weights: weights, groups: TaskGroups(groups), into: sums)
            let found = try backend.hostCopy(of: sums)
            let expected = Definitions.weightedSum(tasks.vectors, weights: tasks.weights, groups: groups)
            for (group, values) in expected.enumerated() {
                for (entry, value) in values.enumerated() {
                    let terms = tasks.terms(entry) { groups[group].contains($0) }
                    comparison.compareSum(found[group, 0, entry], with: value, of: terms, on: backend)
                }
            }
        }
    }
}

extension Comparison {
    /// Compares a sum across tasks: a rounding of the sum a term, and one of the result to the scalar.
    mutating func compareSum<B: Backend>(_ found: Double, with expected: Double, of terms: [Double], on backend: B) {
        let size = terms.reduce(0) { $0 + abs($1) }
        let tolerance = Double(B.Scalar.ulpOfOne) + Double(terms.count + 3) * sumRounding
        compare(found, with: expected, within: tolerance * size)
    }
}
