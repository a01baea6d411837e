import Compute
import Definitions
import TestSupport
import Testing

@Suite("Trimmed mean")
struct SlowTrimmedMeanTests {
    @Test(
        "is the mean of the sorted values' middle", arguments: Candidate.all, [1, 2, 7, 8, 33, 513, 2048, 2049, 9000])
    func matchesDefinition(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkDefinition($0, taskCount: taskCount)
        } float: {
            try checkDefinition($0, taskCount: taskCount)
        }
    }

    private func checkDefinition<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount))
        // Plain values, few different ones, and the same one for all.
        let columns = [
            (0..<taskCount).map { _ in Double(B.Scalar(stream.symmetric())) },
            (0..<taskCount).map { _ in (2 * stream.symmetric()).rounded() }, Array(repeating: 0.75, count: taskCount),
        ]
        let weights = (0..<taskCount).map { $0 % 9 == 4 ? 0 : Double(B.Scalar(1.5 + stream.symmetric())) }
        // Sums of `taskCount` values of size up to 2, in double; then one rounding to the scalar.
        let tolerance = 2 * Double(taskCount + 2) * Double.ulpOfOne + 2 * Double(B.Scalar.ulpOfOne)
        for share in [0, 0.1, 0.2, 0.25, 0.49] {
            let found = try trimmedMean(on: backend, columns, weights: weights, share: share)
            for (one, column) in zip(found, columns) {
                let expected = Definitions.trimmedMean(column, weights: weights, share: share)
                #expect(abs(one - expected) <= tolerance, "\(share)")
            }
        }
    }

    @Test("does not see the values that are trimmed, nor tasks of weight 0", arguments: Candidate.all, [30, 3000])
    func leavesOut(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkLeavesOut($0, taskCount: taskCount)
        } float: {
            try checkLeavesOut($0, taskCount: taskCount)
        }
    }

    private func checkLeavesOut<B: Backend>(_ backend: B, taskCount: Int) throws {
        let trimmed = taskCount / 5
        let clean = (0..<taskCount).map { Double($0 % 64) }
        let ones = clean.map { _ in 1.0 }
        var sorted = clean.sorted()
        let expected = try trimmedMean(on: backend, [sorted], weights: ones, share: 0.2)
        for task in 0..<trimmed {
            sorted[task] = -.infinity
            sorted[taskCount - 1 - task] = 1e30
        }
        #expect(try trimmedMean(on: backend, [sorted], weights: ones, share: 0.2) == expected)
        let beside = sorted + [.nan]
        #expect(try trimmedMean(on: backend, [beside], weights: ones + [0], share: 0.2) == expected)
        #expect(try trimmedMean(on: backend, [beside], weights: ones + [1], share: 0.2)[0].isNaN)
        #expect(try trimmedMean(on: backend, [clean], weights: ones.map { _ in 0 }, share: 0.2)[0].isNaN)
    }

    private func trimmedMean<B: Backend>(
        on backend: B, _ columns: [[Double]], weights: [Double], share: Double
    ) throws -> [Double] {
        let vectors = try backend.makeVectors(taskCount: weights.count, width: columns.count)
        try backend.upload(weights.indices.flatMap { task in columns.map { $0[task] } }, into: vectors)
        let taskWeights = try backend.makeVectors(taskCount: weights.count, width: 1)
        try backend.upload(weights, into: taskWeights)
        let mean = try backend.makeVectors(taskCount: 1, width: columns.count)
        try backend.trimmedMean(of: vectors, weights: taskWeights, share: share, into: mean)
        return try backend.download(mean)
    }
}
