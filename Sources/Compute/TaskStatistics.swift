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

    /// Writes `sum of w_j v_j over the tasks of each label` into the one task of `sums`, a column a label.
    ///
    /// `labels` holds one whole number a task; a task whose label is negative, too large or NaN is left out, and so is
    /// one of weight 0, whatever it holds. `sums` has one task, so that every device of a group holds all of them, as
    /// ``nearestCenter(of:centers:distances:into:)`` needs its centers.
    func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, labels: Vectors<Buffer>, into sums: Vectors<Buffer>
    ) throws(ComputeError)

    /// Writes `sum over the tasks of each group of w_j v_j`: `sums` has a task a group, as wide as the vectors.
    ///
    /// A task of weight 0 is left out whatever it holds; an empty group has zeros. The bits of a group's sum depend on its
    /// own tasks alone, not on where they lie or what other groups there are: a piece of tasks at equal distances from
    /// the group's start is summed lane by lane, then its lanes in order, then the pieces.
    func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, groups: TaskGroups, into sums: Vectors<Buffer>
    ) throws(ComputeError)

    /// Writes the number of the center that is nearest to each task's vector, and its squared distance.
    ///
    /// `centers` is one task of a column a center. Of several at the same distance the first is taken. A vector that
    /// holds NaN has label -1 and distance NaN; a center that holds NaN is nearest to nothing.
    ///
    /// - Complexity: O(*taskCount* x *centers* x *width*).
    func nearestCenter(
        of vectors: Vectors<Buffer>, centers: Vectors<Buffer>, distances: Vectors<Buffer>, into labels: Vectors<Buffer>
    ) throws(ComputeError)

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

    /// Writes the mean of each entry without its smallest and largest values into the one task of `mean`.
    ///
    /// Of the `M` tasks of positive weight, the `floor(share M)` smallest and as many of the largest values are left out;
    /// the others count alike, whatever their weights. Of values that are the same, as many are left out as it takes. An
    /// entry is NaN when a task of positive weight holds NaN there, or when there is no such task. It blocks, as
    /// ``weightedQuantile(of:weights:at:tie:into:)`` does.
    ///
    /// - Precondition: `0 <= share < 1/2`.
    func trimmedMean(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, share: Double, into mean: Vectors<Buffer>
    ) throws(ComputeError)

    /// Writes the point nearest to each column of each task with `x >= 0` and `sum of x = radius`: `max(v - t, 0)` for
    /// the one `t` that makes it so. Output may be the input.
    ///
    /// Adding a constant to a column changes nothing. A column that holds NaN or infinity becomes NaN, except that
    /// minus infinity beside a finite value becomes 0.
    func projectOntoSimplex(_ vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>)
        throws(ComputeError)

    /// Projects as ``projectOntoSimplex(_:radius:into:)`` does, but each entry's vector has a value a task.
    ///
    /// It blocks: the sums that lead to each entry's threshold are read back, in a few passes over the values.
    func projectOntoSimplex(acrossTasks vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>)
        throws(ComputeError)
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
