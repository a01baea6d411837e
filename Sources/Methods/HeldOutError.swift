import Compute

extension Backend {
    /// The sum over each task's rows of `w (y - x'b)^2` at coefficients `b` of each task, from the moments of those rows:
    /// `c - 2 b'X'Wy + b'X'WX b`. All on scaled columns; one value for each column of coefficients.
    ///
    /// Its rounding error is some units of the last digit of `c`: see ``FoldedMoments/roundingError``.
    func squaredErrors(
        of moments: Moments<Buffer>, at coefficients: Vectors<Buffer>
    ) throws(ComputeError) -> [Double] {
        let (taskCount, columnCount) = (moments.taskCount, coefficients.columnCount)
        let product = try makeVectors(
            taskCount: taskCount, columnCount: columnCount, width: moments.featureCount, zeroed: false)
        try multiply(moments.gram, coefficients, into: product)
        // G b - 2 X'Wy, so that one inner product with b gives both terms.
        try combine(product.scaled(by: 1), moments.cross.scaled(by: -2), into: product)
        let error = try makeVectors(taskCount: taskCount, columnCount: columnCount, width: 1, zeroed: false)
        try dots(coefficients, product, into: error)
        try combine(error.scaled(by: 1), moments.squares.scaled(by: 1), into: error)
        return try download(error).map { $0 < 0 ? 0 : $0 }
    }
}

extension FoldedMoments {
    /// The sum over each task's rows in a fold of `w (y - x'b)^2`, on the user's scale.
    ///
    /// NaN where a coefficient is missing.
    ///
    /// - Parameter coefficients: `taskCount x columnCount x featureCount`, on the user's scale.
    /// - Returns: `taskCount x columnCount`.
    func squaredErrors(
        inFold fold: Int, at coefficients: [Double], columnCount: Int = 1
    ) throws(ComputeError) -> [Double] {
        let width = problem.featureCount
        let unit = problem.scaling.scales[width] * problem.scaling.scales[width]
        let scaled = problem.scaling.scaled(coefficients)
        var errors: [Double] = []
        errors.reserveCapacity(taskCount * columnCount)
        let size = columnCount * width
        try forEachShard(of: fold) { tasks, heldOut throws(ComputeError) in
            let beta = try backend.makeVectors(taskCount: tasks.count, columnCount: columnCount, width: width)
            try backend.upload(Array(scaled[tasks.lowerBound * size..<tasks.upperBound * size]), into: beta)
            errors += try backend.squaredErrors(of: heldOut, at: beta).map { $0 * unit }
        }
        return errors
    }

    /// What rounding may add to the squared errors of all tasks together, on the user's scale: sixteen units of the last
    /// digit of `sum of w y^2`, with the response less its shift. It is seen where tasks' responses are far apart and
    /// errors small.
    var roundingError: Double {
        get throws(ComputeError) {
            let square = try training(without: nil).total().values.last ?? 0
            let scale = problem.scaling.scales[problem.featureCount]
            return 16 * Double(B.Scalar.ulpOfOne) * square * scale * scale
        }
    }
}
