/// Which of several folds each row is in: a balanced random partition of every task's rows, for cross-validation.
///
/// Each run of `foldCount` consecutive rows of a task is dealt out to the folds in a random order, one row a fold, and so
/// is what remains at the task's end. The sizes of a task's folds therefore differ by at most one, and which folds get
/// the extra rows differs from task to task: over many small tasks the folds fill evenly. A row's fold depends on the
/// seed, its task and its position there alone, and is found without looking at other runs, so it is the same
/// however rows are cut into chunks, and costs one random word a row and no memory. Dealing out runs rather than the
/// whole task also gives every fold its part of any drift along the rows.
public struct RowFolds: Sendable, Equatable {
    public let foldCount: Int
    public let seed: UInt64
    /// The task of the whole problem that is task 0 here: where shards of a problem begin.
    public let firstTask: Int

    /// - Parameter foldCount: at least 1; with more folds than a task has rows, its rows are each in another fold.
    public init(foldCount: Int, seed: UInt64, firstTask: Int = 0) {
        precondition(foldCount >= 1, "rows are in one fold at least")
        self.foldCount = foldCount
        self.seed = seed
        self.firstTask = firstTask
    }

    /// The folds of consecutive rows of a task, given by their positions in it.
    public func folds(ofRows positions: Range<Int>, task: Int) -> [Int] {
        [Int32](unsafeUninitializedCapacity: positions.count) { folds, count in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: foldCount) { order in
                if let folds = folds.baseAddress, let order = order.baseAddress {
                    write(positions, of: task, to: folds, shuffling: order)
                }
            }
            count = positions.count
        }.map { Int($0) }
    }

    /// Writes the folds of consecutive rows of a task.
    ///
    /// - Parameter order: scratch for `foldCount` numbers.
    func write(
        _ positions: Range<Int>, of task: Int, to folds: UnsafeMutablePointer<Int32>,
        shuffling order: UnsafeMutablePointer<Int32>
    ) {
        var stream = RandomStream(seed: seed, purpose: .folds)
        stream.firstTask = UInt32(truncatingIfNeeded: firstTask)
        // Fisher and Yates' shuffle of a run, as far as rows need it: its k-th step fixes the fold of its k-th row.
        var runStart = positions.lowerBound / foldCount * foldCount
        while runStart < positions.upperBound {
            for fold in 0..<foldCount { order[fold] = Int32(truncatingIfNeeded: fold) }
            for step in 0..<min(foldCount, positions.upperBound - runStart) {
                let word = stream.words(task: task, position: runStart + step)[0]
                // A remainder by multiplication; its bias, foldCount / 2^32, is beyond any experiment.
                let other = step &+ Int((UInt64(word) &* UInt64(foldCount &- step)) >> 32)
                (order[step], order[other]) = (order[other], order[step])
                let place = runStart &+ step &- positions.lowerBound
                if place >= 0 { folds[place] = order[step] }
            }
            runStart += foldCount
        }
    }
}
