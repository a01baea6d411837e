import CZlib

/// Brings the bytes of one member of a zip archive, from the first to the last, and checks their sum.
final class ZipMemberReader {
    let member: ZipArchive.Member
    /// Bytes of the archive that have been read.
    private(set) var storedRead = 0
    private let file: InputFile
    private let start: Int
    private var unpackedRead = 0
    private var checksum: UInt = 0
    private var inflater: Inflater?

    /// - Throws: ``TableError/Kind/data`` when the member is encrypted, packed by another method than deflate, or not
    ///   where the archive's directory says.
    init(_ member: ZipArchive.Member, of archive: ZipArchive) throws(TableError) {
        self.member = member
        file = archive.file
        try member.checkMethod(source: archive.file.name)
        start = try archive.start(of: member)
        if member.method == ZipArchive.Member.deflated { inflater = Inflater() }
    }

    /// Writes the next `count` bytes.
    ///
    /// - Throws: ``TableError/Kind/data`` when the member has fewer, or is damaged.
    func read(into bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(TableError) {
        var done = 0
        while done < count {
            // Zlib counts in 32 bits.
            let received = try readSome(into: bytes + done, count: min(count - done, 1 << 24))
            if received == 0 {
                throw failure("it ends after \(unpackedRead) bytes, but should have \(member.byteCount)")
            }
            checksum = crc32(checksum, bytes + done, UInt32(received))
            done += received
            unpackedRead += received
        }
    }

    /// Makes sure that nothing follows and that the sum is right.
    func finish() throws(TableError) {
        var byte: UInt8 = 0
        if unpackedRead != member.byteCount {
            throw failure("it has \(member.byteCount) bytes, but its array \(unpackedRead)")
        }
        if try readSome(into: &byte, count: 1) > 0 || storedRead != member.storedCount {
            throw failure("it unpacks to more than the \(unpackedRead) bytes that its shape says")
        }
        if checksum != UInt(member.checksum) { throw failure(Self.wrongSum) }
    }

    static let wrongSum = "its sum (CRC-32) is wrong"

    private func readSome(into bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(TableError) -> Int {
        guard let inflater else {
            let received = min(count, member.storedCount - storedRead)
            try file.read(bytes, count: received, at: start + storedRead)
            storedRead += received
            return received
        }
        do {
            return try inflater.read(into: bytes, count: count) { input, capacity throws(TableError) in
                let received = min(capacity, member.storedCount - storedRead)
                try file.read(input, count: received, at: start + storedRead)
                storedRead += received
                return received
            }
        } catch let error as TableError {
            throw error
        } catch InflateFailure.corrupt(let reason) {
            throw failure("its deflated data are damaged before byte \(storedRead) (\(reason))")
        } catch {
            throw failure("its deflated data end too early")
        }
    }

    private func failure(_ reason: String) -> TableError { member.damaged(source: file.name, reason) }
}

extension ZipArchive.Member {
    /// The bytes that a byte of deflated data can become: a match of 258 takes two bits at least.
    private static let mostInflated = 1032

    func checkMethod(source: String) throws(TableError) {
        if isEncrypted {
            throw .data(source, "member '\(printable(name))' is encrypted; save it without a password")
        }
        guard method == Self.stored || method == Self.deflated else {
            throw .data(
                source,
                "member '\(printable(name))' is packed with \(methodName); "
                    + "use np.savez or np.savez_compressed, which store or deflate")
        }
        guard method == Self.deflated || storedCount == byteCount else {
            throw damaged(source: source, "it is stored in \(storedCount) bytes, but should have \(byteCount)")
        }
        guard byteCount / Self.mostInflated <= storedCount else {
            throw damaged(
                source: source, "it is deflated to \(storedCount) bytes, too few for the \(byteCount) it should have")
        }
    }

    private var methodName: String {
        switch method {
        case 9: "deflate64"
        case 12: "bzip2"
        case 14: "LZMA"
        case 93: "Zstandard"
        case 95: "xz"
        default: "method \(method)"
        }
    }

    func damaged(source: String, _ reason: String) -> TableError {
        .data(source, "member '\(printable(name))' is damaged: \(reason); copy or save the file again")
    }
}
