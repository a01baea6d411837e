import Compute
import Definitions
import TestSupport
import Testing

@Suite("Weighted quantile")
struct SlowWeightedQuantileTests {
    /// Tasks and values a task: none, one, few, and both sides of a pack, a block of packs, the direct path and a run.
    static let shapes: [(Int, Int)] = [
        (0, 2), (1, 3), (2, 1), (7, 2), (8, 1), (33, 5), (511, 1), (513, 3), (2048, 2), (2049, 9), (5000, 3),
        (6000, 20), (20_000, 1),
    ]

    @Test("is what its definition says", arguments: Candidate.all, shapes)
    func matchesDefinition(candidate: Candidate, shape: (Int, Int)) throws {
        try candidate.run {
            try checkDefinition($0, taskCount: shape.0, width: shape.1)
        } float: {
            try checkDefinition($0, taskCount: shape.0, width: shape.1)
        }
    }

    private func checkDefinition<B: Backend>(_ backend: B, taskCount: Int, width: Int) throws {
        for sample in Sample.all(taskCount: taskCount, width: width, as: B.Scalar.self) {
            for (share, tie) in [
                (0.5, TieRule.midpoint), (0.5, .lower), (0.5, .upper), (0.1, .midpoint), (0, .lower), (1, .upper),
            ] {
                let found = try quantile(on: backend, sample, at: share, tie: tie)
                let expected = (0..<width).map { column in
                    B.Scalar(
                        Definitions.weightedQuantile(
                            sample.column(column), weights: sample.weights, at: share, tie: tie))
                }
                for (one, other) in zip(found, expected) {
                    let bothNaN = one.isNaN && other.isNaN
                    #expect(bothNaN || B.Scalar(one) == other, "\(sample.name), \(share), \(tie)")
                }
            }
        }
    }

    @Test("has the same bits on every backend", arguments: shapes, [true, false])
    func sameBits(shape: (Int, Int), isDouble: Bool) throws {
        var results: [[UInt64]] = []
        for candidate in Candidate.all where candidate.isDouble == isDouble {
            try candidate.run {
                results.append(try bits($0, taskCount: shape.0, width: shape.1))
            } float: {
                results.append(try bits($0, taskCount: shape.0, width: shape.1))
            }
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    private func bits<B: Backend>(_ backend: B, taskCount: Int, width: Int) throws -> [UInt64] {
        try Sample.all(taskCount: taskCount, width: width, as: B.Scalar.self).flatMap { sample in
            try [0.5, 0.25].flatMap { try quantile(on: backend, sample, at: $0).map(\.bitPattern) }
        }
    }

    @Test("minimises the weighted distance to all values at one half", arguments: Candidate.all)
    func minimises(candidate: Candidate) throws {
        try candidate.run {
            try checkMinimum($0)
        } float: {
            try checkMinimum($0)
        }
    }

    private func checkMinimum<B: Backend>(_ backend: B) throws {
        for taskCount in [1, 2, 5, 60, 301] {
            for sample in Sample.all(taskCount: taskCount, width: 2, as: B.Scalar.self) where !sample.hasInfinities {
                let found = try quantile(on: backend, sample, at: 0.5)
                for column in 0..<2 {
                    let values = sample.column(column)
                    func distance(to center: Double) -> Double {
                        zip(values, sample.weights).reduce(0) { $0 + ($1.1 > 0 ? $1.1 * abs($1.0 - center) : 0) }
                    }
                    let least = distance(to: found[column])
                    let rounding = Double(taskCount + 2) * Double(B.Scalar.ulpOfOne) * (least + distance(to: 0))
                    #expect(values.allSatisfy { $0.isNaN || least <= distance(to: $0) + rounding }, "\(sample.name)")
                }
            }
        }
    }

    @Test("counts a task of weight 2 as two", arguments: Candidate.all)
    func countsCopies(candidate: Candidate) throws {
        try candidate.run {
            try checkCopies($0)
        } float: {
            try checkCopies($0)
        }
    }

    private func checkCopies<B: Backend>(_ backend: B) throws {
        for taskCount in [3, 40, 2100] {
            for sample in Sample.all(taskCount: taskCount, width: 2, as: B.Scalar.self) {
                let copies = sample.tasks(of: Array(0..<taskCount) + Array(0..<taskCount))
                let doubled = Sample(name: "", width: 2, values: sample.values, weights: sample.weights.map { 2 * $0 })
                let found = try quantile(on: backend, doubled, at: 0.5)
                #expect(try quantile(on: backend, copies, at: 0.5).map(\.bitPattern) == found.map(\.bitPattern))
            }
        }
    }

    @Test("does not depend on the order of tasks nor on the unit of weights", arguments: Candidate.all)
    func isInvariant(candidate: Candidate) throws {
        try candidate.run {
            try checkInvariance($0)
        } float: {
            try checkInvariance($0)
        }
    }

    private func checkInvariance<B: Backend>(_ backend: B) throws {
        for taskCount in [2, 37, 4000] {
            var stream = TestStream(seed: 5)
            let order = Array(0..<taskCount).shuffled(using: &stream)
            for sample in Sample.all(taskCount: taskCount, width: 2, as: B.Scalar.self) {
                let found = try quantile(on: backend, sample, at: 0.5).map(\.bitPattern)
                #expect(try quantile(on: backend, sample.tasks(of: order), at: 0.5).map(\.bitPattern) == found)
                for unit in [0.25, 1024, 3, 1e-30, 1e25] {
                    let scaled = Sample(
                        name: "", width: 2, values: sample.values,
                        weights: sample.weights.map { Double(B.Scalar(unit * $0)) })
                    let other = try quantile(on: backend, scaled, at: 0.5).map(\.bitPattern)
                    #expect(other == found, "\(sample.name) x \(unit)")
                }
            }
        }
    }

    @Test("stays among the clean values when less than half the weight is corrupt", arguments: Candidate.all)
    func breakdown(candidate: Candidate) throws {
        try candidate.run {
            try checkBreakdown($0)
        } float: {
            try checkBreakdown($0)
        }
    }

    private func checkBreakdown<B: Backend>(_ backend: B) throws {
        for taskCount in [3, 21, 3001] {
            for corrupt in [Double.infinity, -.infinity, 1e30] {
                let values = (0..<taskCount).map { $0 < taskCount / 2 ? corrupt : Double($0 % 10) }
                let sample = Sample(name: "", width: 1, values: values, weights: values.map { _ in 3 })
                let found = try quantile(on: backend, sample, at: 0.5)[0]
                #expect(found >= 0 && found <= 9)
            }
        }
    }

    @Test("says NaN where a task of positive weight does, and for weights that are none", arguments: Candidate.all)
    func notANumber(candidate: Candidate) throws {
        try candidate.run {
            try checkNaN($0)
        } float: {
            try checkNaN($0)
        }
    }

    private func checkNaN<B: Backend>(_ backend: B) throws {
        for taskCount in [3, 3000] {
            var values = (0..<2 * taskCount).map { Double($0 / 2) }
            values[2] = .nan
            let ones = Array(repeating: 1.0, count: taskCount)
            let sample = Sample(name: "", width: 2, values: values, weights: ones)
            let found = try quantile(on: backend, sample, at: 0.5)
            #expect(found[0].isNaN && found[1] == Double(taskCount - 1) / 2)
            for weight in [-1, .nan, .infinity] {
                let bad = Sample(name: "", width: 2, values: values, weights: [weight] + ones.dropFirst())
                #expect(try quantile(on: backend, bad, at: 0.5).allSatisfy(\.isNaN))
            }
            let none = Sample(name: "", width: 2, values: values, weights: ones.map { _ in 0 })
            #expect(try quantile(on: backend, none, at: 0.5).allSatisfy(\.isNaN))
        }
    }

    @Test("takes a sum that equals the share up to rounding for a tie", arguments: Candidate.all)
    func roundedTies(candidate: Candidate) throws {
        try candidate.run {
            try checkRoundedTies($0)
        } float: {
            try checkRoundedTies($0)
        }
    }

    private func checkRoundedTies<B: Backend>(_ backend: B) throws {
        let thirds = Sample(
            name: "", width: 1, values: [1, 2, 4], weights: [0.1, 0.2, 0.3].map { Double(B.Scalar($0)) })
        #expect(try quantile(on: backend, thirds, at: 0.5) == [3])
        #expect(try quantile(on: backend, thirds, at: 0.5, tie: .lower) == [2])
        #expect(try quantile(on: backend, thirds, at: 0.5, tie: .upper) == [4])
        let ten = Sample(name: "", width: 1, values: (0..<10).map(Double.init), weights: Array(repeating: 1, count: 10))
        for tenth in 1..<10 {
            #expect(try quantile(on: backend, ten, at: Double(tenth) / 10) == [Double(tenth) - 0.5])
        }
    }

    @Test("is the published one in worked cases", arguments: Candidate.all)
    func workedCases(candidate: Candidate) throws {
        try candidate.run {
            try checkWorkedCases($0)
        } float: {
            try checkWorkedCases($0)
        }
    }

    private func checkWorkedCases<B: Backend>(_ backend: B) throws {
        let cases: [([Double], [Double], Double)] = [
            ([1, 2, 3, 4], [1, 1, 1, 1], 2.5), ([1, 2, 10], [1, 1, 3], 10), ([5, 5, 5], [1, 1, 1], 5),
            ([1, 9], [2, 1], 1), ([-0.0], [1], 0), ([-.infinity, -.infinity, 1], [1, 1, 1], -.infinity),
        ]
        for (values, weights, expected) in cases {
            let found = try quantile(on: backend, Sample(name: "", width: 1, values: values, weights: weights), at: 0.5)
            #expect(found.map(\.bitPattern) == [expected.bitPattern])
        }
    }

    private func quantile<B: Backend>(
        on backend: B, _ sample: Sample, at share: Double, tie: TieRule = .midpoint
    ) throws -> [Double] {
        let vectors = try backend.makeVectors(taskCount: sample.weights.count, width: sample.width)
        try backend.upload(sample.values, into: vectors)
        let weights = try backend.makeVectors(taskCount: sample.weights.count, width: 1)
        try backend.upload(sample.weights, into: weights)
        let result = try backend.makeVectors(taskCount: 1, width: sample.width)
        try backend.weightedQuantile(of: vectors, weights: weights, at: share, tie: tie, into: result)
        return try backend.download(result)
    }
}

/// Values and weights of tasks.
private struct Sample {
    let name: String
    let width: Int
    /// By task.
    let values: [Double]
    let weights: [Double]

    var hasInfinities: Bool { values.contains { $0.isInfinite } }

    func column(_ column: Int) -> [Double] { weights.indices.map { values[$0 * width + column] } }

    func tasks(of order: [Int]) -> Sample {
        Sample(
            name: name, width: width, values: order.flatMap { values[$0 * width..<($0 + 1) * width] },
            weights: order.map { weights[$0] })
    }

    /// Plain values; many that are the same; sorted ones; zeros of both signs and infinities; a task that outweighs all
    /// others; weights that are mostly 0, and whole or not.
    static func all<Scalar: LaneScalar>(taskCount: Int, width: Int, as scalar: Scalar.Type) -> [Sample] {
        func sample(
            _ name: String, _ value: (Int, inout TestStream) -> Double, _ weight: (Int, inout TestStream) -> Double
        )
            -> Sample
        {
            var stream = TestStream(seed: UInt64(taskCount * 10 + width))
            return Sample(
                name: name, width: width,
                values: (0..<taskCount * width).map { Double(Scalar(value($0 / width, &stream))) },
                weights: (0..<taskCount).map { Double(Scalar(weight($0, &stream))) })
        }
        let plain = { (_: Int, stream: inout TestStream) in stream.symmetric() }
        let one = { (_: Int, _: inout TestStream) in 1.0 }
        let whole = { (_: Int, stream: inout TestStream) in (20 + 20 * stream.symmetric()).rounded() }
        let real = { (_: Int, stream: inout TestStream) in 1.5 + stream.symmetric() }
        return [
            sample("plain", plain, one), sample("whole weights", plain, whole), sample("real weights", plain, real),
            sample("few values", { _, stream in (stream.symmetric() * 2).rounded() }, whole),
            sample("two values", { task, stream in task % 7 < 4 ? 0 : 1 }, one),
            sample("sorted", { task, _ in Double(task) }, whole),
            sample(
                "zeros and infinities",
                { task, stream in task % 3 == 0 ? 0.0 : task % 3 == 1 ? -0.0 : stream.symmetric() > 0 ? .infinity : -1
                },
                whole),
            sample("one outweighs all", plain) { task, _ in task == taskCount / 3 ? 1e6 : 2 },
            sample(
                "few tasks present", { task, stream in task % 5 == 0 ? stream.symmetric() : .nan },
                { task, _ in task % 5 == 0 ? 1 : 0 }),
        ]
    }
}
