/// What is formed across tasks.
public protocol TaskStatistics<Scalar>: BackendMemory {
    /// Writes `sum over tasks of w_j v_j` into the one task of `sum`. A task of weight 0 is left out whatever it holds.
    func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)
}
