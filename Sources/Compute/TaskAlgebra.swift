/// One small problem a task.
public protocol TaskAlgebra<Scalar>: BackendMemory {
    /// Factors each matrix as `L L'`.
    ///
    /// Feature `k` is found collinear when what the features before it leave of its diagonal is at most `tolerance`
    /// times that diagonal, which is `1 - R^2` of its regression on them; or `tolerance / 64` times the largest factor
    /// by which a feature before it shrank, since rounding grew by that factor. `L` then is of no use, but is finite.
    func factor(_ matrices: Matrices<Buffer>, tolerance: Scalar, into factor: Factor<Buffer>) throws(ComputeError)

    /// Solves `L L' x = b` for every column of every task. Output may be the input.
    func solve(_ factor: Factor<Buffer>, _ rightSides: Vectors<Buffer>, into solutions: Vectors<Buffer>)
        throws(ComputeError)

    /// Writes `c_k' G^-1 c_k` for each task and each row `c_k` of `contrasts`, which is one task of `order` columns.
    ///
    /// With the identity for contrasts these are the diagonal of the inverse.
    func inverseDiagonals(of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>)
        throws(ComputeError)

    /// Writes `c_k' G^-1 S G^-1 c_k` for each task and each row `c_k` of `contrasts`, as `inverseDiagonals` does.
    func sandwichDiagonals(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>) throws(ComputeError)
}
