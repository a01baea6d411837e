/// Which rows belong to which task: the rows of task `j` are `offsets[j] ..< offsets[j + 1]`, in input order.
public struct TaskLayout: Sendable, Equatable {
    /// `taskCount + 1` ascending row numbers, the first 0 and the last the number of rows.
    public let offsets: [Int]

    /// The number of rows that are summed as one block; sums over rows never depend on how rows are cut into chunks,
    /// because chunks are cut only between blocks.
    public static let rowsPerBlock = 512

    /// A layout of tasks with these numbers of rows.
    public init(sampleCounts: [Int]) {
        var offsets = [0]
        offsets.reserveCapacity(sampleCounts.count + 1)
        var total = 0
        for count in sampleCounts {
            precondition(count >= 0, "a task cannot have a negative number of rows")
            total += count
            offsets.append(total)
        }
        self.offsets = offsets
    }

    public var taskCount: Int { offsets.count - 1 }
    public var rowCount: Int { offsets[offsets.count - 1] }

    /// The number of rows of each task.
    public var sampleCounts: [Int] { (0..<taskCount).map { offsets[$0 + 1] - offsets[$0] } }

    /// The number of rows of one task.
    public func sampleCount(of task: Int) -> Int { offsets[task + 1] - offsets[task] }

    /// The task that a row belongs to. Precondition: there is such a row.
    public func task(ofRow row: Int) -> Int {
        var low = 0
        var high = taskCount - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if offsets[middle] <= row { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The chunks of at most `capacity` rows that make up all rows, in order, each a whole number of row blocks.
    ///
    /// A capacity below one block counts as one block. A problem without rows has no chunks. With `folds`, each row block
    /// is cut further, into a block for each fold.
    ///
    /// With `packSize`, chunks are cut between packs of so many tasks alone: every task, also one without rows, is whole
    /// in one chunk, and a pack of more rows than the capacity makes a chunk of its own that holds it.
    ///
    /// - Parameter parallel: the threads that deal rows out to folds.
    public func chunks(
        ofAtMost capacity: Int, folds: RowFolds? = nil, packSize: Int? = nil, parallel: Parallel = Parallel()
    ) -> ChunkSequence {
        ChunkSequence(layout: self, capacity: capacity, folds: folds, packSize: packSize, parallel: parallel)
    }
}
