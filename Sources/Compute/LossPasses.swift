/// Losses of rows, their gradients and their curvature.
///
/// Rows have one response. Coefficients and gradients have ``Loss/columnCount`` columns, as wide as a row has features;
/// coefficients of one task serve all tasks. A row of weight 0 adds nothing, whatever its loss. Finite rows and linear
/// predictors give no NaN; a value that is too large for the scalar is infinite.
public protocol LossPasses<Scalar>: RowPasses {
    /// Adds `sum over rows of w loss(y, x' beta)` to the value of each row's task, and its gradient in `beta`, `sum over
    /// rows of w (mu - y) x`, to the gradient. What is nil is not computed.
    ///
    /// Rows, which are in no folds, are read once for both.
    func evaluate(
        _ loss: Loss, over rows: Rows, at coefficients: Vectors<Buffer>, values: Vectors<Buffer>?,
        gradients: Vectors<Buffer>?
    ) throws(ComputeError)

    /// Returns the row weights whose Gram, by `accumulate`, is the Hessian of the sum that `evaluate` adds: the rows'
    /// weights times the loss's curvature.
    ///
    /// - Parameter classes: of softmax the block of the Hessian, whose weights are negative off the diagonal; otherwise
    ///   (0, 0).
    func curvatureWeights(
        _ loss: Loss, of rows: Rows, at coefficients: Vectors<Buffer>, classes: (Int, Int)
    ) throws(ComputeError) -> Buffer
}
