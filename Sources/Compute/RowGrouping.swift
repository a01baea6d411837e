/// The order in which the rows of a chunk lie grouped by fold, each 512 consecutive rows of a task among themselves.
public struct RowGrouping: Sendable, Equatable {
    /// Row `i` of the chunk is row `order[i]` counted from the first row of the chunk in the problem.
    public let order: [Int32]
    /// The first rows of the blocks within which rows change places, and the number of rows.
    let bounds: [Int32]

    /// Cuts row blocks by fold, and orders their rows so that those of a block and fold lie together.
    ///
    /// - Parameter firstRow: of the chunk, in the problem.
    static func grouping(
        _ blocks: [RowBlock], from firstRow: Int, of layout: TaskLayout, by folds: RowFolds, _ parallel: Parallel
    ) -> (blocks: [RowBlock], grouping: RowGrouping) {
        let foldCount = folds.foldCount
        let rowCount = blocks.last.map { Int($0.firstRow + $0.rowCount) } ?? 0
        // The rows of each block in each fold.
        var counts = [Int32](repeating: 0, count: blocks.count * foldCount)
        let order = counts.withUnsafeMutableBufferPointer { counts in
            [Int32](unsafeUninitializedCapacity: rowCount) { order, count in
                if let order = order.baseAddress, let counts = counts.baseAddress {
                    let meanRows = Swift.max(1, rowCount / blocks.count)
                    parallel.forEachRange(
                        of: blocks.count, grain: Swift.max(1, 8192 / meanRows), scratch: FoldScratch(folds)
                    ) { range, scratch in
                        for index in range {
                            let task = Int(blocks[index].task)
                            let position = firstRow + Int(blocks[index].firstRow) - layout.offsets[task]
                            scratch.group(
                                blocks[index], at: position, counts: counts + index * foldCount, order: order)
                        }
                    }
                }
                count = rowCount
            }
        }
        var cut: [RowBlock] = []
        cut.reserveCapacity(counts.count { $0 > 0 })
        for (index, block) in blocks.enumerated() {
            var place = Int(block.firstRow)
            for fold in 0..<foldCount {
                let count = Int(counts[index * foldCount + fold])
                if count == 0 { continue }
                cut.append(RowBlock(task: Int(block.task), firstRow: place, rowCount: count, fold: fold))
                place += count
            }
        }
        return (cut, RowGrouping(order: order, bounds: blocks.map(\.firstRow) + [Int32(rowCount)]))
    }

    /// Calls `body` with the rows of each block, on several threads.
    @inline(__always)
    func forEachBlock(_ parallel: Parallel, _ body: (Range<Int>) -> Void) {
        let blockCount = bounds.count - 1
        let meanRows = Swift.max(1, order.count / Swift.max(1, blockCount))
        parallel.forEachRange(of: blockCount, grain: Swift.max(1, 8192 / meanRows)) { range in
            for index in range { body(Int(bounds[index])..<Int(bounds[index + 1])) }
        }
    }
}

/// One thread's memory for dealing out the rows of a block.
private struct FoldScratch: ThreadScratch {
    private let folds: RowFolds
    private let foldOfRow: UnsafeMutablePointer<Int32>
    private let shuffle: UnsafeMutablePointer<Int32>
    private let places: UnsafeMutablePointer<Int32>

    init(_ folds: RowFolds) {
        self.folds = folds
        foldOfRow = .allocate(capacity: TaskLayout.rowsPerBlock)
        shuffle = .allocate(capacity: folds.foldCount)
        places = .allocate(capacity: folds.foldCount)
    }

    func deallocate() {
        foldOfRow.deallocate()
        shuffle.deallocate()
        places.deallocate()
    }

    /// Counts the rows of a block in each fold, and writes the order of its rows.
    ///
    /// - Parameters:
    ///   - position: of the block's first row in its task.
    ///   - counts: one a fold, all 0.
    ///   - order: of all rows of the chunk.
    func group(
        _ block: RowBlock, at position: Int, counts: UnsafeMutablePointer<Int32>, order: UnsafeMutablePointer<Int32>
    ) {
        let rowCount = Int(block.rowCount)
        folds.write(position..<position + rowCount, of: Int(block.task), to: foldOfRow, shuffling: shuffle)
        for row in 0..<rowCount { counts[Int(foldOfRow[row])] += 1 }
        var place = block.firstRow
        for fold in 0..<folds.foldCount {
            places[fold] = place
            place += counts[fold]
        }
        for row in 0..<rowCount {
            let fold = Int(foldOfRow[row])
            order[Int(places[fold])] = block.firstRow + Int32(truncatingIfNeeded: row)
            places[fold] += 1
        }
    }
}
