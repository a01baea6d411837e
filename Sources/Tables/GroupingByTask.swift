import Compute
import Glibc

/// Moves rows so that those of a task are adjacent, in input order: a counting sort, one column at a time.
struct GroupingByTask {
    let layout: TaskLayout
    private let parallel: Parallel
    private let area: ScratchArea
    /// Where each row goes; nil when the rows are grouped already.
    private let destinations: ScratchColumn?
    /// The bytes of a column that may be in memory at a time once columns go to the scratch file.
    private let passBytes: Int

    /// - Parameter tasks: each row's task; overwritten when rows have to move.
    init(
        tasks: ScratchColumn, rowCount: Int, taskCount: Int, passBytes: Int, area: ScratchArea, parallel: Parallel
    ) throws(TableError) {
        self.area = area
        self.passBytes = passBytes
        self.parallel = parallel
        var counts = [Int](repeating: 0, count: taskCount)
        var isGrouped = true
        var last: UInt32 = 0
        for block in 0..<tasks.blockCount {
            try tasks.withBlock(block, isChanged: false) { memory in
                let codes = memory.assumingMemoryBound(to: UInt32.self)
                for row in 0..<tasks.rows(ofBlock: block, of: rowCount).count {
                    let code = codes[row]
                    counts[Int(code)] += 1
                    if code < last { isGrouped = false }
                    last = code
                }
            }
        }
        layout = TaskLayout(sampleCounts: counts)
        guard !isGrouped else {
            destinations = nil
            return
        }
        var next = layout.offsets.map { UInt32(truncatingIfNeeded: $0) }
        for block in 0..<tasks.blockCount {
            try tasks.withBlock(block, isChanged: true) { memory in
                let codes = memory.assumingMemoryBound(to: UInt32.self)
                for row in 0..<tasks.rows(ofBlock: block, of: rowCount).count {
                    let task = Int(codes[row])
                    codes[row] = next[task]
                    next[task] &+= 1
                }
            }
        }
        destinations = tasks
    }

    /// The column in the new order.
    func moved(_ column: ScratchColumn) throws(TableError) -> ScratchColumn {
        guard let destinations else { return column }
        let result = column.emptyCopy()
        let blocksPerPass = area.isUsed ? max(1, passBytes / column.blockBytes) : column.blockCount
        var first = 0
        while first < column.blockCount {
            let blocks = first..<min(column.blockCount, first + blocksPerPass)
            let memory = try blocks.map { _ throws(TableError) in try ScratchMemory(byteCount: column.blockBytes) }
            try scatter(column, destinations, blocks: blocks, into: memory)
            for block in memory {
                if area.isUsed { try result.appendSpilled(block) } else { result.append(block) }
            }
            first = blocks.upperBound
        }
        return result
    }

    /// The task of every row, in the new order.
    func taskCodes(like column: ScratchColumn) throws(TableError) -> ScratchColumn {
        let result = column.emptyCopy()
        var task = 0
        for block in 0..<column.blockCount {
            let rows = column.rows(ofBlock: block, of: layout.rowCount)
            let memory = try ScratchMemory(byteCount: column.blockBytes)
            let codes = memory.start.assumingMemoryBound(to: UInt32.self)
            for row in rows {
                while row >= layout.offsets[task + 1] { task += 1 }
                codes[row - rows.lowerBound] = UInt32(truncatingIfNeeded: task)
            }
            if area.isUsed { try result.appendSpilled(memory) } else { result.append(memory) }
        }
        return result
    }

    /// Writes the values that belong to these blocks of the new order.
    private func scatter(
        _ column: ScratchColumn, _ destinations: ScratchColumn, blocks: Range<Int>, into memory: [ScratchMemory]
    ) throws(TableError) {
        let targets = memory.map(\.start)
        let rowCount = layout.rowCount
        try column.forEachBlock(parallel, isChanged: false) { block, values throws(TableError) in
            let count = column.rows(ofBlock: block, of: rowCount).count
            try destinations.withBlock(block, isChanged: false) { places in
                let places = places.assumingMemoryBound(to: UInt32.self)
                targets.withUnsafeBufferPointer { targets in
                    if column.stride == 8 {
                        Self.scatter(
                            values.assumingMemoryBound(to: UInt64.self), places, count, shift: column.blockShift,
                            first: blocks.lowerBound, into: targets)
                    } else {
                        Self.scatter(
                            values.assumingMemoryBound(to: UInt32.self), places, count, shift: column.blockShift,
                            first: blocks.lowerBound, into: targets)
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func scatter<Value: BitwiseCopyable>(
        _ values: UnsafePointer<Value>, _ places: UnsafePointer<UInt32>, _ count: Int, shift: Int, first: Int,
        into targets: UnsafeBufferPointer<UnsafeMutableRawPointer>
    ) {
        let mask = 1 << shift - 1
        for row in 0..<count {
            let place = Int(places[row])
            let block = place >> shift - first
            guard block >= 0, block < targets.count else { continue }
            targets[block].storeBytes(
                of: values[row], toByteOffset: (place & mask) * MemoryLayout<Value>.stride, as: Value.self)
        }
    }
}
