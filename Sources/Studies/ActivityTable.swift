/// The table of an experiment's repetitions: each method's mean error, and what was chosen most often.
package struct ActivityTable: Sendable {
    /// A line, in the order of ``ActivityMethod/all``.
    package struct Line: Sendable {
        package let method: ActivityMethod
        package let error: ActivityMethod.Error
        /// `K` and `C`, each with how often it was chosen; nil where there is none.
        package let size: (value: Int, count: Int)?
        package let strength: (value: Double, count: Int)?
    }

    package let lines: [Line]

    package init(_ outcomes: [[ActivityExperiment.Outcome]]) {
        lines = ActivityMethod.all.enumerated().map { place, method in
            let own = outcomes.map { $0[place] }
            let mean = own.reduce(0) { $0 + $1.error } / Double(own.count)
            let variance = own.reduce(0) { $0 + ($1.error - mean) * ($1.error - mean) } / Double(own.count)
            return Line(
                method: method, error: ActivityMethod.Error(mean: mean, deviation: variance.squareRoot()),
                size: method.hasSize ? Self.mode(own.map(\.size)) : nil,
                strength: method.hasStrength ? Self.mode(own.map(\.strength)) : nil)
        }
    }

    /// The value that is there most often, the least of several.
    private static func mode<Value: Comparable & Hashable>(_ values: [Value]) -> (value: Value, count: Int)? {
        let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }

    /// The pairs of methods that are in another order here than in the paper: the first has the smaller error there.
    package var swapped: [(String, String)] {
        let ranked = lines.sorted { $0.method.published.mean < $1.method.published.mean }
        return ranked.indices.flatMap { place in
            ranked[(place + 1)...].filter { $0.error.mean <= ranked[place].error.mean }.map {
                (ranked[place].method.name, $0.method.name)
            }
        }
    }
}
