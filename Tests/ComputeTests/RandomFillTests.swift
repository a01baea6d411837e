import Compute
import Definitions
import Foundation
import TestSupport
import Testing

@Suite("Random fills")
struct SlowRandomFillTests {
    /// Tasks and values a task: nothing, one, both sides of a pack, of a run of values and of a block of packs.
    static let shapes = [(0, 3), (1, 1), (1, 8300), (7, 65), (8, 64), (17, 9), (33, 63), (1030, 2), (2100, 1)]

    static var stream: RandomStream { RandomStream(seed: 0x1234_5678_9abc_def0, purpose: .check) }

    private enum Kind { case words, uniform, normal }

    private static func draw<B: Backend>(
        _ kind: Kind, _ stream: RandomStream, on backend: B, taskCount: Int, width: Int
    ) throws -> [Double] {
        let vectors = try backend.makeVectors(taskCount: taskCount, width: width)
        switch kind {
        case .words: try backend.fillWords(stream, into: vectors)
        case .uniform: try backend.fillUniform(stream, into: vectors)
        case .normal: try backend.fillNormal(stream, into: vectors)
        }
        return try backend.download(vectors)
    }

    private static func bits<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Int { Scalar.significandBitCount + 1 }

    @Test("write the published words", arguments: Candidate.all, KnownAnswer.all)
    func knownWords(candidate: Candidate, answer: KnownAnswer) throws {
        #expect(
            Definitions.philox(counter: (0..<4).map { answer.counter[$0] }, key: [answer.key[0], answer.key[1]])
                == (0..<4).map { answer.words[$0] })
        var found: [Double] = []
        try candidate.run {
            found = try Self.draw(.words, answer.stream, on: $0, taskCount: 1, width: 8)
        } float: {
            found = try Self.draw(.words, answer.stream, on: $0, taskCount: 1, width: 8)
        }
        #expect(found == answer.halves)
    }

    @Test("write each task's words", arguments: Candidate.all)
    func words(candidate: Candidate) throws {
        try candidate.run {
            try checkWords($0)
        } float: {
            try checkWords($0)
        }
    }

    private func checkWords<B: Backend>(_ backend: B) throws {
        for (taskCount, width) in Self.shapes {
            let found = try Self.draw(.words, Self.stream, on: backend, taskCount: taskCount, width: width)
            let blocks = Definitions.draws(Self.stream, taskCount: taskCount, width: (width + 7) / 8) { $0 }
            for task in 0..<taskCount {
                for value in 0..<width {
                    let word = blocks[task * ((width + 7) / 8) + value / 8][value % 8 / 2]
                    let half = value % 2 == 0 ? word & 0xffff : word >> 16
                    #expect(found[task * width + value] == Double(half))
                }
            }
        }
    }

    @Test("write the uniforms of the definition, exactly", arguments: Candidate.all)
    func uniforms(candidate: Candidate) throws {
        try candidate.run {
            try checkUniforms($0)
        } float: {
            try checkUniforms($0)
        }
    }

    private func checkUniforms<B: Backend>(_ backend: B) throws {
        let bits = Self.bits(of: B.Scalar.self)
        for (taskCount, width) in Self.shapes {
            let found = try Self.draw(.uniform, Self.stream, on: backend, taskCount: taskCount, width: width)
            let expected = Definitions.draws(Self.stream, taskCount: taskCount, width: width) {
                Definitions.uniform($0, bits: bits)
            }
            #expect(found == expected)
        }
    }

    @Test("write the normal quantiles of the uniforms", arguments: Candidate.all)
    func normals(candidate: Candidate) throws {
        try candidate.run {
            try checkNormals($0)
        } float: {
            try checkNormals($0)
        }
    }

    private func checkNormals<B: Backend>(_ backend: B) throws {
        let bits = Self.bits(of: B.Scalar.self)
        for (taskCount, width) in Self.shapes where taskCount * width < 3000 {
            let found = try Self.draw(.normal, Self.stream, on: backend, taskCount: taskCount, width: width)
            let expected = Definitions.draws(Self.stream, taskCount: taskCount, width: width) {
                Definitions.normalQuantile(Definitions.uniform($0, bits: bits))
            }
            #expect(found.count == expected.count)
            for (one, other) in zip(found, expected) {
                #expect(abs(one - other) <= Definitions.normalAccuracy(of: B.Scalar.self) * abs(other))
            }
        }
    }

    /// Where a stream is so far in its tails that AS 241's third range is reached, which happens once in 4e10 draws.
    static let farTails: [(task: UInt32, position: UInt32)] = [
        (22, 2_729_756_353), (28, 3_246_286_496), (27, 989_033_157),
    ]

    @Test("reach the far tails", arguments: Candidate.all.filter(\.isDouble), farTails.indices)
    func far(candidate: Candidate, index: Int) throws {
        let tail = Self.farTails[index]
        var stream = RandomStream(seed: 241, purpose: .check)
        // In the last lane of a pack whose other lanes are near the centre.
        stream.firstTask = tail.task - 7
        stream.firstPosition = tail.position
        var found: [Double] = []
        try candidate.run {
            found = try Self.draw(.normal, stream, on: $0, taskCount: 8, width: 1)
        } float: { _ in
        }
        let expected = Definitions.draws(stream, taskCount: 8, width: 1) {
            Definitions.normalQuantile(Definitions.uniform($0, bits: 53))
        }
        #expect(abs(expected[7]) > 6.6)
        for (one, other) in zip(found, expected) {
            #expect(abs(one - other) <= Definitions.normalAccuracy(of: Double.self) * abs(other))
        }
    }

    @Test("give every backend the same bits, where it rounds correctly", arguments: Candidate.all)
    func sameBits(candidate: Candidate) throws {
        try candidate.run {
            try checkBits($0, isDouble: true)
        } float: {
            try checkBits($0, isDouble: false)
        }
    }

    private func checkBits<B: Backend>(_ backend: B, isDouble: Bool) throws {
        guard try roundsCorrectly(backend) else { return }
        func check(_ stream: RandomStream, taskCount: Int, width: Int) throws {
            let found = try Self.draw(.normal, stream, on: backend, taskCount: taskCount, width: width)
            var expected: [Double] = []
            try Candidate(kind: .oneThread, isDouble: isDouble).run {
                expected = try Self.draw(.normal, stream, on: $0, taskCount: taskCount, width: width)
            } float: {
                expected = try Self.draw(.normal, stream, on: $0, taskCount: taskCount, width: width)
            }
            #expect(found == expected)
        }
        for (taskCount, width) in Self.shapes { try check(Self.stream, taskCount: taskCount, width: width) }
        for tail in Self.farTails {
            var stream = RandomStream(seed: 241, purpose: .check)
            stream.firstTask = tail.task
            stream.firstPosition = tail.position
            try check(stream, taskCount: 2, width: 1)
        }
    }

    @Test("do not depend on the tasks and values that are drawn with them", arguments: Candidate.all)
    func pieces(candidate: Candidate) throws {
        try candidate.run {
            try checkPieces($0)
        } float: {
            try checkPieces($0)
        }
    }

    private func checkPieces<B: Backend>(_ backend: B) throws {
        let (taskCount, width) = (1100, 5)
        let whole = try Self.draw(.normal, Self.stream, on: backend, taskCount: taskCount, width: width)
        for (firstTask, tasks, first, count) in [(0, 1, 0, 5), (3, 600, 0, 5), (1090, 10, 2, 3), (513, 33, 4, 1)] {
            var piece = Self.stream
            piece.firstTask = UInt32(firstTask)
            piece.firstPosition = UInt32(first)
            let found = try Self.draw(.normal, piece, on: backend, taskCount: tasks, width: count)
            let expected = (0..<tasks).flatMap { task in
                let start = (firstTask + task) * width + first
                return whole[start..<start + count]
            }
            #expect(found == expected)
        }
    }

    @Test("fill a view and leave its neighbours", arguments: Candidate.all)
    func views(candidate: Candidate) throws {
        try candidate.run {
            try checkViews($0)
        } float: {
            try checkViews($0)
        }
    }

    private func checkViews<B: Backend>(_ backend: B) throws {
        let moments = try backend.makeMoments(taskCount: 40, featureCount: 3)
        try backend.fillNormal(Self.stream, into: moments.cross)
        let joint = try backend.download(moments.joint.triangles)
        let drawn = try Self.draw(.normal, Self.stream, on: backend, taskCount: 40, width: 3)
        for task in 0..<40 {
            let entries = Array(joint[task * 10..<(task + 1) * 10])
            #expect(Array(entries[6..<9]) == Array(drawn[task * 3..<(task + 1) * 3]))
            #expect(entries[..<6].allSatisfy { $0 == 0 } && entries[9] == 0)
        }
    }

    // MARK: Distribution

    /// Draws of all tests below. A bound that each statistic passes with a probability of about 1e-6.
    private static let (taskCount, width) = (1000, 100)
    private static let normalBound = 4.9

    @Test("are uniform and normal by Kolmogorov and Smirnov's distance", arguments: Candidate.all)
    func distribution(candidate: Candidate) throws {
        try candidate.run {
            try checkDistribution($0)
        } float: {
            try checkDistribution($0)
        }
    }

    private func checkDistribution<B: Backend>(_ backend: B) throws {
        let count = Double(Self.taskCount * Self.width)
        // Massart: P(D > d) <= 2 exp(-2 n d^2), for every n.
        let bound = (log(2 / 1e-6) / (2 * count)).squareRoot()
        let uniforms = try Self.draw(
            .uniform, Self.stream, on: backend, taskCount: Self.taskCount, width: Self.width)
        #expect(Self.distance(uniforms) { $0 } <= bound)
        let normals = try Self.draw(.normal, Self.stream, on: backend, taskCount: Self.taskCount, width: Self.width)
        #expect(Self.distance(normals) { erfc(-$0 / 2.0.squareRoot()) / 2 } <= bound)
    }

    /// The largest distance between the share of values up to one and the probability of that.
    private static func distance(_ values: [Double], _ cumulative: (Double) -> Double) -> Double {
        let count = Double(values.count)
        return values.sorted().enumerated().reduce(0) { largest, element in
            let probability = cumulative(element.element)
            let index = Double(element.offset)
            return max(largest, probability - index / count, (index + 1) / count - probability)
        }
    }

    @Test("have the moments of the normal", arguments: Candidate.all)
    func moments(candidate: Candidate) throws {
        try candidate.run {
            try checkMoments($0)
        } float: {
            try checkMoments($0)
        }
    }

    private func checkMoments<B: Backend>(_ backend: B) throws {
        let normals = try Self.draw(.normal, Self.stream, on: backend, taskCount: Self.taskCount, width: Self.width)
        // E z^k, and the variance of z^k.
        for (power, mean, variance) in [(1.0, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)] {
            let found = normals.reduce(0) { $0 + pow($1, power) } / Double(normals.count)
            #expect(abs(found - mean) <= Self.normalBound * (variance / Double(normals.count)).squareRoot())
        }
    }

    @Test("are not correlated between neighbouring streams, tasks and positions")
    func correlations() throws {
        let backend = try #require(Candidate.all.first { $0.isDouble })
        try backend.run {
            try checkCorrelations($0)
        } float: { _ in
        }
    }

    private func checkCorrelations<B: Backend>(_ backend: B) throws {
        func draw(_ change: (inout RandomStream) -> Void) throws -> [Double] {
            var stream = RandomStream(seed: 5, purpose: .design, replication: 8, cell: 2)
            change(&stream)
            return try Self.draw(.normal, stream, on: backend, taskCount: Self.taskCount, width: Self.width)
        }
        let base = try draw { _ in }
        let neighbours = try [
            draw { $0.seed += 1 }, draw { $0.seed += 1 << 32 }, draw { $0.purpose = .noise },
            draw { $0.replication += 1 }, draw { $0.cell += 1 }, draw { $0.firstTask = 1 },
            draw { $0.firstPosition = 1 },
        ]
        for other in neighbours {
            let sum = zip(base, other).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(sum) <= Self.normalBound * Double(base.count).squareRoot())
        }
    }
}
