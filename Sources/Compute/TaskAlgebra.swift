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

    /// Writes `s_a x_a + s_b x_b`, or `s_a x_a` alone when `b` is nil, element by element.
    ///
    /// A vector or scale that has one task, one column or one value a column serves all tasks, columns or coordinates
    /// of the result. Where its scale is 0 a term is left out, whatever it holds. The result may be a term's vectors if
    /// they have its shape.
    func combine(_ a: Term<Buffer>, _ b: Term<Buffer>?, into result: Vectors<Buffer>) throws(ComputeError)

    /// Writes `x'y` for each column of each task: one value a column. An operand of one task or one column serves all.
    func dots(_ x: Vectors<Buffer>, _ y: Vectors<Buffer>, into products: Vectors<Buffer>) throws(ComputeError)
}

extension TaskAlgebra {
    /// Writes `s x`, element by element, as the combination of two terms does.
    public func combine(_ term: Term<Buffer>, into result: Vectors<Buffer>) throws(ComputeError) {
        try combine(term, nil, into: result)
    }
}
