import Compute

/// One column of values of 4 or 8 bytes, in blocks of rows that lie in memory or in a scratch file.
package final class ScratchColumn: @unchecked Sendable {
    // Unchecked: blocks are added and moved by the one thread that reads the table; afterwards they only are read.
    // Threads that write in between write rows of their own.
    private enum Block {
        case memory(ScratchMemory)
        case file(offset: Int)
    }

    let stride: Int
    let rowsPerBlock: Int
    let blockShift: Int
    private var blocks: [Block] = []
    private var addresses: [UnsafeMutableRawPointer?] = []
    private let area: ScratchArea

    /// - Parameter blockShift: a block holds two to this power rows.
    init(stride: Int, blockShift: Int, area: ScratchArea) {
        self.stride = stride
        self.blockShift = blockShift
        self.area = area
        rowsPerBlock = 1 << blockShift
    }

    deinit {
        for case .file(let offset) in blocks { area.release(blockBytes, at: offset) }
    }

    var blockBytes: Int { rowsPerBlock * stride }
    var blockCount: Int { blocks.count }

    /// A column of the same shape without blocks.
    func emptyCopy() -> ScratchColumn { ScratchColumn(stride: stride, blockShift: blockShift, area: area) }

    /// The rows of a block, of a column of `rowCount` rows.
    func rows(ofBlock block: Int, of rowCount: Int) -> Range<Int> {
        block << blockShift..<min(rowCount, (block + 1) << blockShift)
    }

    /// Adds blocks in memory until the column has room for this many rows.
    func extend(toHold rowCount: Int) throws(TableError) {
        while blocks.count << blockShift < rowCount { append(try ScratchMemory(byteCount: blockBytes)) }
    }

    func append(_ memory: ScratchMemory) {
        blocks.append(.memory(memory))
        addresses.append(memory.start)
    }

    /// Copies `rows` of values into blocks that are in memory.
    func write(_ rows: Range<Int>, from values: UnsafeRawPointer) {
        forEachPart(of: rows) { block, offset, done, count in
            guard let address = addresses[block] else { preconditionFailure("rows are written to memory") }
            (address + offset).copyMemory(from: values + done, byteCount: count)
        }
    }

    /// Copies the values of `rows` from wherever they are.
    package func read(_ rows: Range<Int>, into values: UnsafeMutableRawPointer) throws(ComputeError) {
        var failure: ComputeError?
        forEachPart(of: rows) { block, offset, done, count in
            if let address = addresses[block] {
                (values + done).copyMemory(from: address + offset, byteCount: count)
            } else if case .file(let start) = blocks[block], failure == nil {
                do throws(ComputeError) {
                    try area.read(values + done, count: count, at: start + offset)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    /// Moves those of these blocks that are in memory to the scratch file.
    func spill(_ range: Range<Int>) throws(TableError) {
        for block in range {
            guard case .memory(let memory) = blocks[block] else { continue }
            blocks[block] = .file(offset: try area.store(memory.start, count: blockBytes))
            addresses[block] = nil
        }
    }

    /// Appends a block that goes to the scratch file at once.
    func appendSpilled(_ memory: ScratchMemory) throws(TableError) {
        blocks.append(.file(offset: try area.store(memory.start, count: blockBytes)))
        addresses.append(nil)
    }

    /// Calls `body` with the values of a block in memory, or with a copy of them that is written back if `isChanged`.
    func withBlock(
        _ block: Int, isChanged: Bool, _ body: (UnsafeMutableRawPointer) throws(TableError) -> Void
    ) throws(TableError) {
        switch blocks[block] {
        case .memory(let memory): try body(memory.start)
        case .file(let offset):
            let copy = try ScratchMemory(byteCount: blockBytes)
            do throws(ComputeError) {
                try area.read(copy.start, count: blockBytes, at: offset)
            } catch {
                throw TableError(.cannotWrite, error.description)
            }
            try body(copy.start)
            if isChanged { try area.write(copy.start, count: blockBytes, at: offset) }
        }
    }

    /// Calls `body` once for each block, on several threads, with its values as `withBlock` does.
    ///
    /// - Throws: the error of the first block that had one.
    func forEachBlock(
        _ parallel: Parallel, isChanged: Bool, _ body: (Int, UnsafeMutableRawPointer) throws(TableError) -> Void
    ) throws(TableError) {
        var errors = [TableError?](repeating: nil, count: blockCount)
        errors.withUnsafeMutableBufferPointer { errors in
            parallel.forEachBlock(blockCount) { block in
                do throws(TableError) {
                    try withBlock(block, isChanged: isChanged) { values throws(TableError) in try body(block, values) }
                } catch {
                    errors[block] = error
                }
            }
        }
        if let error = errors.lazy.compactMap({ $0 }).first { throw error }
    }

    /// Calls `body` with (block, byte offset in it, bytes done, byte count) for each part of `rows` in one block.
    @inline(__always)
    private func forEachPart(of rows: Range<Int>, _ body: (Int, Int, Int, Int) -> Void) {
        var row = rows.lowerBound
        while row < rows.upperBound {
            let block = row >> blockShift
            let end = min(rows.upperBound, (block + 1) << blockShift)
            body(
                block, (row - block << blockShift) * stride, (row - rows.lowerBound) * stride, (end - row) * stride)
            row = end
        }
    }
}
