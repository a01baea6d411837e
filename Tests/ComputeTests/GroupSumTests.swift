import Compute
import Definitions
import TestSupport
import Testing

@Suite("Weighted sum by group")
struct SlowGroupSumTests {
    /// Groups at any place of a pack: several in one, one over several and over several pieces, empty ones, with tasks
    /// before, between and behind them that are in none.
    private static func groups(of taskCount: Int) -> [Range<Int>] {
        var groups = [0..<0]
        var start = min(1, taskCount)
        for size in [1, 2, 16, 0, 7, 100, 33, 520, 1030, 5] where start + size <= taskCount {
            groups.append(start..<start + size)
            start += size + size % 3
        }
        return groups + [taskCount..<taskCount]
    }

    @Test("is the sum of w v over each group's tasks", arguments: Candidate.all, [0, 1, 8, 33, 513, 2500])
    func sums(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkSums($0, taskCount: taskCount)
        } float: {
            try checkSums($0, taskCount: taskCount)
        }
    }

    private func checkSums<B: Backend>(_ backend: B, taskCount: Int) throws {
        for width in [1, 3, 10, 45] {
            let tasks = WeightedValues(taskCount: taskCount, width: width, B.Scalar.self)
            let groups = Self.groups(of: taskCount)
            let found = try sums(of: tasks, groups, on: backend)
            let expected = Definitions.weightedSum(tasks.vectors, weights: tasks.weights, groups: groups)
            let tolerance = Double(B.Scalar.ulpOfOne) + Double(taskCount + 1) * Double.ulpOfOne
            for (one, other) in zip(found, expected.flatMap { $0.isEmpty ? Array(repeating: 0, count: width) : $0 }) {
                #expect(abs(one - other) <= tolerance * tasks.weights.reduce(0, +))
            }
        }
    }

    @Test("the bits of a group do not depend on where it lies or on other groups", arguments: Candidate.all)
    func places(candidate: Candidate) throws {
        try candidate.run {
            try checkPlaces($0)
        } float: {
            try checkPlaces($0)
        }
    }

    private func checkPlaces<B: Backend>(_ backend: B) throws {
        let width = 9
        for size in [1, 5, 40, 700] {
            let tasks = WeightedValues(taskCount: size, width: width, B.Scalar.self)
            let alone = try sums(of: tasks, [0..<size], on: backend)
            for before in [1, 7, 8, 19, 513] {
                var moved = WeightedValues(taskCount: before + size + 3, width: width, B.Scalar.self)
                moved.replace(from: before, with: tasks)
                let groups = [0..<before / 2, before..<before + size, before + size..<before + size + 2]
                let found = try sums(of: moved, groups, on: backend)
                #expect(Array(found[width..<2 * width]) == alone, "\(size) tasks behind \(before)")
            }
        }
    }

    private func sums<B: Backend>(
        of tasks: WeightedValues, _ groups: [Range<Int>], on backend: B
    ) throws -> [Double] {
        let values = try backend.upload(
            TaskValues(taskCount: tasks.weights.count, width: tasks.width, values: tasks.vectors.flatMap { $0 }))
        let weights = try backend.upload(
            TaskValues(taskCount: tasks.weights.count, width: 1, values: tasks.weights))
        let sums = try backend.makeVectors(taskCount: groups.count, width: tasks.width)
        // What the sums held before is not added to.
        try backend.upload(Array(repeating: 7, count: groups.count * tasks.width), into: sums)
        try backend.weightedSum(of: values, weights: weights, groups: TaskGroups(groups), into: sums)
        return try backend.download(sums)
    }
}

/// Tasks of random vectors and weights; every fifth weighs nothing and holds what is not a number.
private struct WeightedValues {
    let width: Int
    private(set) var vectors: [[Double]]
    private(set) var weights: [Double]

    init<Scalar: LaneScalar>(taskCount: Int, width: Int, _: Scalar.Type) {
        self.width = width
        var stream = TestStream(seed: UInt64(taskCount + width))
        vectors = (0..<taskCount).map { task in
            (0..<width).map { _ in task % 5 == 4 ? .nan : Double(Scalar(stream.symmetric())) }
        }
        weights = (0..<taskCount).map { $0 % 5 == 4 ? 0 : Double(Scalar(1 + stream.symmetric())) }
    }

    mutating func replace(from first: Int, with others: WeightedValues) {
        vectors.replaceSubrange(first..<first + others.vectors.count, with: others.vectors)
        weights.replaceSubrange(first..<first + others.weights.count, with: others.weights)
    }
}
