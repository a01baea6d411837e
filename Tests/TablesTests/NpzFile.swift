import Tables

/// Archives made by hand, for what NumPy does not write.
struct NpzFile {
    /// A member as it is put down: each part can be wrong.
    struct Member {
        var name: String
        /// Its bytes unpacked.
        var bytes: [UInt8]
        var isDeflated = false
        /// What lies in the archive instead of the bytes deflated.
        var packed: [UInt8]?
        var method: Int?
        var flags = 0
        /// What the directory says instead of the truth.
        var claimedByteCount: Int?
    }

    private(set) var members: [Member] = []

    /// Adds an array with a header of this text.
    mutating func add(
        _ name: String, header: String, data: [UInt8], isDeflated: Bool = false, version: UInt8 = 1
    ) {
        members.append(
            Member(name: "\(name).npy", bytes: Self.array(header, data, version: version), isDeflated: isDeflated))
    }

    mutating func add(_ name: String, _ numbers: [Double], isDeflated: Bool = false) {
        add(
            name, header: Self.header("<f8", shape: "(\(numbers.count),)"), data: Self.bytes(numbers),
            isDeflated: isDeflated)
    }

    /// Adds texts as code points.
    mutating func add(_ name: String, texts: [String], isDeflated: Bool = false) {
        let width = max(1, texts.map(\.unicodeScalars.count).max() ?? 0)
        var data: [UInt8] = []
        for text in texts {
            let codes = text.unicodeScalars.map(\.value)
            for code in codes + Array(repeating: 0, count: width - codes.count) { data += Self.word(Int(code), 4) }
        }
        add(name, header: Self.header("<U\(width)", shape: "(\(texts.count),)"), data: data, isDeflated: isDeflated)
    }

    mutating func add(_ member: Member) { members.append(member) }

    /// Changes the member that was added last.
    mutating func changeLast(_ change: (inout Member) -> Void) { change(&members[members.count - 1]) }

    static func header(_ type: String, shape: String) -> String {
        "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    }

    static func array(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let text = Array((header + "\n").utf8)
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + word(text.count, version == 1 ? 2 : 4) + text + data
    }

    static func bytes(_ numbers: [Double]) -> [UInt8] {
        numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(8 * $0)) } }
    }

    static func word(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// The archive.
    var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let offset = file.count
            let stored = member.packed ?? (member.isDeflated ? Self.deflated(member.bytes) : member.bytes)
            let method = member.method ?? (member.isDeflated ? 8 : 0)
            let facts =
                Self.word(member.flags, 2) + Self.word(method, 2) + Self.word(0, 2) + Self.word(0x21, 2)
                + Self.word(Int(checksum(member.bytes)), 4) + Self.word(stored.count, 4)
                + Self.word(member.claimedByteCount ?? member.bytes.count, 4) + Self.word(member.name.utf8.count, 2)
                + Self.word(0, 2)
            file += [0x50, 0x4B, 3, 4] + Self.word(20, 2) + facts + Array(member.name.utf8) + stored
            directory +=
                [0x50, 0x4B, 1, 2] + Self.word(20, 2) + Self.word(20, 2) + facts + Self.word(0, 10)
                + Self.word(offset, 4) + Array(member.name.utf8)
        }
        let start = file.count
        return file + directory + [0x50, 0x4B, 5, 6] + Self.word(0, 4) + Self.word(members.count, 2)
            + Self.word(members.count, 2) + Self.word(directory.count, 4) + Self.word(start, 4) + Self.word(0, 2)
    }

    /// A deflated stream whose blocks are stored (RFC 1951, 3.2.4).
    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = []
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            stream.append(rest.isEmpty ? 1 : 0)
            stream += word(block.count, 2) + word(~block.count, 2) + block
        } while !rest.isEmpty
        return stream
    }
}

/// The files that NumPy wrote.
enum NpzFixture {
    static func path(_ name: String) -> String {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(folder)/Fixtures/npz/\(name)"
    }
}

/// The sum that gzip and zip have.
func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = .max
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
}
