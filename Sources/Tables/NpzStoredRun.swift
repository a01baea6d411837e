import CZlib
import Synchronization

/// Bytes that lie in a file as they are, and their sum.
final class NpzStoredRun {
    let range: Range<Int>
    private let file: InputFile
    private let isSummed: Bool
    private let sums: Mutex<[Int: (checksum: UInt, count: Int)]>

    /// - Parameters:
    ///   - range: where in the file.
    ///   - isSummed: whether there is a sum to compare with.
    init(_ file: InputFile, _ range: Range<Int>, isSummed: Bool) {
        self.isSummed = isSummed
        self.file = file
        self.range = range
        sums = Mutex([:])
    }

    var source: String { file.name }

    /// Writes the bytes of `part` of the run. Several threads may read different parts at once.
    func read(_ part: Range<Int>, into bytes: UnsafeMutablePointer<UInt8>) throws(TableError) {
        try file.read(bytes, count: part.count, at: range.lowerBound + part.lowerBound)
        guard isSummed else { return }
        let sum = checksum(of: bytes, count: part.count)
        sums.withLock { $0[part.lowerBound] = (sum, part.count) }
    }

    /// Reads what of it has not been read, and returns the sum of all. Parts must not have overlapped.
    func finish() throws(TableError) -> UInt {
        var total: UInt = 0
        var place = 0
        let parts = sums.withLock { $0.sorted { $0.key < $1.key } }
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 18)
        defer { buffer.deallocate() }
        func sumUp(to end: Int) throws(TableError) {
            while place < end {
                let count = min(1 << 18, end - place)
                try file.read(buffer, count: count, at: range.lowerBound + place)
                total = crc32(total, buffer, UInt32(count))
                place += count
            }
        }
        for part in parts {
            try sumUp(to: part.key)
            total = crc32_combine(total, part.value.checksum, part.value.count)
            place = part.key + part.value.count
        }
        try sumUp(to: range.count)
        return total
    }

    /// Zlib counts in 32 bits.
    private func checksum(of bytes: UnsafeMutablePointer<UInt8>, count: Int) -> UInt {
        var sum: UInt = 0
        var done = 0
        while done < count {
            let size = min(count - done, 1 << 30)
            sum = crc32(sum, bytes + done, UInt32(size))
            done += size
        }
        return sum
    }
}
