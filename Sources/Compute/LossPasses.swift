/// Losses of rows, their gradients and their curvature.
///
/// Rows have one response. A set of coefficients, and its gradient, has ``Loss/columnCount`` columns, as wide as a row has
/// features; coefficients of one task serve all tasks. A row of weight 0 adds nothing, whatever its loss. Finite rows and linear
/// predictors give no NaN; a value that is too large for the scalar is infinite.
public protocol LossPasses<Scalar>: RowPasses {
    /// Adds `sum over rows of w loss(y, x' beta)` to the value of each row's task, and its gradient in `beta`, `sum over
    /// rows of w (mu - y) x`, to the gradient. What is nil is not computed.
    ///
    /// Coefficients of several times as many columns are several sets of them, those of a set side by side: several
    /// penalties, or starts, of a fit to the same rows. Each has a value and a gradient of its own, on which the others
    /// have no influence.
    ///
    /// Rows, which are in no folds, are read once for all.
    ///
    /// - Parameter values: one a task and set of coefficients.
    /// - Complexity: of several sets, two products of matrices a task: the rows with the coefficients, and their transpose
    ///   with the slopes.
    func evaluate(
        _ loss: Loss, over rows: Rows, at coefficients: Vectors<Buffer>, values: Vectors<Buffer>?,
        gradients: Vectors<Buffer>?
    ) throws(ComputeError)

    /// Returns the row weights whose Gram, by `accumulate`, is the Hessian of the sum that `evaluate` adds: the rows'
    /// weights times the loss's curvature.
    ///
    /// - Parameters:
    ///   - coefficients: one set.
    ///   - classes: of softmax the block of the Hessian, whose weights are negative off the diagonal; otherwise
    ///     (0, 0).
    func curvatureWeights(
        _ loss: Loss, of rows: Rows, at coefficients: Vectors<Buffer>, classes: (Int, Int)
    ) throws(ComputeError) -> Buffer
}
