import Compute
import Definitions
import TestSupport
import Testing

@Suite("Weighted sum by label")
struct SlowLabelSumTests {
    @Test("is the sum of w v over each label's tasks", arguments: Candidate.all, [0, 1, 8, 33, 513, 5000])
    func sums(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkSums($0, taskCount: taskCount)
        } float: {
            try checkSums($0, taskCount: taskCount)
        }
    }

    private func checkSums<B: Backend>(_ backend: B, taskCount: Int) throws {
        for (width, labelCount) in [(1, 1), (3, 4), (5, 40)] {
            var stream = TestStream(seed: UInt64(taskCount + width))
            var values = (0..<taskCount * width).map { _ in Double(B.Scalar(stream.symmetric())) }
            var weights = (0..<taskCount).map { _ in Double(B.Scalar(1 + stream.symmetric())) }
            var labels = (0..<taskCount).map { _ in ((1 + stream.symmetric()) * Double(labelCount) / 2 - 0.5).rounded()
            }
            for task in stride(from: 0, to: taskCount, by: 6) {
                if task % 4 == 0 { labels[task] = [-1, .nan, Double(labelCount), .infinity, 1e30][task / 6 % 5] }
                if task % 4 == 2 { weights[task] = 0 }
                values[task * width] = .nan
            }
            let vectors = (0..<taskCount).map { Array(values[$0 * width..<($0 + 1) * width]) }
            let found = try sums(on: backend, vectors, weights: weights, labels: labels, labelCount, width)
            let expected = Definitions.weightedSum(vectors, weights: weights, labels: labels, labelCount: labelCount)
            let tolerance = Double(B.Scalar.ulpOfOne) + Double(taskCount + 1) * Double.ulpOfOne
            for (one, other) in zip(found, expected.flatMap { $0.isEmpty ? Array(repeating: 0, count: width) : $0 }) {
                #expect(abs(one - other) <= tolerance * weights.reduce(0, +))
            }
        }
    }

    @Test("gives the weighted sum when all tasks share a label", arguments: Candidate.all)
    func oneLabel(candidate: Candidate) throws {
        try candidate.run {
            try checkOneLabel($0)
        } float: {
            try checkOneLabel($0)
        }
    }

    private func checkOneLabel<B: Backend>(_ backend: B) throws {
        // Whole numbers below 2^24: exact in any order.
        let vectors = (0..<3000).map { [Double($0 % 17), Double($0 % 5)] }
        let weights = (0..<3000).map { Double($0 % 4) }
        let found = try sums(on: backend, vectors, weights: weights, labels: weights.map { _ in 1 }, 2, 2)
        #expect(found == [0, 0] + Definitions.weightedSum(vectors, weights: weights))
    }

    private func sums<B: Backend>(
        on backend: B, _ vectors: [[Double]], weights: [Double], labels: [Double], _ labelCount: Int, _ width: Int
    ) throws -> [Double] {
        let values = try backend.makeVectors(taskCount: weights.count, width: width)
        try backend.upload(vectors.flatMap { $0 }, into: values)
        let taskWeights = try backend.makeVectors(taskCount: weights.count, width: 1)
        try backend.upload(weights, into: taskWeights)
        let taskLabels = try backend.makeVectors(taskCount: weights.count, width: 1)
        try backend.upload(labels, into: taskLabels)
        let sums = try backend.makeVectors(taskCount: 1, columnCount: labelCount, width: width)
        // What the sums held before is not added to.
        try backend.upload(Array(repeating: 7, count: labelCount * width), into: sums)
        try backend.weightedSum(of: values, weights: taskWeights, labels: taskLabels, into: sums)
        return try backend.download(sums)
    }
}
