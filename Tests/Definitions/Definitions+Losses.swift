import Glibc

extension Definitions {
    /// A loss by the name of its model: what a row's response costs at the linear predictors of its classes.
    public enum RowLoss: Sendable {
        case squared, logistic, poisson, softmax

        /// `(eta - y)^2 / 2`, `log(1 + e^eta) - y eta`, `e^eta - y eta`, `log(sum of e^eta_c) - eta_y`.
        public func value(_ eta: [Double], _ y: Double) -> Double {
            switch self {
            case .squared: (eta[0] - y) * (eta[0] - y) / 2
            case .logistic: log1p(exp(eta[0])) - y * eta[0]
            case .poisson: exp(eta[0]) - y * eta[0]
            case .softmax: log(eta.reduce(0) { $0 + exp($1) }) - eta[Int(y)]
            }
        }

        /// The mean that the model expects: `eta`, `1 / (1 + e^-eta)`, `e^eta`, each class's share of `e^eta_c`.
        public func means(_ eta: [Double]) -> [Double] {
            switch self {
            case .squared: eta
            case .logistic: [1 / (1 + exp(-eta[0]))]
            case .poisson: [exp(eta[0])]
            case .softmax: eta.map { exp($0) / eta.reduce(0) { $0 + exp($1) } }
            }
        }

        /// The value's second derivatives in the predictors of two classes.
        public func curvature(_ eta: [Double], _ a: Int, _ b: Int) -> Double {
            let mu = means(eta)
            return switch self {
            case .squared: 1
            case .logistic: mu[0] * (1 - mu[0])
            case .poisson: mu[0]
            case .softmax: mu[a] * ((a == b ? 1 : 0) - mu[b])
            }
        }
    }

    /// `x_i' beta_c` for one row and each column of coefficients.
    public static func predictors(_ x: [Double], _ coefficients: [[Double]]) -> [Double] {
        coefficients.map { beta in zip(x, beta).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// `sum over rows of w loss`.
    public static func lossSum(_ loss: RowLoss, _ rows: TaskRows, at coefficients: [[Double]]) -> Double {
        rows.response.indices.reduce(0) { sum, row in
            let eta = predictors(rows.design[row], coefficients)
            return sum + rows.weights[row] * loss.value(eta, rows.response[row])
        }
    }

    /// `sum over rows of w (mu_c - y_c) x` for each column, where softmax has `y_c` 1 for the response's class and 0
    /// otherwise.
    public static func lossGradient(_ loss: RowLoss, _ rows: TaskRows, at coefficients: [[Double]]) -> [[Double]] {
        var gradient = coefficients.map { $0.map { _ in 0.0 } }
        for row in rows.response.indices {
            let means = loss.means(predictors(rows.design[row], coefficients))
            for (column, mean) in means.enumerated() {
                let y = rows.response[row]
                let expected: Double = if case .softmax = loss { y == Double(column) ? 1 : 0 } else { y }
                for (k, x) in rows.design[row].enumerated() {
                    gradient[column][k] += rows.weights[row] * (mean - expected) * x
                }
            }
        }
        return gradient
    }

    /// `sum over rows of w curvature x x'` for two columns.
    public static func lossHessian(
        _ loss: RowLoss, _ rows: TaskRows, at coefficients: [[Double]], _ a: Int, _ b: Int
    ) -> [[Double]] {
        var weighted = rows
        for row in rows.response.indices {
            weighted.weights[row] *= loss.curvature(predictors(rows.design[row], coefficients), a, b)
        }
        let width = coefficients[0].count
        return jointGram(weighted, featureCount: width).prefix(width).map { Array($0.prefix(width)) }
    }
}
