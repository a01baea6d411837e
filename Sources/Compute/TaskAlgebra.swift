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

    /// Writes the squared errors, on rows held out, of ridge fits to the other rows: for each task one value a penalty.
    ///
    /// With the moments of all rows `G`, `c` and of those held out `G_h`, `c_h` and `s_h`, a penalty's coefficients
    /// solve `(G - G_h + D) b = c - c_h + D m`, and its error is `s_h - 2 b'c_h + b'G_h b`, at least 0. Moments are
    /// those of the first response. The error is NaN where `factor` would call the matrix unsolvable, and not finite
    /// where a number that it comes from is not.
    ///
    /// Penalties and centers that have one task, one column or one value a column serve all tasks, penalties or
    /// features.
    ///
    /// - Parameters:
    ///   - penalties: the diagonal of `D`, a column a penalty.
    ///   - center: `m`.
    ///   - tolerance: as `factor` takes it.
    /// - Complexity: O(*taskCount* x *penalties* x *featureCount*^3); the moments are read once.
    func ridgeErrors(
        of moments: Moments<Buffer>, holdingOut heldOut: Moments<Buffer>, penalties: Vectors<Buffer>,
        toward center: Vectors<Buffer>, tolerance: Scalar, into errors: Vectors<Buffer>) throws(ComputeError)

    /// Writes `s_a x_a + s_b x_b`, or `s_a x_a` alone when `b` is nil, element by element.
    ///
    /// A vector or scale that has one task, one column or one value a column serves all tasks, columns or coordinates
    /// of the result. Where its scale is 0 a term is left out, whatever it holds. The result may be a term's vectors if
    /// they have its shape.
    func combine(_ a: Term<Buffer>, _ b: Term<Buffer>?, into result: Vectors<Buffer>) throws(ComputeError)

    /// Writes `x'y` for each column of each task: one value a column. An operand of one task or one column serves all.
    func dots(_ x: Vectors<Buffer>, _ y: Vectors<Buffer>, into products: Vectors<Buffer>) throws(ComputeError)

    /// Writes `y = G x` for each column of each task. Matrices or vectors of one task serve all; `products` may not be
    /// `vectors`.
    func multiply(_ matrices: Matrices<Buffer>, _ vectors: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)

    /// Writes `x - s (G x - c)` for each column of each task: a step of length `s` down the gradient of
    /// `x'G x / 2 - c'x`, which for moments is that of half the squared error. One pass over the matrices.
    ///
    /// Matrices, vectors, linear terms or lengths of one task serve all, and linear terms or lengths of one column serve
    /// all columns. `result` may not be `vectors`.
    ///
    /// - Parameters:
    ///   - linear: `c`, as wide as the vectors.
    ///   - lengths: `s`, one a task or column.
    func gradientStep(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, from vectors: Vectors<Buffer>,
        lengths: Vectors<Buffer>, into result: Vectors<Buffer>) throws(ComputeError)

    /// Shrinks each column towards `center` as `prox` says; the result may be `vectors`.
    ///
    /// A centre, threshold or weight that has one task, one column or one value a column serves all. Thresholds are at
    /// least 0. With 0, `soft`, `hard` and `block` leave a vector as it is; with infinity they give the centre,
    /// whatever the vector holds, and `ball` leaves the vector. Otherwise a value that is not a number, in the vector,
    /// the centre or the threshold, gives NaN: in its coordinate, or for `block` and `ball` in the column, as an
    /// infinite difference does there.
    ///
    /// - Parameters:
    ///   - thresholds: one a coordinate, column or task; for `block` and `ball` not one a coordinate.
    ///   - weights: what thresholds are multiplied by, a coordinate; for `block` and `ball`, 1 for the coordinates that
    ///     the norm covers and 0 for others. A coordinate of weight 0 is left as it is, whatever it holds.
    func shrink(
        _ vectors: Vectors<Buffer>, toward center: Vectors<Buffer>, thresholds: Vectors<Buffer>,
        weights: Vectors<Buffer>?, prox: Prox, into result: Vectors<Buffer>) throws(ComputeError)

    /// Writes the eigenvalues and eigenvectors of each matrix, by Jacobi's rotations.
    ///
    /// Of each eigenvector, the entry of largest magnitude, the first of several, is positive. A matrix with an entry
    /// that is not finite gives NaN throughout.
    ///
    /// - Complexity: some 6 to 10 sweeps of 6 *order*^3 operations a task.
    func eigen(_ matrices: Matrices<Buffer>, into system: EigenSystem<Buffer>) throws(ComputeError)

    /// Writes the infimal convolution of each task's quadratic and a penalty, at each column's centre:
    ///
    ///     f~(c) = min over x of  x'G x / 2 - b'x + t ||x - c||
    ///
    /// With `g = G c - b`, the minimiser is `c` itself where `||g|| <= t`; elsewhere it is `c - (G + s)^-1 g` with the one
    /// `s` that makes `s ||x - c|| = t`. A threshold of 0 gives the quadratic's own minimiser, the nearest to `c` of
    /// several, and an infinite one the centre. Duan and Wang (2023), eq. (3.6) and (3.9). With the squared distance
    /// `t ||x - c||^2 / 2` in place of the norm, `s` is `t`.
    ///
    /// Eigenvalues of at most `tolerance` times the largest count as 0, and what the linear term has along their vectors is
    /// left out: of moments it is rounding. A column for which a number is not finite is not finite either.
    ///
    /// Centers, linear terms and thresholds that have one task or one column serve all.
    ///
    /// - Parameters:
    ///   - system: of `G`, each task's own.
    ///   - linear: `V'b`, in the system's coordinates: see ``coordinates(of:in:into:)``.
    ///   - thresholds: `t`, at least 0: one a column.
    /// - Complexity: two products with the eigenvectors a column, and some 5 to 10 steps of Newton's method.
    func infimalConvolution(
        of system: EigenSystem<Buffer>, linear: Vectors<Buffer>, at centers: Vectors<Buffer>,
        thresholds: Vectors<Buffer>, distance: Distance, tolerance: Scalar, into result: InfimalConvolution<Buffer>
    ) throws(ComputeError)

    /// Writes the elastic net of each task's quadratic for each column, by cyclic coordinate descent:
    ///
    ///     minimise  u'A u / 2 - q'u + t sum over k of (a |u_k| + (1 - a) u_k^2 / 2)
    ///
    /// A column begins at the answer of the one before it, the first at 0: thresholds that descend make a warm path. A
    /// coordinate whose diagonal is not positive stays 0. Friedman, Hastie and Tibshirani (2010).
    ///
    /// With `r = q - A u`, the answer has `r_k - t (1 - a) u_k` of at most `t a` in size where `u_k` is 0, and elsewhere
    /// `t a` with the sign of `u_k`. A column's violation is the most by which a coordinate fails that, over
    /// `sqrt(A_kk)`, as a share of the largest `|q_k| / sqrt(A_kk)`. It is formed anew from `u`, and NaN where a number
    /// is: what the coefficients are then is of no use. An answer that ten thousand sweeps and steps of conjugate gradients
    /// do not reach is not told but by its violation.
    ///
    /// Linear terms and thresholds that have one task or one column serve all.
    ///
    /// - Parameters:
    ///   - matrices: `A`, of no negative eigenvalue.
    ///   - linear: `q`.
    ///   - thresholds: `t`, at least 0, one a column; infinity gives 0 throughout.
    ///   - mixture: `a`, from 0 to 1: 1 is the LASSO, 0 ridge regression.
    ///   - violations: one a column.
    /// - Complexity: O(*order*^2) a sweep and task, of which a column takes some 10 to 100 where columns of the design are
    ///   not nearly dependent.
    func elasticNet(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, thresholds: Vectors<Buffer>, mixture: Scalar,
        into coefficients: Vectors<Buffer>, violations: Vectors<Buffer>) throws(ComputeError)
}

extension TaskAlgebra {
    /// Writes `V'x`: the coordinates of each task's one vector along the eigenvectors of its system.
    public func coordinates(
        of vectors: Vectors<Buffer>, in system: EigenSystem<Buffer>, into coordinates: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(
            vectors.columnCount == 1 && coordinates.columnCount == 1 && coordinates.width == system.order,
            "one vector a task, as wide as the system's order")
        let products = Vectors(
            taskCount: coordinates.taskCount, columnCount: system.order, width: 1, entries: coordinates.entries)
        try dots(system.vectors, vectors, into: products)
    }

    /// Writes `s x`, element by element, as the combination of two terms does.
    public func combine(_ term: Term<Buffer>, into result: Vectors<Buffer>) throws(ComputeError) {
        try combine(term, nil, into: result)
    }
}
