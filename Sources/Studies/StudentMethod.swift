import Compute
import Methods

/// A line of Table 2: a method, the coefficients it is tuned over, and what is known of its error.
package struct StudentMethod: Sendable {
    package let name: String
    /// The estimator of each value of its coefficient.
    let estimators: [any Estimator]
    /// The averaged relative error, in percent, that a program other than this one found on the same rows in 30 splits; and
    /// where for each split the best coefficient is taken.
    package let standIn: Double?
    package let standInBest: Double?
    /// What Huang et al. print, of another year and other features.
    package let published: Double?
    /// Whether it is the method that they propose for these rows.
    let isPapers: Bool

    /// Of the values in ``standIn``, about.
    package static let standInError = 1.0
    /// The values of a coefficient, as J.1 has them. They are not multiplied by the deviation of errors: the response has
    /// variance 1.
    package static let coefficients = [0.05, 0.35, 0.7, 1, 2]

    package var isTuned: Bool { estimators.count > 1 }

    private init(
        _ name: String, _ estimators: [any Estimator], standIn: Double? = nil, standInBest: Double? = nil,
        published: Double? = nil, isPapers: Bool = false
    ) {
        self.name = name
        self.estimators = estimators
        self.standIn = standIn
        self.standInBest = standInBest
        self.published = published
        self.isPapers = isPapers
    }

    private static func lasso(_ center: Lasso.Center) -> [any Estimator] {
        coefficients.map { Lasso(center: center, strength: $0, intercept: .shared) }
    }

    private static func molar(_ shrinkage: MOLAR.Shrinkage) -> [any Estimator] {
        coefficients.map { MOLAR(shrinkage: shrinkage, strength: $0, intercept: .shared) }
    }

    /// The first is the one that errors are relative to.
    package static let all = [
        StudentMethod("OLS", [Individual()], published: 100),
        StudentMethod("LASSO", lasso(.zero), standIn: 93.1, published: 85.72),
        StudentMethod("Pool", [Pooled()], standIn: 100.7, published: 106.05),
        StudentMethod("RM", lasso(.trimmedMean), standIn: 66.9, published: 81.30),
        StudentMethod("ML", lasso(.median), standIn: 68.2),
        StudentMethod("MOLAR, soft", molar(.soft), standIn: 73.5, standInBest: 69.6, published: 76.93, isPapers: true),
        StudentMethod("MOLAR, hard", molar(.hard), standIn: 96.7, standInBest: 77.7),
    ]
}
