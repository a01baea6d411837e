internal import Compute
import Definitions

/// Streams of a check, each with how many tasks and values are drawn of it: both sides of a pack.
private let drawn: [(stream: RandomStream, taskCount: Int, width: Int)] = {
    let stream = RandomStream(seed: 0x1234_5678_9abc_def0, purpose: .check)
    return [(stream, 1, 1), (stream, 33, 9)]
}()

/// The published words, and those of each task and position.
struct WordsCheck: OperationCheck {
    var name: String { "fillWords" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for answer in KnownAnswer.all {
            let vectors = try backend.makeVectors(taskCount: 1, width: 8)
            try backend.fillWords(answer.stream, into: vectors)
            comparison.compare(try backend.download(vectors), with: answer.halves, within: 0)
        }
        for (stream, taskCount, positions) in drawn {
            let vectors = try backend.makeVectors(taskCount: taskCount, width: 8 * positions)
            try backend.fillWords(stream, into: vectors)
            let expected = Definitions.draws(stream, taskCount: taskCount, width: positions) { words in
                words.flatMap { [Double($0 & 0xffff), Double($0 >> 16)] }
            }
            comparison.compare(try backend.download(vectors), with: expected.flatMap { $0 }, within: 0)
        }
    }
}

/// Uniforms, exact.
struct UniformCheck: OperationCheck {
    var name: String { "fillUniform" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for (stream, taskCount, width) in drawn {
            let vectors = try backend.makeVectors(taskCount: taskCount, width: width)
            try backend.fillUniform(stream, into: vectors)
            let expected = Definitions.draws(stream, taskCount: taskCount, width: width) {
                Definitions.uniform($0, bits: B.Scalar.significandBitCount + 1)
            }
            comparison.compare(try backend.download(vectors), with: expected, within: 0)
        }
    }
}

/// Normals: to their accuracy, and to the bit where the device rounds correctly.
struct NormalCheck: OperationCheck {
    var name: String { "fillNormal" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        let isExact = try roundsCorrectly(backend)
        for (stream, taskCount, width) in drawn + Self.tails {
            let vectors = try backend.makeVectors(taskCount: taskCount, width: width)
            try backend.fillNormal(stream, into: vectors)
            let uniforms = Definitions.draws(stream, taskCount: taskCount, width: width) {
                Definitions.uniform($0, bits: B.Scalar.significandBitCount + 1)
            }
            for (found, uniform) in zip(try backend.download(vectors), uniforms) {
                let expected = Definitions.normalQuantile(uniform)
                let tolerance = Definitions.normalAccuracy(of: B.Scalar.self) * abs(expected)
                comparison.compare(found, with: expected, within: tolerance)
                if isExact {
                    let exact = B.Scalar.normalQuantiles(B.Scalar.Lanes(repeating: B.Scalar(uniform)))[0]
                    comparison.compare(found, with: Double(exact), within: 0)
                }
            }
        }
    }

    /// Where a stream is so far in its tail that AS 241's third range is reached.
    private static let tails: [(stream: RandomStream, taskCount: Int, width: Int)] = {
        var stream = RandomStream(seed: 241, purpose: .check)
        stream.firstTask = 15
        stream.firstPosition = 2_729_756_353
        return [(stream, 8, 1)]
    }()
}
