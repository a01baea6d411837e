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

    /// `(w_i r_i)^2 / (1 - h_i)^e` for each row.
    public static func squaredScores(
        _ rows: TaskRows, at coefficients: [Double], featureCount: Int, exponent: Int
    ) -> [Double] {
        let residuals = residuals(rows, at: coefficients)
        let leverages = leverages(rows, featureCount: featureCount)
        return residuals.indices.map { row in
            let score = rows.weights[row] * residuals[row]
            return (0..<exponent).reduce(score * score) { result, _ in result / (1 - leverages[row]) }
        }
    }
}
