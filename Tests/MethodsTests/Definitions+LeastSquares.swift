import Compute
import Definitions
import Methods
import TestSupport

extension Definitions {
    /// Least-squares coefficients and their standard errors, from the formulas as they are written.
    static func leastSquares(
        _ rows: TaskRows, featureCount: Int, variance: VarianceEstimator, clusters: [UInt32] = []
    ) -> (coefficients: [Double], standardErrors: [Double]) {
        let joint = jointGram(rows, featureCount: featureCount)
        let gram = joint.prefix(featureCount).map { Array($0.prefix(featureCount)) }
        let beta = solve(gram, joint.prefix(featureCount).map { $0[featureCount] })
        let inverse = inverse(gram)
        let residuals = residuals(rows, at: beta)
        let n = Double(residuals.count)
        let p = Double(featureCount)
        if variance == .iid {
            let rss = zip(rows.weights, residuals).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
            return (beta, beta.indices.map { (rss / (n - p) * inverse[$0][$0]).squareRoot() })
        }
        let leverages = leverages(rows, featureCount: featureCount)
        var middle = gram.map { $0.map { _ in 0.0 } }
        func add(_ score: [Double]) {
            for a in score.indices {
                for b in score.indices { middle[a][b] += score[a] * score[b] }
            }
        }
        var factor = 1.0
        if variance == .cluster {
            var sums: [UInt32: [Double]] = [:]
            for row in residuals.indices {
                let score = rows.design[row].map { rows.weights[row] * residuals[row] * $0 }
                sums[clusters[row]] = sums[clusters[row]].map { zip($0, score).map { $0 + $1 } } ?? score
            }
            for key in sums.keys.sorted() { add(sums[key] ?? []) }
            let g = Double(sums.count)
            factor = g / (g - 1) * (n - 1) / (n - p)
        } else {
            for row in residuals.indices {
                let rest = 1 - leverages[row]
                let correction = variance == .hc2 ? rest : variance == .hc3 ? rest * rest : 1
                add(rows.design[row].map { rows.weights[row] * residuals[row] * $0 / correction.squareRoot() })
            }
            if variance == .hc1 { factor = n / (n - p) }
        }
        return (beta, inverse.map { (factor * quadraticForm(middle, $0)).squareRoot() })
    }
}
