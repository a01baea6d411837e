/// What is formed across tasks.
public protocol TaskStatistics<Scalar>: BackendMemory {
    /// Writes `sum over tasks of w_j v_j` into the one task of `sum`. A task of weight 0 is left out whatever it holds.
    func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)

    /// Returns `totals + sum over tasks of w_j v_j`: the sum carried over from one shard of the tasks to the next. Blocks,
    /// as `download` does.
    ///
    /// Shards of whole blocks of ``sumBlockSize`` tasks give the bits of all tasks at once.
    func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, adding totals: [Double])
        throws(ComputeError) -> [Double]

    /// Tasks that are summed as one block.
    var sumBlockSize: Int { get }
}
