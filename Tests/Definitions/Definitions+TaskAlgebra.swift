extension Definitions {
    /// `L` with `L L' = G`, lower triangular.
    public static func cholesky(_ gram: [[Double]]) -> [[Double]] {
        var lower = gram.map { $0.map { _ in 0.0 } }
        for row in gram.indices {
            for column in 0...row {
                var rest = gram[row][column]
                for k in 0..<column { rest -= lower[row][k] * lower[column][k] }
                lower[row][column] = row == column ? rest.squareRoot() : rest / lower[column][column]
            }
        }
        return lower
    }

    /// `x` with `G x = b`, by elimination with row exchanges.
    public static func solve(_ matrix: [[Double]], _ rightSide: [Double]) -> [Double] {
        var a = matrix
        var x = rightSide
        for k in a.indices {
            let pivot = (k..<a.count).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
            a.swapAt(k, pivot)
            x.swapAt(k, pivot)
            for row in a.indices where row != k {
                let ratio = a[row][k] / a[k][k]
                for column in k..<a.count { a[row][column] -= ratio * a[k][column] }
                x[row] -= ratio * x[k]
            }
        }
        return a.indices.map { x[$0] / a[$0][$0] }
    }

    /// `G^-1`, column by column.
    public static func inverse(_ matrix: [[Double]]) -> [[Double]] {
        matrix.indices.map { column in solve(matrix, matrix.indices.map { $0 == column ? 1 : 0 }) }
    }

    /// `x' A x`.
    public static func quadraticForm(_ matrix: [[Double]], _ x: [Double]) -> Double {
        var sum = 0.0
        for row in x.indices {
            for column in x.indices { sum += x[row] * matrix[row][column] * x[column] }
        }
        return sum
    }

    /// `sum of w (y - x'b)^2` over the rows held out, where `b` solves `(X'WX + D) b = X'Wy + D m` of the rows to fit; NaN
    /// where there is no such `b`.
    public static func ridgeError(
        fitting rows: TaskRows, holdingOut heldOut: TaskRows, penalty: [Double], center: [Double]
    ) -> Double {
        let order = penalty.count
        var gram = jointGram(rows, featureCount: order)
        for k in 0..<order {
            gram[k][k] += penalty[k]
            gram[k][order] += penalty[k] * center[k]
        }
        let b = solve(gram.prefix(order).map { Array($0.prefix(order)) }, gram.prefix(order).map { $0[order] })
        guard b.allSatisfy(\.isFinite) else { return .nan }
        return zip(heldOut.weights, residuals(heldOut, at: b)).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    }

    /// `sum of s x` over terms `(s, x)`, without those whose scale `s` is 0.
    public static func combination(_ terms: [(scale: Double, value: Double)]) -> Double {
        terms.filter { $0.scale != 0 }.reduce(0) { $0 + $1.scale * $1.value }
    }

    /// `x'y`.
    public static func dot(_ x: [Double], _ y: [Double]) -> Double {
        zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// `A x`.
    public static func product(_ matrix: [[Double]], _ x: [Double]) -> [Double] { matrix.map { dot($0, x) } }

    /// `x - s (G x - c)`.
    public static func gradientStep(_ gram: [[Double]], _ c: [Double], from x: [Double], length s: Double) -> [Double] {
        zip(zip(x, c), product(gram, x)).map { $0.0 - s * ($1 - $0.1) }
    }

    /// `(l, V)` with `G = V diag(l) V'`, `V` by rows, values ascending: each rotation zeroes one pair of entries (Jacobi).
    public static func eigen(_ gram: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
        var a = gram
        var v = gram.indices.map { row in gram.indices.map { $0 == row ? 1.0 : 0 } }
        for _ in 0..<20 {
            for p in a.indices {
                for q in a.indices.dropFirst(p + 1) where a[p][q] != 0 {
                    let cotangent = (a[q][q] - a[p][p]) / (2 * a[p][q])
                    let t = (cotangent < 0 ? -1 : 1) / (abs(cotangent) + (cotangent * cotangent + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    for k in a.indices {
                        (a[k][p], a[k][q]) = (c * (a[k][p] - t * a[k][q]), c * (a[k][q] + t * a[k][p]))
                    }
                    for k in a.indices {
                        (a[p][k], a[q][k]) = (c * (a[p][k] - t * a[q][k]), c * (a[q][k] + t * a[p][k]))
                    }
                    for k in a.indices {
                        (v[k][p], v[k][q]) = (c * (v[k][p] - t * v[k][q]), c * (v[k][q] + t * v[k][p]))
                    }
                }
            }
        }
        let order = a.indices.sorted { a[$0][$0] < a[$1][$1] }
        return (order.map { a[$0][$0] }, v.map { row in order.map { row[$0] } })
    }
}
