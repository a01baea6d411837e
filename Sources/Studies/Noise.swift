/// The errors of the responses: independent, with mean 0 and this standard deviation.
struct Noise: Sendable {
    enum Distribution: Sendable {
        case gaussian
        /// Student's t, brought to variance 1.
        case t(degrees: Double)
        /// A chi-square variable brought to mean 0 and variance 1: skewness `sqrt(8 / degrees)`.
        case skewed(degrees: Double)
    }

    var distribution: Distribution
    var deviation: Double

    private enum Name: String, CaseIterable {
        case gaussian, t, skewed
    }

    init(_ fields: inout StudyFields) throws(StudyError) {
        deviation = try fields.number("deviation", in: .atLeastZero, fallback: 1)
        let name: Name = try fields.choice("distribution", fallback: .gaussian)
        switch name {
        case .gaussian: distribution = .gaussian
        case .t: distribution = .t(degrees: try fields.number("degrees", in: .above(2)))
        case .skewed: distribution = .skewed(degrees: try fields.number("degrees", in: .positive, fallback: 4))
        }
        try fields.finish()
    }

    init() {
        distribution = .gaussian
        deviation = 1
    }

    var isGaussian: Bool {
        if case .gaussian = distribution { return true }
        return false
    }

    /// The error of one row, from the row's own sequence.
    func draw(_ draws: inout DrawSequence) -> Double {
        switch distribution {
        case .gaussian: return deviation * draws.normal()
        case .t(let degrees):
            let normal = draws.normal()
            let chiSquare = 2 * draws.gamma(shape: degrees / 2)
            return deviation * normal * ((degrees - 2) / chiSquare).squareRoot()
        case .skewed(let degrees):
            return deviation * (2 * draws.gamma(shape: degrees / 2) - degrees) / (2 * degrees).squareRoot()
        }
    }
}
