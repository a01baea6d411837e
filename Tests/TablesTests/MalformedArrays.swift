/// Arrays of NumPy and archives of them that are damaged, or claim what is not so: case `number` is always the same.
struct MalformedArrays {
    private var malformer: Malformer

    private static let originals = [
        "types", "types_deflated", "tables", "tables_deflated", "records", "zip64", "streamed", "refused", "padded",
    ].map { ReaderFolder.bytes(NpzFixture.path($0 + ".npz")) }

    static func bytes(_ number: Int, seed: UInt64) -> [UInt8] {
        let whole = ReaderFolder.bytes(NpzFixture.path("streamed.npz"))
        // The first cases are one archive that ends too early, at every place.
        if number <= whole.count { return Array(whole.prefix(number)) }
        var arrays = MalformedArrays(
            malformer: Malformer(
                seed: seed, number: number,
                tokens: [
                    "\u{93}NUMPY\u{1}\0", "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}",
                    "PK\u{6}\u{7}",
                    "'descr': ", "'shape': (", "[('a', '<f8'), ", "'|O'", "task.npy",
                ]))
        return arrays.make()
    }

    private mutating func make() -> [UInt8] {
        switch malformer.below(6) {
        case 0: damaged(malformer.choice(Self.originals))
        case 1: damagedDirectory(of: malformer.choice(Self.originals))
        case 2: NpzFile.array(header(), data(), version: UInt8(1 + malformer.below(3)))
        default: archive()
        }
    }

    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        malformer.damage(&bytes)
        return bytes
    }

    /// An archive of a few arrays, of which one is odd.
    private mutating func archive() -> [UInt8] {
        var file = NpzFile()
        let rowCount = malformer.choice([0, 1, 4, 4, 4, 100])
        func numbers() -> [Double] { (0..<rowCount).map { Double($0 % 3) } }
        file.add("task", numbers(), isDeflated: malformer.isOnce(in: 2))
        file.add("y", numbers(), isDeflated: malformer.isOnce(in: 2))
        let name = malformer.choice(["y", "task", "X", "x", "a/b", "", "ä\n", String(repeating: "n", count: 5000)])
        let version = UInt8(1 + malformer.below(3))
        if malformer.isOnce(in: 2) {
            file.add(name, header: header(), data: data(), isDeflated: malformer.isOnce(in: 2), version: version)
        } else {
            claimTooMuch(name, in: &file)
        }
        let bytes = file.bytes
        return malformer.isOnce(in: 4) ? damagedDirectory(of: bytes) : bytes
    }

    /// Adds a member that unpacks to a thousand times what the directory says, or to far less.
    private mutating func claimTooMuch(_ name: String, in file: inout NpzFile) {
        let count = malformer.choice([1000, 1 << 20, 1 << 40, 1 << 56])
        let type = malformer.choice(["<f8", "|S8", "|b1"])
        let header = NpzFile.header(type, shape: malformer.isOnce(in: 2) ? "(\(count),)" : "(4, \(count / 4))")
        let zeros = [UInt8](
            repeating: 0, count: malformer.choice([1000, 1 << 16, malformer.isOnce(in: 50) ? 1 << 23 : 1 << 18]))
        var member = NpzFile.Member(name: "\(name).npy", bytes: NpzFile.array(header, zeros), isDeflated: true)
        member.packed = zipped(member.bytes, .none)
        member.claimedByteCount = malformer.isOnce(in: 2) ? member.bytes.count / 1000 : min(8 * count, 0xFFFF_FFFE)
        file.add(member)
    }

    /// Puts odd numbers into the fields of the directory and of the record at its end.
    private mutating func damagedDirectory(of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let entries = places(of: [0x50, 0x4B, 1, 2], in: bytes)
        let ends = places(of: [0x50, 0x4B, 5, 6], in: bytes) + places(of: [0x50, 0x4B, 6, 6], in: bytes)
        for _ in 0...malformer.below(3) {
            let isEntry = !entries.isEmpty && !malformer.isOnce(in: 3)
            let record = isEntry ? malformer.choice(entries) : malformer.choice(ends + [max(0, bytes.count - 22)])
            let field =
                record
                + malformer.choice(
                    isEntry ? [8, 10, 16, 20, 24, 28, 30, 32, 42] : [8, 10, 12, 16, 20, 24, 32, 40, 48])
            let width = malformer.choice([1, 2, 4])
            let number = malformer.choice([
                0, 1, 0x2E, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, bytes.count, bytes.count - 46,
            ])
            for (offset, byte) in NpzFile.word(number, width).enumerated() where field + offset < bytes.count {
                bytes[field + offset] = byte
            }
        }
        // An entry may come twice.
        if malformer.isOnce(in: 8), let first = entries.first, let end = ends.first, first < end {
            bytes.insert(contentsOf: bytes[first..<end], at: first)
        }
        return bytes
    }

    private func places(of mark: [UInt8], in bytes: [UInt8]) -> [Int] {
        bytes.indices.filter { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
    }

    // MARK: Headers

    private mutating func header() -> String {
        var keys = [
            "'descr': \(type(depth: 3))",
            "'fortran_order': \(malformer.choice(["False", "True", "False", "0", "None"]))", "'shape': \(shape())",
        ]
        if malformer.isOnce(in: 10) { keys.remove(at: malformer.below(3)) }
        if malformer.isOnce(in: 10) { keys.append(malformer.choice(keys)) }
        if malformer.isOnce(in: 20) { keys.append("'\(String(repeating: "k\n", count: 1000))': 1") }
        if malformer.isOnce(in: 3) { keys.shuffle(using: &malformer.random) }
        var text = "{" + keys.joined(separator: ", ") + malformer.choice([", }", "}", "", "}}"])
        if malformer.isOnce(in: 4) {
            var bytes = Array(text.utf8)
            malformer.damage(&bytes, times: 1...2)
            text = String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    private mutating func type(depth: Int) -> String {
        let plain = [
            "<f8", ">f4", "<f2", "|b1", "<i8", ">u2", "|S3", "<U2", "|O", "<M8[ns]", "<c16", "|V4", "|S0",
            "<U999999999",
            "|S9999999999", "<f16", "f8", "", "=i4", "<é",
        ]
        guard depth > 0, malformer.isOnce(in: 4) else { return "'\(malformer.choice(plain))'" }
        let fields = (0..<malformer.below(4)).map { index in
            let name = malformer.choice([
                "'a\(index)'", "'task'", "''", "('title', 'b')", "u'c'", "'\\x41'", "'\\U00110000'",
            ])
            return "(\(name), \(type(depth: depth - 1))\(malformer.isOnce(in: 6) ? ", \(shape())" : ""))"
        }
        return malformer.isOnce(in: 20)
            ? String(repeating: "[('a', ", count: 5000) : "[\(fields.joined(separator: ", "))]"
    }

    private mutating func shape() -> String {
        let lengths =
            ["0", "1", "2", "4", "4", "4", "100"] + [
                "4294967296", "1152921504606846976", "9223372036854775807", "-1", "4L", "1e3",
            ]
        switch malformer.below(5) {
        case 0: return "(4,)"
        case 1:
            return malformer.choice(["()", "(4)", "4", "(,)", "(4,", "(" + String(repeating: "1,", count: 70) + ")"])
        default:
            return "(" + (0...malformer.below(3)).map { _ in malformer.choice(lengths) }.joined(separator: ", ") + ",)"
        }
    }

    private mutating func data() -> [UInt8] {
        (0..<malformer.choice([0, 1, 4, 8, 16, 32, 64, 128])).map { _ in
            malformer.choice([0, 0, 1, 0x41, 0x7F, 0xF0, 0xFF])
        }
    }
}
