import Compute
import Definitions
import TestSupport
import Testing

@Suite("Weighted sum")
struct WeightedSumTests {
    @Test("is the sum of w v over tasks", arguments: Candidate.all, [0, 1, 7, 8, 33, 511, 512, 513, 2100])
    func sums(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkSum($0, taskCount: taskCount)
        } float: {
            try checkSum($0, taskCount: taskCount)
        }
    }

    private func checkSum<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount))
        let width = 5
        let values = (0..<taskCount * width).map { _ in Double(B.Scalar(stream.symmetric())) }
        let weights = (0..<taskCount).map { $0 % 7 == 3 ? 0 : Double(B.Scalar(1 + stream.symmetric())) }
        let found = try sum(on: backend, values, weights: weights, width: width)
        let vectors = (0..<taskCount).map { Array(values[$0 * width..<($0 + 1) * width]) }
        let expected = Definitions.weightedSum(vectors, weights: weights)
        let size = zip(vectors, weights).reduce(0.0) { $0 + $1.1 * ($1.0.map { abs($0) }.max() ?? 0) }
        let tolerance = Double(B.Scalar.ulpOfOne) + Double(taskCount + 1) * Double.ulpOfOne
        for (one, other) in zip(found, expected) { #expect(abs(one - other) <= tolerance * size) }
        #expect(taskCount > 0 || found.allSatisfy { $0 == 0 })
    }

    @Test("leaves out tasks of weight 0 whatever they hold", arguments: Candidate.all)
    func leavesOut(candidate: Candidate) throws {
        try candidate.run {
            try checkLeavesOut($0)
        } float: {
            try checkLeavesOut($0)
        }
    }

    private func checkLeavesOut<B: Backend>(_ backend: B) throws {
        let values: [Double] = (0..<40).map { $0 == 17 ? .nan : $0 == 23 ? .infinity : 1 }
        let weights: [Double] = (0..<40).map { $0 == 17 || $0 == 23 ? 0 : 2 }
        #expect(try sum(on: backend, values, weights: weights, width: 1) == [76])
    }

    @Test("counts nothing past the last task, whatever an operation left there", arguments: Candidate.all)
    func padding(candidate: Candidate) throws {
        try candidate.run {
            try checkPadding($0)
        } float: {
            try checkPadding($0)
        }
    }

    private func checkPadding<B: Backend>(_ backend: B) throws {
        let one = try backend.makeVectors(taskCount: 1, width: 1)
        try backend.upload([3], into: one)
        for taskCount in [2, 9, 33] {
            // One value for all tasks fills every lane of the packs.
            let filled = try backend.makeVectors(taskCount: taskCount, width: 1)
            try backend.combine(one.scaled(by: 1), into: filled)
            let sum = try backend.makeVectors(taskCount: 1, width: 1)
            try backend.weightedSum(of: filled, weights: filled, into: sum)
            #expect(try backend.download(sum) == [Double(9 * taskCount)])
        }
    }

    private func sum<B: Backend>(
        on backend: B, _ values: [Double], weights: [Double], width: Int
    ) throws -> [Double] {
        let vectors = try backend.makeVectors(taskCount: weights.count, width: width)
        try backend.upload(values, into: vectors)
        let taskWeights = try backend.makeVectors(taskCount: weights.count, width: 1)
        try backend.upload(weights, into: taskWeights)
        let result = try backend.makeVectors(taskCount: 1, width: width)
        try backend.weightedSum(of: vectors, weights: taskWeights, into: result)
        return try backend.download(result)
    }
}
