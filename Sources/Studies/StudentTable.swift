/// Table 2 of an experiment's splits: each method's errors by country, and relative to those of least squares.
package struct StudentTable: Sendable {
    /// A mean over splits and its standard error; NaN of one split.
    package struct Mean: Sendable {
        package let value: Double
        package let standardError: Double

        package init(of values: [Double]) {
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            value = mean
            standardError = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count).squareRoot()
        }
    }

    /// A line, in the order of ``StudentMethod/all``.
    package struct Line: Sendable {
        package let method: StudentMethod
        /// The l1 error of each country.
        package let errors: [Mean]
        /// A.R.E. in percent, and with the best coefficient of each split.
        package let relativeError: Mean
        package let leastRelativeError: Mean
        /// How often each coefficient was chosen.
        package let choiceCounts: [Int]

        /// How many standard errors of the difference lie between the relative error and the one that is known; nil where none
        /// is, or of one split.
        package var distance: Double? {
            guard let known = method.standIn, relativeError.standardError.isFinite else { return nil }
            let (own, other) = (relativeError.standardError, StudentMethod.standInError)
            return abs(relativeError.value - known) / (own * own + other * other).squareRoot()
        }
    }

    package let lines: [Line]
    /// How many draws of a country's rows were set aside in all splits.
    package let redrawnCount: Int

    package init(_ outcomes: [StudentOutcome]) {
        redrawnCount = outcomes.reduce(0) { $0 + $1.redrawnCount }
        lines = StudentMethod.all.enumerated().map { place, method in
            let choices = outcomes.map { $0.choices[place] }
            return Line(
                method: method,
                errors: (choices.first?.errors ?? []).indices.map { country in
                    Mean(of: choices.map { $0.errors[country] })
                },
                relativeError: Mean(of: outcomes.map { $0.relativeError(of: place) }),
                leastRelativeError: Mean(of: outcomes.map { $0.leastRelativeError(of: place) }),
                choiceCounts: method.estimators.indices.map { setting in choices.count { $0.coefficient == setting } })
        }
    }

    /// The methods that are ahead of the paper's own, MOLAR with soft thresholds as there, the best first.
    package var aheadOfMOLAR: [Line] {
        guard let own = lines.first(where: { $0.method.isPapers }) else { return [] }
        return lines.filter { $0.relativeError.value < own.relativeError.value }
            .sorted { $0.relativeError.value < $1.relativeError.value }
    }

    /// The pairs of methods that are in another order here than in the paper: the first has the smaller error there.
    package var swapped: [(String, String)] {
        let ranked = lines.compactMap { line in line.method.published.map { (line, $0) } }.sorted { $0.1 < $1.1 }
            .map(\.0)
        return ranked.indices.flatMap { place in
            ranked[(place + 1)...].filter { $0.relativeError.value <= ranked[place].relativeError.value }.map {
                (ranked[place].method.name, $0.method.name)
            }
        }
    }
}
