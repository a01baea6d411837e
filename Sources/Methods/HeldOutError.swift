import Compute

extension Backend {
    /// The sum over each task's rows of `w (y - x'b)^2` at coefficients `b` of each task, from the moments of those rows:
    /// `c - 2 b'X'Wy + b'X'WX b`. All on scaled columns.
    ///
    /// Its rounding error is some units of the last digit of `c`: see ``FoldedMoments/roundingError``.
    func squaredErrors(
        of moments: Moments<Buffer>, at coefficients: Vectors<Buffer>
    ) throws(ComputeError) -> [Double] {
        let product = try makeVectors(taskCount: moments.taskCount, width: moments.featureCount)
        try multiply(moments.gram, coefficients, into: product)
        // G b - 2 X'Wy, so that one inner product with b gives both terms.
        try combine(product.scaled(by: 1), moments.cross.scaled(by: -2), into: product)
        let error = try makeVectors(taskCount: moments.taskCount, width: 1)
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
    /// - Parameter coefficients: `taskCount x featureCount`, on the user's scale.
    func squaredErrors(inFold fold: Int, at coefficients: [Double]) throws(ComputeError) -> [Double] {
        let width = problem.featureCount
        let unit = problem.scaling.scales[width] * problem.scaling.scales[width]
        let scaled = problem.scaling.scaled(coefficients)
        var errors: [Double] = []
        errors.reserveCapacity(taskCount)
        try forEachShard(of: fold) { tasks, heldOut throws(ComputeError) in
            let beta = try backend.makeVectors(taskCount: tasks.count, width: width)
            try backend.upload(Array(scaled[tasks.lowerBound * width..<tasks.upperBound * width]), into: beta)
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
