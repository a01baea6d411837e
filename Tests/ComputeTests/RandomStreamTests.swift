import Compute
import Definitions
import Testing

@Suite("Random streams")
struct RandomStreamTests {
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
