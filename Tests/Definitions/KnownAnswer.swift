package import Compute

/// Words that Philox4x32-10 is published to give: `kat_vectors` of Random123.
package struct KnownAnswer: Sendable, CustomStringConvertible {
    package let counter: SIMD4<UInt32>
    package let key: SIMD2<UInt32>
    package let words: SIMD4<UInt32>

    package var description: String { "counter \(counter)" }

    /// The stream whose first position of its first task has this counter.
    package var stream: RandomStream {
        var stream = RandomStream(
            seed: UInt64(key[1]) << 32 | UInt64(key[0]), purpose: RandomPurpose(rawValue: UInt8(counter[3] >> 24)),
            replication: counter[2], cell: counter[3] & 0xff_ffff)
        stream.firstPosition = counter[0]
        stream.firstTask = counter[1]
        return stream
    }

    /// The words as `fillWords` writes them: 16 bits a value, the low half of each first.
    package var halves: [Double] { (0..<4).flatMap { [Double(words[$0] & 0xffff), Double(words[$0] >> 16)] } }

    package static let all = [
        KnownAnswer(counter: .zero, key: .zero, words: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
        KnownAnswer(
            counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max),
            words: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
        KnownAnswer(
            counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0),
            words: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
    ]
}
