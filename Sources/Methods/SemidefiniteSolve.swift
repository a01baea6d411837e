import Compute

/// The solution of `A x = b` for a positive semidefinite matrix, a triangle row by row: `L L' x = b`, with 0 for an unknown
/// whose pivot is rounding, which those before it determine.
///
/// - Parameter tolerance: how small a share of its diagonal a pivot may be.
func semidefiniteSolution(_ triangle: [Double], _ rightSide: [Double], tolerance: Double) -> [Double] {
    let order = rightSide.count
    var (lower, x) = (triangle, rightSide)
    for row in 0..<order {
        let start = triangleCount(row)
        for column in 0...row {
            let other = triangleCount(column)
            var sum = triangle[start + column]
            for k in 0..<column { sum -= lower[start + k] * lower[other + k] }
            if column < row {
                lower[start + column] = lower[other + column] > 0 ? sum / lower[other + column] : 0
            } else {
                lower[start + row] = sum > tolerance * triangle[start + row] ? sum.squareRoot() : 0
            }
        }
        var value = x[row]
        for k in 0..<row { value -= lower[start + k] * x[k] }
        x[row] = lower[start + row] > 0 ? value / lower[start + row] : 0
    }
    for row in (0..<order).reversed() {
        let pivot = lower[triangleCount(row) + row]
        x[row] = pivot > 0 ? x[row] / pivot : 0
        for k in 0..<row { x[k] -= lower[triangleCount(row) + k] * x[row] }
    }
    return x
}
