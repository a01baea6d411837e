import Methods
import Tables

/// Statistics, p-values and confidence limits of estimates, by Student's t.
struct Inference: Sendable {
    /// The distribution and the critical value for each number of degrees of freedom.
    private let distributions: [Double: (distribution: StudentT, critical: Double)]

    /// - Parameter degreesOfFreedom: all that will be asked for; those that are no number or below 1 are left out.
    init(level: Double, degreesOfFreedom: some Sequence<Double>) {
        var distributions: [Double: (StudentT, Double)] = [:]
        for degrees in degreesOfFreedom where degrees >= 1 {
            let distribution = StudentT(degreesOfFreedom: degrees)
            distributions[degrees] = (distribution, -distribution.quantile((1 - level) / 2))
        }
        self.distributions = distributions
    }

    func estimate(_ estimate: Double, standardError: Double, degreesOfFreedom: Double) -> TidyEstimate {
        guard standardError.isFinite else { return TidyEstimate(estimate: estimate) }
        guard let (distribution, critical) = distributions[degreesOfFreedom] else {
            return TidyEstimate(estimate: estimate, standardError: standardError)
        }
        let statistic = estimate / standardError
        return TidyEstimate(
            estimate: estimate, standardError: standardError, statistic: statistic,
            pValue: distribution.twoSidedPValue(statistic), confidenceLow: estimate - critical * standardError,
            confidenceHigh: estimate + critical * standardError)
    }
}
