/// What methods came to in one split.
package struct StudentOutcome: Sendable, Equatable {
    /// Of one method.
    package struct Choice: Sendable, Equatable {
        /// The l1 error of each country at the chosen coefficient.
        package let errors: [Double]
        /// The place of the chosen coefficient.
        package let coefficient: Int
        /// The least that the countries' errors sum to at any coefficient.
        package let leastSum: Double

        /// Chooses the coefficient with the least error on the rows for validation, the first of several.
        ///
        /// - Parameters:
        ///   - errors: for each coefficient those of the countries.
        ///   - validation: for each coefficient the mean squared errors of predictions, summed over countries.
        package init(errors: [[Double]], validation: [Double]) {
            let finite = validation.indices.filter { validation[$0].isFinite }
            coefficient = finite.min { validation[$0] < validation[$1] } ?? 0
            self.errors = errors[coefficient]
            leastSum = errors.map { $0.reduce(0, +) }.min() ?? .nan
        }
    }

    /// In the order of ``StudentMethod/all``.
    package let choices: [Choice]
    /// How many draws of a country's rows were set aside.
    package let redrawnCount: Int

    package init(choices: [Choice], redrawnCount: Int) {
        self.choices = choices
        self.redrawnCount = redrawnCount
    }

    private var baseline: Double { choices[0].errors.reduce(0, +) }

    /// A method's errors over those of the first method, each summed over countries, in percent: the split's A.R.E.
    package func relativeError(of method: Int) -> Double { 100 * (choices[method].errors.reduce(0, +) / baseline) }

    /// The same at the coefficient that is best by the errors themselves.
    package func leastRelativeError(of method: Int) -> Double { 100 * (choices[method].leastSum / baseline) }
}
