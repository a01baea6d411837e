/// Each operation as the plainest loop in double: the expected value of its test, and what its documentation means.
public enum Definitions {}

/// A task's rows: a design matrix by rows, a response and a weight a row.
public struct TaskRows: Sendable {
    public var design: [[Double]]
    public var response: [Double]
    public var weights: [Double]

    public init(design: [[Double]], response: [Double], weights: [Double]? = nil) {
        self.design = design
        self.response = response
        self.weights = weights ?? response.map { _ in 1 }
    }
}

extension Definitions {
    /// `sum over rows of w z z'` with `z = (x, y)`, as a full matrix.
    public static func jointGram(_ rows: TaskRows, featureCount: Int) -> [[Double]] {
        var sum = Array(repeating: Array(repeating: 0.0, count: featureCount + 1), count: featureCount + 1)
        for row in rows.response.indices {
            let z = rows.design[row] + [rows.response[row]]
            for a in z.indices {
                for b in z.indices { sum[a][b] += rows.weights[row] * z[a] * z[b] }
            }
        }
        return sum
    }

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

    /// `y_i - x_i' beta` for each row.
    public static func residuals(_ rows: TaskRows, at coefficients: [Double]) -> [Double] {
        rows.response.indices.map { row in
            rows.response[row] - zip(rows.design[row], coefficients).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    /// `h_i = w_i x_i' (X'WX)^-1 x_i` for each row.
    public static func leverages(_ rows: TaskRows, featureCount: Int) -> [Double] {
        let joint = jointGram(rows, featureCount: featureCount)
        let inverse = inverse(joint.prefix(featureCount).map { Array($0.prefix(featureCount)) })
        return rows.response.indices.map { rows.weights[$0] * quadraticForm(inverse, rows.design[$0]) }
    }

    /// `sum over tasks of w_j v_j`, leaving out tasks of weight 0.
    public static func weightedSum(_ vectors: [[Double]], weights: [Double]) -> [Double] {
        var sum = vectors.first.map { $0.map { _ in 0.0 } } ?? []
        for (vector, weight) in zip(vectors, weights) where weight != 0 {
            for index in sum.indices { sum[index] += weight * vector[index] }
        }
        return sum
    }
}
