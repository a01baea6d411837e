/// The values of every task, one column an entry, wherever a backend holds them.
///
/// What is found across tasks is decided on the host, from what these few passes over the values return.
package protocol TaskColumns {
    /// Values a task.
    var entryCount: Int { get }
    /// All entries of some tasks, by task.
    func values(ofTasks tasks: [Int]) throws(ComputeError) -> [Double]
    /// All tasks' values of some entries, by entry.
    func columns(_ entries: Range<Int>) throws(ComputeError) -> [Double]
    /// Splits a range of entries, each at its bracket, in one pass over the values. Tasks of weight 0 are left out.
    func split(_ entries: Range<Int>, at brackets: [Bracket], weights: FixedPointWeights) throws(ComputeError)
        -> [BracketSplit]
    /// The largest value of each entry, NaN where there is one, and minus infinity without tasks.
    func maxima() throws(ComputeError) -> [Double]
    /// For each block of tasks in order and each entry: the sum of `value - shift` where that lies strictly inside the
    /// entry's interval, and how many do. Tasks without positive weight are left out, if there are weights.
    func blockSums(inside intervals: [ShiftedInterval]) throws(ComputeError) -> [Double]
}

/// Values `v` with `lower < v - shift < upper`.
package struct ShiftedInterval: Sendable {
    package let shift: Double
    package let lower: Double
    package let upper: Double
}

extension TaskColumns {
    /// The blocks' sums and numbers of values, added in order.
    func sums(inside intervals: [ShiftedInterval]) throws(ComputeError) -> [(sum: Double, count: Double)] {
        let blocks = try blockSums(inside: intervals)
        return intervals.indices.map { entry in
            var (sum, count) = (0.0, 0.0)
            for place in stride(from: 2 * entry, to: blocks.count, by: 2 * intervals.count) {
                sum += blocks[place]
                count += blocks[place + 1]
            }
            return (sum, count)
        }
    }
}
