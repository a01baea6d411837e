import Compute
import Definitions
import TestSupport
import Testing

@Suite("Nearest center")
struct SlowNearestCenterTests {
    @Test("is the center of the least distance", arguments: Candidate.all, [0, 1, 8, 33, 513, 2100])
    func isNearest(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkNearest($0, taskCount: taskCount)
        } float: {
            try checkNearest($0, taskCount: taskCount)
        }
    }

    private func checkNearest<B: Backend>(_ backend: B, taskCount: Int) throws {
        for (width, centerCount) in [(1, 1), (1, 5), (6, 3), (20, 17)] {
            var stream = TestStream(seed: UInt64(taskCount + width))
            let number = { (_: Int) in Double(B.Scalar(stream.symmetric())) }
            let vectors = (0..<taskCount).map { _ in (0..<width).map(number) }
            let centers = (0..<centerCount).map { _ in (0..<width).map(number) }
            let found = try nearest(on: backend, vectors, centers)
            for (task, vector) in vectors.enumerated() {
                let expected = Definitions.squaredDistances(vector, centers: centers)
                let least = expected.min() ?? 0
                // Each term is rounded three times, the sum once a term.
                let tolerance = Double(width + 3) * Double(B.Scalar.ulpOfOne)
                #expect(abs(found.distances[task] - least) <= tolerance * least)
                #expect(expected[Int(found.labels[task])] <= least * (1 + 2 * tolerance))
            }
        }
    }

    @Test("is the first of several at the same distance, and none for NaN", arguments: Candidate.all)
    func ties(candidate: Candidate) throws {
        try candidate.run {
            try checkTies($0)
        } float: {
            try checkTies($0)
        }
    }

    private func checkTies<B: Backend>(_ backend: B) throws {
        let centers: [[Double]] = [[.nan, 0], [-1, 0], [1, 0], [1, 0], [0, 3]]
        let cases: [(vector: [Double], label: Double, distance: Double)] = [
            ([0, 0], 1, 1), ([0, 1], 1, 2), ([0.5, 0], 2, 0.25), ([0, 3], 4, 0), ([.infinity, 0], 1, .infinity),
        ]
        let vectors = (0..<40).map { cases[$0 % cases.count].vector }
        let found = try nearest(on: backend, vectors, centers)
        #expect(found.labels == (0..<40).map { cases[$0 % cases.count].label })
        #expect(found.distances == (0..<40).map { cases[$0 % cases.count].distance })
        let none = try nearest(on: backend, [[.nan, 1], [2, .nan]], centers)
        #expect(none.labels == [-1, -1] && none.distances.allSatisfy(\.isNaN))
    }

    @Test("and sums by label keep centers that are the means of their tasks", arguments: Candidate.all)
    func fixedPoint(candidate: Candidate) throws {
        try candidate.run {
            try checkFixedPoint($0)
        } float: {
            try checkFixedPoint($0)
        }
    }

    private func checkFixedPoint<B: Backend>(_ backend: B) throws {
        // Four tasks around each center, at whole distances: all sums are exact.
        let centers: [[Double]] = [[0, 0], [100, 0], [0, 100]]
        let vectors = (0..<1200).map { task -> [Double] in
            let center = centers[task % 3]
            let step = [[1.0, 0], [-1, 0], [0, 2], [0, -2]][task / 3 % 4]
            return [center[0] + step[0], center[1] + step[1]]
        }
        let values = try backend.makeVectors(taskCount: 1200, width: 2)
        try backend.upload(vectors.flatMap { $0 }, into: values)
        let constants = try backend.makeVectors(taskCount: 1, columnCount: 3, width: 2)
        try backend.upload(centers.flatMap { $0 }, into: constants)
        let labels = try backend.makeVectors(taskCount: 1200, width: 1)
        let distances = try backend.makeVectors(taskCount: 1200, width: 1)
        try backend.nearestCenter(of: values, centers: constants, distances: distances, into: labels)
        let weights = try backend.makeVectors(taskCount: 1200, width: 1)
        try backend.upload(Array(repeating: 1, count: 1200), into: weights)
        try backend.weightedSum(of: values, weights: weights, labels: labels, into: constants)
        #expect(try backend.download(constants) == centers.flatMap { $0.map { 400 * $0 } })
    }

    private func nearest<B: Backend>(
        on backend: B, _ vectors: [[Double]], _ centers: [[Double]]
    ) throws -> (labels: [Double], distances: [Double]) {
        let width = centers[0].count
        let values = try backend.makeVectors(taskCount: vectors.count, width: width)
        try backend.upload(vectors.flatMap { $0 }, into: values)
        let constants = try backend.makeVectors(taskCount: 1, columnCount: centers.count, width: width)
        try backend.upload(centers.flatMap { $0 }, into: constants)
        let labels = try backend.makeVectors(taskCount: vectors.count, width: 1)
        let distances = try backend.makeVectors(taskCount: vectors.count, width: 1)
        try backend.nearestCenter(of: values, centers: constants, distances: distances, into: labels)
        return (try backend.download(labels), try backend.download(distances))
    }
}
