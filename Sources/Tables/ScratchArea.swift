import Compute

/// Room for blocks in a scratch file that is made when the first block needs it; freed room is used again.
package final class ScratchArea: @unchecked Sendable {
    // Unchecked: room is given and freed by the one thread that reads the table; afterwards blocks only are read,
    // until the store that holds all columns is released.
    private let folder: String
    private var file: ScratchFile?
    private var end = 0
    private var free: [Int: [Int]] = [:]

    package init(folder: String) { self.folder = folder }

    /// Whether anything has gone to the file.
    package var isUsed: Bool { file != nil }

    /// Writes a block where there is room, and returns where that is.
    func store(_ bytes: UnsafeRawPointer, count: Int) throws(TableError) -> Int {
        if file == nil { file = try ScratchFile(folder: folder) }
        let offset = free[count]?.popLast() ?? end
        try write(bytes, count: count, at: offset)
        end = max(end, offset + count)
        return offset
    }

    func write(_ bytes: UnsafeRawPointer, count: Int, at offset: Int) throws(TableError) {
        try file?.write(bytes, count: count, at: offset)
    }

    func read(_ bytes: UnsafeMutableRawPointer, count: Int, at offset: Int) throws(ComputeError) {
        guard let file else { throw .unreadableRows("a block is asked of a scratch file that was never made") }
        try file.read(bytes, count: count, at: offset)
    }

    func release(_ count: Int, at offset: Int) { free[count, default: []].append(offset) }
}
