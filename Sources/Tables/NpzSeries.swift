import Compute

/// Rows of one array, or of one column of an array whose columns lie one after another, brought in order.
final class NpzSeries {
    /// The bytes from one row to the next.
    let rowBytes: Int
    private let source: Source

    enum Source {
        /// Unpacked from the front.
        case packed(ZipMemberReader)
        /// Lies in the file as it is, from this byte of a run on, and is summed up while it is read.
        case stored(NpzStoredRun, offset: Int)
        /// Lies in the scratch file from this byte on, its sum checked.
        case spooled(ScratchFile, offset: Int)
    }

    init(_ source: Source, rowBytes: Int) {
        self.source = source
        self.rowBytes = rowBytes
    }

    /// The bytes that one call of `read` should bring of a range, so that several threads share it; nil where all have
    /// to come in one call, after those before them.
    var readBytes: Int? { if case .packed = source { nil } else { 1 << 20 } }

    /// Writes the bytes of `range` of the series. Ranges of a packed one must be asked for in order.
    func read(_ range: Range<Int>, into bytes: UnsafeMutablePointer<UInt8>) throws(TableError) {
        switch source {
        case .packed(let reader): try reader.read(into: bytes, count: range.count)
        case .stored(let run, let offset):
            try run.read(range.lowerBound + offset..<range.upperBound + offset, into: bytes)
        case .spooled(let file, let offset):
            do throws(ComputeError) {
                try file.read(bytes, count: range.count, at: offset + range.lowerBound)
            } catch {
                throw TableError(.cannotWrite, error.description)
            }
        }
    }
}
