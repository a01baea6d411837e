import Compute
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    /// `kat_vectors` of Random123: philox4x32, 10 rounds.
    struct KnownAnswer: Sendable, CustomStringConvertible {
        let counter: SIMD4<UInt32>
        let key: SIMD2<UInt32>
        let words: SIMD4<UInt32>

        var description: String { "counter \(counter)" }

        /// The stream whose first position of its first task has this counter.
        var stream: RandomStream {
            var stream = RandomStream(
                seed: UInt64(key[1]) << 32 | UInt64(key[0]), purpose: RandomPurpose(rawValue: UInt8(counter[3] >> 24)),
                replication: counter[2], cell: counter[3] & 0xff_ffff)
            stream.firstPosition = counter[0]
            stream.firstTask = counter[1]
            return stream
        }

        static let all = [
            KnownAnswer(
                counter: .zero, key: .zero, words: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
            KnownAnswer(
                counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max),
                words: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
            KnownAnswer(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
                key: SIMD2(0xa409_3822, 0x299f_31d0),
                words: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
        ]
    }

    @Test("have the published words", arguments: KnownAnswer.all)
    func knownAnswers(answer: KnownAnswer) {
        #expect(Philox.words(counter: answer.counter, key: answer.key) == answer.words)
        #expect(answer.stream.words(task: 0, position: 0) == answer.words)
    }

    @Test("count tasks and positions from the first")
    func firstTaskAndPosition() {
        let stream = RandomStream(seed: 7, purpose: .design, replication: 3, cell: 11)
        var later = stream
        later.firstTask = 5
        later.firstPosition = 2
        #expect(later.words(task: 4, position: 6) == stream.words(task: 9, position: 8))
    }

    @Test("differ between seeds, purposes, replications, cells, tasks and positions")
    func distinctAddresses() {
        var streams = [RandomStream(seed: 1, purpose: .design)]
        streams.append(RandomStream(seed: 2, purpose: .design))
        streams.append(RandomStream(seed: 1 << 32 | 1, purpose: .design))
        streams.append(RandomStream(seed: 1, purpose: .noise))
        streams.append(RandomStream(seed: 1, purpose: .design, replication: 1))
        streams.append(RandomStream(seed: 1, purpose: .design, cell: 1))
        var blocks: Set<SIMD4<UInt32>> = []
        for stream in streams {
            for task in 0..<20 {
                for position in 0..<20 { blocks.insert(stream.words(task: task, position: position)) }
            }
        }
        #expect(blocks.count == streams.count * 20 * 20)
    }
}
