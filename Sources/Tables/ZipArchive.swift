import Glibc

/// The members of a zip archive, as its directory at the end lists them.
struct ZipArchive {
    /// A file in the archive. What the directory says of it has been checked against the archive's size alone.
    struct Member {
        var name: String
        var method: Int
        var isEncrypted: Bool
        var checksum: UInt32
        /// Its bytes in the archive.
        var storedCount: Int
        /// Its bytes unpacked.
        var byteCount: Int
        var headerOffset: Int

        static let stored = 0
        static let deflated = 8
    }

    let file: InputFile
    let members: [Member]
    private let directoryStart: Int

    /// What comes before a member's bytes has at least so many.
    private static let headerBytes = 30

    /// Reads the directory.
    ///
    /// - Throws: ``TableError/Kind/data`` when the file is no zip archive, ends too early or its directory is damaged.
    init(_ file: InputFile) throws(TableError) {
        self.file = file
        let end = try ZipEnd(of: file)
        directoryStart = end.directory.lowerBound
        var members: [Member] = []
        let bytes = try file.bytes(end.directory)
        var place = 0
        while members.count < end.memberCount {
            guard place + 46 <= bytes.count, bytes[place...].starts(with: [0x50, 0x4B, 1, 2]) else {
                throw Self.damaged(file, "entry \(members.count + 1) of \(end.memberCount) is none")
            }
            let entry = bytes[place...]
            func field(_ offset: Int, _ count: Int) -> Int {
                Int(truncatingIfNeeded: entry.dropFirst(offset).littleEndian(count))
            }
            let nameEnd = 46 + field(28, 2)
            let extraEnd = nameEnd + field(30, 2)
            let entryEnd = extraEnd + field(32, 2)
            guard place + entryEnd <= bytes.count else {
                throw Self.damaged(file, "entry \(members.count + 1) of \(end.memberCount) has no end")
            }
            var member = Member(
                name: String(decoding: entry.dropFirst(46).prefix(nameEnd - 46), as: UTF8.self), method: field(10, 2),
                isEncrypted: field(8, 2) & 0x2041 != 0, checksum: UInt32(field(16, 4)), storedCount: field(20, 4),
                byteCount: field(24, 4), headerOffset: field(42, 4))
            Self.widen(&member, by: entry.dropFirst(nameEnd).prefix(extraEnd - nameEnd))
            guard member.byteCount >= 0, member.storedCount >= 0, member.headerOffset >= 0,
                member.storedCount <= directoryStart, member.headerOffset <= directoryStart - member.storedCount
            else { throw Self.damaged(file, "member '\(printable(member.name))' lies outside of the archive") }
            members.append(member)
            place += entryEnd
        }
        guard place == bytes.count else { throw Self.damaged(file, "bytes follow its last entry") }
        // A small file whose members share their bytes could take days to unpack.
        var taken = 0
        for member in members.sorted(by: { $0.headerOffset < $1.headerOffset }) {
            guard member.headerOffset >= taken else {
                throw Self.damaged(file, "member '\(printable(member.name))' lies in the bytes of another")
            }
            taken = member.headerOffset + Self.headerBytes + member.storedCount
        }
        self.members = members
    }

    /// Takes the sizes that do not fit into 32 bits from an entry's extra fields.
    private static func widen(_ member: inout Member, by extra: some Collection<UInt8>) {
        var rest = Array(extra)[...]
        while rest.count >= 4 {
            let size = Int(rest.dropFirst(2).littleEndian(2))
            if rest.littleEndian(2) == 1 {
                var wide = rest.dropFirst(4).prefix(size)
                func take(_ value: inout Int) {
                    guard value == 0xFFFF_FFFF, wide.count >= 8 else { return }
                    value = Int(truncatingIfNeeded: wide.littleEndian(8))
                    wide = wide.dropFirst(8)
                }
                take(&member.byteCount)
                take(&member.storedCount)
                take(&member.headerOffset)
                return
            }
            rest = rest.dropFirst(4 + size)
        }
    }

    /// Where a member's bytes begin: after a header of its own, which must bear its name.
    func start(of member: Member) throws(TableError) -> Int {
        let name = Array(member.name.utf8)
        let nameStart = member.headerOffset + Self.headerBytes
        let header = try file.bytes(member.headerOffset..<min(nameStart, directoryStart))
        let nameCount = Int(header.dropFirst(26).littleEndian(2))
        let start = nameStart + nameCount + Int(header.dropFirst(28).littleEndian(2))
        guard header.count == Self.headerBytes, header.starts(with: [0x50, 0x4B, 3, 4]), nameCount == name.count,
            start <= directoryStart - member.storedCount,
            try file.bytes(nameStart..<nameStart + nameCount) == name
        else {
            throw .data(
                file.name,
                "member '\(printable(member.name))': found no such member at byte \(member.headerOffset), where the "
                    + "archive's directory says; copy the file again")
        }
        return start
    }

    static func damaged(_ file: InputFile, _ reason: String) -> TableError {
        .data(file.name, "the zip archive's directory is damaged: \(reason); copy the file again")
    }
}

/// The record with which a zip archive ends.
private struct ZipEnd {
    let memberCount: Int
    let directory: Range<Int>

    init(of file: InputFile) throws(TableError) {
        let size = file.byteCount ?? 0
        if size == 0 { throw .data(file.name, "found an empty file where a zip archive was expected") }
        let longest = 22 + 0xFFFF
        let tailStart = max(0, size - longest)
        let tail = try file.bytes(tailStart..<size)
        let found = Self.place(in: tail)
        guard let found else {
            let opening = try file.bytes(0..<min(size, 4))
            guard opening.starts(with: [0x50, 0x4B]) else {
                throw .data(
                    file.name,
                    "found \(opening.starts(with: [0x1F, 0x8B]) ? "gzip data" : "no zip archive") where one was expected "
                        + "(.npz, as np.savez writes it); check the name and how the file was made")
            }
            throw .data(file.name, "the zip archive ends too early, after \(size) bytes; copy the file again")
        }
        var end = tailStart + found
        let record = tail[found...]
        var count = Int(record.dropFirst(10).littleEndian(2))
        var length = Int(record.dropFirst(12).littleEndian(4))
        var start = Int(record.dropFirst(16).littleEndian(4))
        if count == 0xFFFF || length == 0xFFFF_FFFF || start == 0xFFFF_FFFF, end >= 20 {
            let locator = try file.bytes(end - 20..<end)
            if locator.starts(with: [0x50, 0x4B, 6, 7]) {
                let place = Int(truncatingIfNeeded: locator.dropFirst(8).littleEndian(8))
                guard place >= 0, place <= end - 20 - 56 else {
                    throw ZipArchive.damaged(file, "its 64-bit record lies outside of the archive")
                }
                let wide = try file.bytes(place..<place + 56)
                guard wide.starts(with: [0x50, 0x4B, 6, 6]) else {
                    throw ZipArchive.damaged(file, "its 64-bit record is not where it should be")
                }
                count = Int(truncatingIfNeeded: wide.dropFirst(32).littleEndian(8))
                length = Int(truncatingIfNeeded: wide.dropFirst(40).littleEndian(8))
                start = Int(truncatingIfNeeded: wide.dropFirst(48).littleEndian(8))
                end = place
            }
        }
        guard start >= 0, length >= 0, start <= end, length <= end - start, count >= 0, count <= length / 46 else {
            throw ZipArchive.damaged(file, "it lies outside of the archive")
        }
        memberCount = count
        directory = start..<start + length
    }

    /// Where the record begins: the last place from which its comment reaches to the file's end.
    private static func place(in tail: [UInt8]) -> Int? {
        var place = tail.count - 22
        while place >= 0 {
            if tail[place] == 0x50, tail[place...].starts(with: [0x50, 0x4B, 5, 6]),
                place + 22 + Int(tail[(place + 20)...].littleEndian(2)) == tail.count
            {
                return place
            }
            place -= 1
        }
        return nil
    }
}
