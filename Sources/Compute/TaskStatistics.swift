/// What is formed across tasks.
public protocol TaskStatistics<Scalar>: BackendMemory {
    /// Writes `sum over tasks of w_j v_j` into the one task of `sum`. A task of weight 0 is left out whatever it holds.
    func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)

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
