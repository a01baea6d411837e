import Compute

/// The solution of `A x = b` for a positive semidefinite matrix, a triangle row by row: `L L' x = b`, with 0 for an unknown
/// whose pivot is rounding, which those before it determine.
///
/// - Parameter tolerance: how small a share of its diagonal a pivot may be.
func semidefiniteSolution(_ triangle: [Double], _ rightSide: [Double], tolerance: Double) -> [Double] {
    semidefiniteSystem(triangle, rightSide, tolerance: tolerance).solution
}

/// The same of a matrix that may be indefinite: nil where a pivot is negative by more than rounding.
func solutionIfSemidefinite(_ triangle: [Double], _ rightSide: [Double], tolerance: Double) -> [Double]? {
    let found = semidefiniteSystem(triangle, rightSide, tolerance: tolerance)
    return found.kind == .indefinite ? nil : found.solution
}

/// The same of a matrix that may be singular: nil where a pivot is rounding, or negative.
func solutionIfDefinite(_ triangle: [Double], _ rightSide: [Double], tolerance: Double) -> [Double]? {
    let found = semidefiniteSystem(triangle, rightSide, tolerance: tolerance)
    return found.kind == .definite ? found.solution : nil
}

/// Whether a matrix's pivots are all positive, or some are rounding, or negative.
private enum Definiteness {
    case definite, semidefinite, indefinite
}

private func semidefiniteSystem(
    _ triangle: [Double], _ rightSide: [Double], tolerance: Double
) -> (solution: [Double], kind: Definiteness) {
    let order = rightSide.count
    var (lower, x) = (triangle, rightSide)
    var kind = Definiteness.definite
    lower.withUnsafeMutableBufferPointer { lower in
        x.withUnsafeMutableBufferPointer { x in
            guard let lower = lower.baseAddress, let x = x.baseAddress else { return }
            factorizeSemidefinite(lower, order: order, tolerance: tolerance) { pivot, diagonal in
                if pivot < -tolerance * abs(diagonal) {
                    kind = .indefinite
                } else if !(pivot > tolerance * diagonal), kind == .definite {
                    kind = .semidefinite
                }
            }
            for row in 0..<order {
                let own = lower + triangleCount(row)
                x[row] = own[row] > 0 ? (x[row] - dot(own, x, count: row)) / own[row] : 0
            }
            for row in (0..<order).reversed() {
                let own = lower + triangleCount(row)
                x[row] = own[row] > 0 ? x[row] / own[row] : 0
                for k in 0..<row { x[k] -= own[k] * x[row] }
            }
        }
    }
    return (x, kind)
}

/// What each row of a triangle has of its diagonal that those before it do not determine; 0 where that is rounding.
package func pivots(of triangle: [Double], order: Int, tolerance: Double) -> [Double] {
    var (lower, pivots) = (triangle, [Double]())
    lower.withUnsafeMutableBufferPointer { lower in
        guard let lower = lower.baseAddress else { return }
        factorizeSemidefinite(lower, order: order, tolerance: tolerance) { pivot, diagonal in
            pivots.append(pivot > tolerance * diagonal ? pivot : 0)
        }
    }
    return pivots
}

/// `L` of `A = L L'`, in the triangle's place; 0 as a diagonal where the pivot is rounding.
///
/// - Parameters:
///   - tolerance: how small a share of its diagonal a pivot may be.
///   - body: is given each pivot, and the diagonal that it is left of.
@inline(__always)
func factorizeSemidefinite(
    _ lower: UnsafeMutablePointer<Double>, order: Int, tolerance: Double,
    _ body: (_ pivot: Double, _ diagonal: Double) -> Void = { _, _ in }
) {
    for row in 0..<order {
        let own = lower + triangleCount(row)
        for column in 0..<row {
            let other = lower + triangleCount(column)
            own[column] = other[column] > 0 ? (own[column] - dot(own, other, count: column)) / other[column] : 0
        }
        let diagonal = own[row]
        let pivot = diagonal - dot(own, own, count: row)
        body(pivot, diagonal)
        own[row] = pivot > tolerance * diagonal ? pivot.squareRoot() : 0
    }
}
