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

    /// Writes a weighted quantile of each entry into the one task of `quantile`.
    ///
    /// With `S(z)` the weight of values up to `z` and `W` that of all, every value between the first with
    /// `S(z) >= share W` and the first with `S(z) > share W` is one; `tie` says which is taken when they differ. Weights
    /// that are whole numbers are compared exactly (up to a total of 2^51), others to their rounding. The result is
    /// exact and has the same bits on every backend, in any order of the tasks. A zero is +0.
    ///
    /// A task of weight 0 is left out whatever it holds. An entry is NaN when a task of positive weight holds NaN there;
    /// all are when a weight is negative or not finite, or when no weight is positive. Unlike other operations this one
    /// blocks: a sample and the values near the quantile come to the host.
    ///
    /// - Complexity: one pass over the values.
    func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>) throws(ComputeError)

    /// Writes `y = A x` for each column of each task, with one matrix for all tasks.
    ///
    /// `matrix` is one task whose columns are the rows of `A`: as wide as `vectors`, and as many as `products` is wide.
    /// `products` may not be `vectors`.
    func matmul(_ vectors: Vectors<Buffer>, _ matrix: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)

    /// Writes `sum over tasks of w_j x_j y_j'`, the product `X'WY` of arrays with a row a task, into the one task of
    /// `sum`: a column for each value of `y_j`, as wide as `x_j`. A task of weight 0 is left out whatever it holds.
    ///
    /// - Parameter weights: one a task, or nil for weights of 1.
    func crossProduct(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, weights: Vectors<Buffer>?, into sum: Vectors<Buffer>
    ) throws(ComputeError)
}

/// Which quantile is taken when every value between two of the data is one.
public enum TieRule: Sendable, CaseIterable {
    case midpoint, lower, upper
}

extension TaskStatistics {
    /// Writes the weighted median of each entry into the one task of `median`: ``weightedQuantile(of:weights:at:tie:into:)``
    /// at one half. It minimises `sum over tasks of w_j |v_j - z|`.
    public func weightedMedian(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, tie: TieRule = .midpoint, into median: Vectors<Buffer>
    ) throws(ComputeError) {
        try weightedQuantile(of: vectors, weights: weights, at: 0.5, tie: tie, into: median)
    }
}
