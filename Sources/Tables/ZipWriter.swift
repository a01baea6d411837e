import CZlib
import Compute

/// Writes a zip archive of deflated members to an output file, as a stream and always with the same bytes.
///
/// Members are deflated block by block, on several threads; blocks are cut at fixed places, so that neither the threads
/// nor the time leave a trace. All members bear the first date that a zip archive knows.
struct ZipWriter {
    /// What the directory at the end says of a member.
    private struct Entry {
        var name: [UInt8]
        var checksum: UInt32
        var storedCount: Int
        var byteCount: Int
        var offset: Int
        /// Whether its sizes are written in 64 bits.
        var isWide: Bool
    }

    /// What a member's bytes are like, which says how to deflate them.
    enum Content {
        /// Texts and counts, in which much comes again.
        case repetitive
        /// Results of arithmetic, in which nothing comes again but signs and exponents: looking for more than runs
        /// takes four times as long and leaves them no smaller.
        case numeric

        var strategy: Int32 { self == .repetitive ? Z_DEFAULT_STRATEGY : Z_RLE }
    }

    private let file: OutputFile
    private let parallel: Parallel
    private var entries: [Entry] = []
    private var offset = 0

    /// Members that may become longer than what 32 bits count are marked before they are written.
    private static let wideBytes = 0xF000_0000
    private static let limit = 0xFFFF_FFFF
    private static let namesAreUTF8 = 0x0800
    private static let sizesFollow = 0x0008
    /// 1 January 1980.
    private static let date = 0x0021

    init(_ file: OutputFile, parallel: Parallel) {
        self.file = file
        self.parallel = parallel
    }

    /// Writes a member of `blockCount` blocks.
    ///
    /// - Parameters:
    ///   - byteCount: the bytes of all blocks.
    ///   - fill: gives the bytes of a block; called on several threads.
    mutating func write(
        _ name: String, _ content: Content, byteCount: Int, blockCount: Int, fill: (Int, inout [UInt8]) -> Void
    ) throws(TableError) {
        var entry = Entry(
            name: Array(name.utf8), checksum: 0, storedCount: 0, byteCount: byteCount, offset: offset,
            isWide: byteCount >= Self.wideBytes)
        try send(Self.header(of: entry))
        let batch = 4 * parallel.threadCount
        let blocks = UnsafeMutableBufferPointer<DeflatedBlock>.allocate(capacity: batch)
        blocks.initialize(repeating: DeflatedBlock())
        defer {
            blocks.deinitialize()
            blocks.deallocate()
        }
        var sum: UInt = 0
        for first in stride(from: 0, to: blockCount, by: batch) {
            let count = min(batch, blockCount - first)
            parallel.forEachBlock(count) { index in
                blocks[index].deflate(isLast: first + index == blockCount - 1, strategy: content.strategy) {
                    fill(first + index, &$0)
                }
            }
            for block in blocks.prefix(count) {
                sum = crc32_combine(sum, block.checksum, block.bytes.count)
                entry.storedCount += block.deflated.count
                try send(block.deflated)
            }
        }
        entry.checksum = UInt32(truncatingIfNeeded: sum)
        var sizes: [UInt8] = [0x50, 0x4B, 7, 8]
        sizes.append(entry.checksum, littleEndian: 4)
        sizes.append(entry.storedCount, littleEndian: entry.isWide ? 8 : 4)
        sizes.append(entry.byteCount, littleEndian: entry.isWide ? 8 : 4)
        try send(sizes)
        entries.append(entry)
    }

    /// Writes the directory.
    mutating func finish() throws(TableError) {
        let start = offset
        for entry in entries { try send(Self.directoryEntry(of: entry)) }
        let length = offset - start
        var end: [UInt8] = []
        if start > Self.limit || length > Self.limit || entries.count >= 0xFFFF {
            let record = offset
            end += [0x50, 0x4B, 6, 6]
            end.append(44, littleEndian: 8)
            end.append(45, littleEndian: 2)
            end.append(45, littleEndian: 2)
            end.append(0, littleEndian: 8)
            for _ in 0..<2 { end.append(entries.count, littleEndian: 8) }
            end.append(length, littleEndian: 8)
            end.append(start, littleEndian: 8)
            end += [0x50, 0x4B, 6, 7]
            end.append(0, littleEndian: 4)
            end.append(record, littleEndian: 8)
            end.append(1, littleEndian: 4)
        }
        end += [0x50, 0x4B, 5, 6]
        end.append(0, littleEndian: 4)
        for _ in 0..<2 { end.append(min(entries.count, 0xFFFF), littleEndian: 2) }
        end.append(min(length, Self.limit), littleEndian: 4)
        end.append(min(start, Self.limit), littleEndian: 4)
        end.append(0, littleEndian: 2)
        try send(end)
    }

    private mutating func send(_ bytes: [UInt8]) throws(TableError) {
        try file.write(bytes)
        offset += bytes.count
    }

    /// What stands before a member's bytes. Their number is not known yet and follows them.
    private static func header(of entry: Entry) -> [UInt8] {
        var bytes: [UInt8] = [0x50, 0x4B, 3, 4]
        bytes += facts(of: entry)
        bytes.append(0, littleEndian: 4)
        for _ in 0..<2 { bytes.append(entry.isWide ? limit : 0, littleEndian: 4) }
        bytes.append(entry.name.count, littleEndian: 2)
        bytes.append(entry.isWide ? 20 : 0, littleEndian: 2)
        bytes += entry.name
        if entry.isWide {
            bytes.append(1, littleEndian: 2)
            bytes.append(16, littleEndian: 2)
            bytes.append(0, littleEndian: 16)
        }
        return bytes
    }

    private static func directoryEntry(of entry: Entry) -> [UInt8] {
        var wide: [UInt8] = []
        func narrow(_ value: Int) -> Int {
            guard entry.isWide || value >= limit else { return value }
            wide.append(value, littleEndian: 8)
            return limit
        }
        let byteCount = narrow(entry.byteCount)
        let storedCount = narrow(entry.storedCount)
        let offset = narrow(entry.offset)
        var bytes: [UInt8] = [0x50, 0x4B, 1, 2]
        bytes.append(45, littleEndian: 2)
        bytes += facts(of: entry)
        bytes.append(entry.checksum, littleEndian: 4)
        bytes.append(storedCount, littleEndian: 4)
        bytes.append(byteCount, littleEndian: 4)
        bytes.append(entry.name.count, littleEndian: 2)
        bytes.append(wide.isEmpty ? 0 : wide.count + 4, littleEndian: 2)
        // No comment, the first disk, no attributes.
        bytes.append(0, littleEndian: 10)
        bytes.append(offset, littleEndian: 4)
        bytes += entry.name
        if !wide.isEmpty {
            bytes.append(1, littleEndian: 2)
            bytes.append(wide.count, littleEndian: 2)
            bytes += wide
        }
        return bytes
    }

    /// Version, flags, method and time, as both headers have them.
    private static func facts(of entry: Entry) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(entry.isWide ? 45 : 20, littleEndian: 2)
        bytes.append(namesAreUTF8 | sizesFollow, littleEndian: 2)
        bytes.append(ZipArchive.Member.deflated, littleEndian: 2)
        bytes.append(0, littleEndian: 2)
        bytes.append(date, littleEndian: 2)
        return bytes
    }
}

/// One block of a deflated stream: its own bytes, and what they became.
private struct DeflatedBlock {
    private(set) var bytes: [UInt8] = []
    private(set) var deflated: [UInt8] = []
    private(set) var checksum: UInt = 0

    /// - Parameter isLast: whether the stream ends with this block; another one ends on a whole byte.
    mutating func deflate(isLast: Bool, strategy: Int32, fill: (inout [UInt8]) -> Void) {
        bytes.removeAll(keepingCapacity: true)
        fill(&bytes)
        checksum = bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, strategy, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib starts")
        defer { deflateEnd(&stream) }
        // A flush takes a few bytes more than the bound.
        let room = Int(deflateBound(&stream, UInt(bytes.count))) + 64
        deflated.removeAll(keepingCapacity: true)
        deflated.append(contentsOf: repeatElement(0, count: room))
        let left = bytes.withUnsafeMutableBufferPointer { input in
            deflated.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                let done = CZlib.deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
                precondition(done == (isLast ? Z_STREAM_END : Z_OK) && stream.avail_in == 0, "zlib has room")
                return Int(stream.avail_out)
            }
        }
        deflated.removeLast(left)
    }
}
