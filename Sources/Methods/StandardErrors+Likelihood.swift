import Compute

extension StandardErrors {
    /// Those of maximum likelihood, whose statistics are normal: the roots of the diagonal of `(X'DX)^-1`, or of a sandwich of
    /// it around the scores `w (y - mean) x`.
    ///
    /// - Parameters:
    ///   - fit: with the factor of `X'DX`.
    ///   - variance: `.hc2` and `.hc3` correct by the leverages of least squares, and are not for other losses.
    init<B: Backend>(
        ofLikelihood loss: Loss, _ fit: LeastSquares<B>, to problem: some Problem, groups: CoefficientSharing,
        sampleCounts: [Int], variance: VarianceEstimator, progress: PassProgress?
    ) throws(ComputeError) {
        precondition(variance.isOfAnyLoss, "variances that any loss has")
        var factors = sampleCounts.map { _ in 1.0 }
        let residualDegrees = sampleCounts.map { Double($0 - problem.featureCount) }
        let diagonals: [Double]
        if variance == .iid {
            diagonals = try fit.inverseDiagonals()
            factors = factors.map { _ in problem.weightScale }
        } else {
            var pass = ResidualPass(backend: fit.backend, coefficients: fit.scaled, progress: progress)
            pass.loss = loss
            if variance == .cluster {
                guard let codes = problem.clusters else {
                    preconditionFailure("clustered variances need cluster codes")
                }
                let sums = try pass.clusters(of: problem, codes: codes, groups: groups)
                diagonals = try fit.sandwichDiagonals(middle: sums.middle)
                factors = sampleCounts.indices.map { group in
                    let g = Double(sums.clusterCounts[group])
                    return g < 2
                        ? .nan : g / (g - 1) * Double(sampleCounts[group] - 1) / residualDegrees[group]
                }
            } else {
                diagonals = try fit.sandwichDiagonals(middle: pass.scoreProducts(of: problem, groups: groups))
                if variance == .hc1 { factors = zip(sampleCounts, residualDegrees).map { Double($0) / $1 } }
            }
        }
        self.init(
            values: diagonals.roots(scaledBy: factors, parallel: fit.backend.parallel),
            degreesOfFreedom: sampleCounts.map { _ in .infinity })
    }
}

extension VarianceEstimator {
    /// Whether losses other than the squared one have it too.
    public var isOfAnyLoss: Bool { self != .hc2 && self != .hc3 }
}
