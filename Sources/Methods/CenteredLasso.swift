import Compute

/// The LASSO of one task towards a centre, from its moments:
///
///     minimise  1/2 (b - c)'A (b - c) - q'(b - c) + sum over k of l_k |b_k - c_k|
///
/// with `A = X'WX / n` and `q = X'Wy / n - A c`, by cyclic coordinate descent. Huang et al. (2024), Appendix E: with a
/// robust centre it takes the bias off what tasks do not share, and needs fewer rows than least squares.
struct CenteredLasso {
    private let order: Int
    /// `A`, full and symmetric, row by row.
    private let matrix: [Double]
    private let cross: [Double]
    private let center: [Double]
    /// The root mean square of the response: what steps are small beside.
    private let scale: Double

    /// - Parameters:
    ///   - moments: the triangle of a task's joint moments, row by row.
    ///   - weight: the sum of its weights, `n`.
    ///   - center: on the columns of the moments.
    init(moments: ArraySlice<Double>, weight: Double, center: [Double]) {
        let order = center.count
        let first = moments.startIndex
        func entry(_ row: Int, _ column: Int) -> Double {
            moments[first + triangleCount(max(row, column)) + min(row, column)] / weight
        }
        matrix = (0..<order * order).map { entry($0 / order, $0 % order) }
        cross = (0..<order).map { row in
            (0..<order).reduce(entry(order, row)) { $0 - entry(row, $1) * center[$1] }
        }
        scale = entry(order, order).squareRoot()
        self.order = order
        self.center = center
    }

    struct Solution {
        let coefficients: [Double]
        /// By how much the conditions of an optimum fail at most: `|r_k| <= l_k` where `b_k = c_k`, else `r_k = +-l_k`,
        /// with `r` the gradient of the smooth part with its sign changed.
        let violation: Double
        let isConverged: Bool
    }

    private static let mostSweeps = 10_000
    /// A sweep whose largest step changes fitted values by less, beside the response, is the last.
    private static let tolerance = 1e-12

    /// - Parameter penalties: `l_k`, one a coefficient, at least 0.
    func solve(penalties: [Double]) -> Solution {
        var difference = Array(repeating: 0.0, count: order)
        var residual = cross
        var isConverged = false
        for _ in 0..<Self.mostSweeps where !isConverged {
            var largest = 0.0
            for k in 0..<order {
                let diagonal = matrix[k * order + k]
                // A feature that is 0 throughout stays with the centre.
                guard diagonal > 0 else { continue }
                let target = residual[k] + diagonal * difference[k]
                let shrunken = target - max(-penalties[k], min(penalties[k], target))
                let step = shrunken / diagonal - difference[k]
                if step == 0 { continue }
                for row in 0..<order { residual[row] -= matrix[k * order + row] * step }
                difference[k] += step
                largest = max(largest, abs(step) * diagonal.squareRoot())
            }
            isConverged = largest <= Self.tolerance * scale
        }
        let violations = difference.indices.map { k in
            matrix[k * order + k] > 0
                ? difference[k] == 0
                    ? max(0, abs(residual[k]) - penalties[k])
                    : abs(residual[k] - (difference[k] < 0 ? -penalties[k] : penalties[k])) : 0
        }
        return Solution(
            coefficients: zip(center, difference).map { $0 + $1 }, violation: violations.max() ?? 0,
            isConverged: isConverged)
    }
}
