import Compute

extension FoldedMoments {
    /// The sum over each task's rows in a fold of `w (y - x'b)^2`, on the user's scale, at coefficients `b` of each task
    /// (`taskCount x featureCount`, on the user's scale): `c - 2 b'X'Wy + b'X'WX b` from the fold's moments.
    ///
    /// NaN where a coefficient is missing.
    func squaredErrors(inFold fold: Int, at coefficients: [Double]) throws(ComputeError) -> [Double] {
        let width = problem.featureCount
        let scaling = problem.scaling
        let unit = scaling.scales[width] * scaling.scales[width]
        var errors: [Double] = []
        errors.reserveCapacity(taskCount)
        try forEachShard(ofFold: fold) { tasks, moments throws(ComputeError) in
            let beta = try backend.makeVectors(taskCount: tasks.count, width: width)
            try backend.upload(
                scaling.scaled(Array(coefficients[tasks.lowerBound * width..<tasks.upperBound * width])), into: beta)
            let product = try backend.makeVectors(taskCount: tasks.count, width: width)
            try backend.multiply(moments.gram, beta, into: product)
            // G b - 2 X'Wy, so that one inner product with b gives both terms.
            try backend.combine(product.scaled(by: 1), moments.cross.scaled(by: -2), into: product)
            let error = try backend.makeVectors(taskCount: tasks.count, width: 1)
            try backend.dots(beta, product, into: error)
            try backend.combine(error.scaled(by: 1), moments.squares.scaled(by: 1), into: error)
            errors += try backend.download(error).map { $0 < 0 ? 0 : $0 * unit }
        }
        return errors
    }
}
