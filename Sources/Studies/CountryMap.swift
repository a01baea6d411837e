import Compute
import Engine
import Methods

/// Huang et al. (2024), Figure 1: where countries' coefficients differ from what most countries have.
///
/// Each country's least-squares coefficients from all its rows, less their median over countries, in absolute value. What
/// is not more than `6 sqrt(v)` counts as 0, with `v` the diagonal of `(X'X)^-1`: six standard errors, were the errors'
/// variance 1.
package struct CountryMap: Job {
    /// A country and a feature.
    package struct Cell: Sendable, Equatable {
        /// The country's coefficient less the median.
        package let difference: Double
        /// Whether it counts.
        package let isLarge: Bool

        /// The size of a difference that counts, 0 of another.
        package var size: Double { isLarge ? abs(difference) : 0 }
    }

    package struct Output: Sendable {
        package let countries: [String]
        package let features: [String]
        /// `countries x features`.
        package let cells: [Cell]
        /// The standard deviation of each country's errors.
        package let deviations: [Double]

        package func cell(_ country: Int, _ feature: Int) -> Cell { cells[country * features.count + feature] }

        /// How many of a country's differences count.
        package func largeCount(of country: Int) -> Int {
            features.indices.count { cell(country, $0).isLarge }
        }

        package var largeCount: Int { cells.count(where: \.isLarge) }
    }

    private let data: StudentData
    private let passes: PassProgress

    /// A difference is large from so many standard errors on.
    private static var multiple: Double { 6 }

    /// - Parameter passes: asked whether to go on.
    package init(_ data: StudentData, passes: PassProgress) {
        self.data = data
        self.passes = passes
    }

    package func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Output {
        let moments = data.moments
        // With strength 0 tasks keep their own coefficients, and the centre is the median.
        let fit = try MOLAR(strength: 0, intercept: .shared, weights: .equal).fit(
            MomentProblem(moments: moments), on: backend, reference: reference, progress: passes)
        guard let own = fit.tasks, let median = fit.center?.coefficients else {
            preconditionFailure("rows that determine their coefficients have been checked")
        }
        let width = data.features.count
        return Output(
            countries: data.countries, features: data.features,
            cells: own.coefficients.indices.map { place in
                let difference = own.coefficients[place] - median[place % width]
                return Cell(
                    difference: difference, isLarge: abs(difference) > Self.multiple * own.standardErrors[place])
            },
            deviations: data.countries.indices.map { country in
                let errors = moments.squaredErrors(
                    own.coefficients[country * width..<(country + 1) * width], task: country)
                return (errors / Double(moments.sampleCounts[country] - width)).squareRoot()
            })
    }
}
