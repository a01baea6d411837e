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
        matrix = Array(unsafeUninitializedCapacity: order * order) { matrix, initializedCount in
            for row in 0..<order {
                for column in 0...row {
                    let value = moments[first + triangleCount(row) + column] / weight
                    matrix[row * order + column] = value
                    matrix[column * order + row] = value
                }
            }
            initializedCount = order * order
        }
        let last = moments[(first + triangleCount(order))...].map { $0 / weight }
        cross = matrix.withUnsafeBufferPointer { matrix in
            center.withUnsafeBufferPointer { center in
                guard let matrix = matrix.baseAddress, let center = center.baseAddress else { return [] }
                return (0..<order).map { last[$0] - dot(matrix + $0 * order, center, count: order) }
            }
        }
        scale = last[order].squareRoot()
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

    /// Sweeps over all coefficients, and after each over those that have left the centre until they rest: most stay there.
    ///
    /// - Parameter penalties: `l_k`, one a coefficient, at least 0.
    func solve(penalties: [Double]) -> Solution {
        var difference = Array(repeating: 0.0, count: order)
        var residual = cross
        let all = Array(0..<order)
        var (isConverged, sweepCount) = (false, 0)
        while !isConverged && sweepCount < Self.mostSweeps {
            isConverged = sweep(all, penalties, &difference, &residual) <= Self.tolerance * scale
            sweepCount += 1
            let active = all.filter { difference[$0] != 0 }
            while !isConverged && sweepCount < Self.mostSweeps {
                sweepCount += 1
                if sweep(active, penalties, &difference, &residual) <= Self.tolerance * scale { break }
            }
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

    /// Brings some coefficients one by one to where the objective is least along them.
    ///
    /// - Returns: the largest change of fitted values by one of them.
    private func sweep(
        _ coefficients: [Int], _ penalties: [Double], _ difference: inout [Double], _ residual: inout [Double]
    ) -> Double {
        var largest = 0.0
        matrix.withUnsafeBufferPointer { matrix in
            residual.withUnsafeMutableBufferPointer { residual in
                guard let matrix = matrix.baseAddress, let residual = residual.baseAddress else { return }
                for k in coefficients {
                    let diagonal = matrix[k * order + k]
                    // A feature that is 0 throughout stays with the centre.
                    guard diagonal > 0 else { continue }
                    let target = residual[k] + diagonal * difference[k]
                    let shrunken = target - max(-penalties[k], min(penalties[k], target))
                    let step = shrunken / diagonal - difference[k]
                    if step == 0 { continue }
                    add(-step, times: matrix + k * order, to: residual, count: order)
                    difference[k] += step
                    largest = max(largest, abs(step) * diagonal.squareRoot())
                }
            }
        }
        return largest
    }
}
