/// Damages inputs of readers: bytes changed, lost, repeated and swapped, and pieces of the format where none belong.
struct Malformer {
    var random: ReaderRandom
    /// What means something in the format.
    let tokens: [[UInt8]]

    /// - Parameter seed: the same seed and number damage the same inputs in the same way.
    init(seed: UInt64, number: Int, tokens: [String] = []) {
        var seeds = ReaderRandom(state: seed ^ (UInt64(number) &* 0xD1B5_4A32_D192_ED03))
        random = ReaderRandom(state: seeds.next())
        self.tokens = tokens.map { Array($0.utf8) } + Self.oddBytes
    }

    private static let oddBytes: [[UInt8]] = [
        [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], [0xE2, 0x80, 0xA8], [0xC2, 0x85], [13], [13, 10],
        [10, 13], [0x1B, 0x5B, 0x32, 0x4A], [0x7F], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80],
    ]

    /// Numbers at which something overflows, or nearly.
    static let extremes = [
        "0", "-0", "-1", "255", "65536", "2147483648", "4294967295", "4294967296", "9007199254740993",
        "1152921504606846976", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "18446744073709551616", "1e308", "1e309", "-1e999", "1e-999", "1e99999999999999999999", "0x10", "1.5", "+7",
        "00", "nan", "inf", String(repeating: "9", count: 400), "0." + String(repeating: "0", count: 400) + "1",
    ]

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    /// Whether it is so, once in `times`.
    mutating func isOnce(in times: Int) -> Bool { below(times) == 0 }

    mutating func choice<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// A part of `0..<count` that is short most of the time.
    mutating func span(of count: Int) -> Range<Int> {
        let start = below(count + 1)
        let most = isOnce(in: 4) ? count - start : min(8, count - start)
        return start..<start + below(most + 1)
    }

    mutating func damage(_ bytes: inout [UInt8], times: ClosedRange<Int> = 1...4) {
        for _ in 0..<Int.random(in: times, using: &random) { damageOnce(&bytes) }
    }

    private mutating func damageOnce(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = choice(tokens)
            return
        }
        let place = below(bytes.count)
        let span = span(of: bytes.count)
        switch below(13) {
        case 0: bytes[place] = .random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8(below(8))
        case 2: bytes.removeSubrange(place...)
        case 3: bytes.removeSubrange(span)
        case 4: bytes.insert(contentsOf: bytes[span], at: place)
        case 5: bytes.insert(contentsOf: choice(tokens), at: place)
        case 6: bytes.replaceSubrange(span, with: choice(tokens))
        case 7:
            guard isOnce(in: 8) else { return }
            let part = span.isEmpty ? [bytes[place]] : Array(bytes[span])
            let times = (1 << (4 + below(13))) / part.count
            bytes.insert(contentsOf: repeatElement(part, count: times).joined(), at: place)
        case 8: replaceNumber(in: &bytes, near: place)
        case 9: for _ in 0...below(8) { bytes.insert(.random(in: 0...255, using: &random), at: place) }
        case 10:
            let part = Array(bytes[span])
            bytes.removeSubrange(span)
            bytes.insert(contentsOf: part, at: below(bytes.count + 1))
        case 11: for offset in place..<min(place + 8, bytes.count) { bytes[offset] = 0xFF }
        default: for offset in place..<min(place + 4, bytes.count) { bytes[offset] = 0 }
        }
    }

    /// Puts an extreme number where the next digits are.
    private mutating func replaceNumber(in bytes: inout [UInt8], near place: Int) {
        let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Array(choice(Self.extremes).utf8))
    }
}
