import RealModule

/// What a row's response `y` costs at its linear predictor `eta = x' beta`.
///
/// | loss | value | slope | curvature |
/// |---|---|---|---|
/// | `squared` | `(eta - y)^2 / 2` | `eta - y` | 1 |
/// | `logistic` | `log(1 + exp(eta)) - y eta` | `mu - y` with `mu = 1 / (1 + exp(-eta))` | `mu (1 - mu)` |
/// | `poisson` | `exp(eta) - y eta` | `mu - y` with `mu = exp(eta)` | `mu` |
/// | `softmax` | `log(sum of exp(eta_c)) - eta_y` | `mu_c - [c = y]` with `mu_c` the share of `exp(eta_c)` | `mu_a ([a = b] - mu_b)` |
///
/// Values leave out what does not depend on `eta`, such as `log(y!)`.
public enum Loss: Hashable, Sendable {
    case squared
    /// The response is 0 or 1, or a share between them.
    case logistic
    /// Log link. The response is a count.
    ///
    /// An infinite mean has an infinite value. Slope and curvature grow no further where the mean is beyond the square
    /// root of the largest number (`eta` above 354 in double, 44 in float): gradients stay numbers.
    case poisson
    /// The response is the number of a class, `0 ..< classCount`.
    ///
    /// Coefficients are a column a class, all of them free: adding one vector to all columns changes nothing, so the
    /// Hessian is singular unless a penalty is added or one column held fixed.
    case softmax(classCount: Int)

    /// Columns of one set of coefficients, and of its gradient.
    public var columnCount: Int {
        if case .softmax(let classCount) = self { classCount } else { 1 }
    }

    /// How many sets of coefficients so many columns are.
    package func fitCount(of columnCount: Int) -> Int {
        precondition(columnCount > 0 && columnCount % self.columnCount == 0, "whole sets of coefficients")
        return columnCount / self.columnCount
    }

    /// The predictor beyond which the slope of `poisson` grows no further: the square of its mean is still a number.
    package static func predictorLimit<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Scalar {
        Scalar.log(Scalar.greatestFiniteMagnitude) / 2
    }

    /// Whether a row can have this response.
    package func allows(_ response: Double) -> Bool {
        switch self {
        case .squared: response.isFinite
        case .logistic: response >= 0 && response <= 1
        case .poisson: response >= 0 && response.isFinite
        case .softmax(let classCount): response >= 0 && response < Double(classCount) && response == response.rounded()
        }
    }
}
