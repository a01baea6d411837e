package import Compute
internal import Definitions
package import Methods
internal import RealModule

/// Tasks that share their coefficients but for a few each, with standard normal features and errors, as MOLAR's theory has
/// them. There is no intercept.
package struct SparseProblem: Problem {
    package let layout: TaskLayout
    package let featureCount: Int
    /// What tasks share.
    package let shared: [Double]
    /// `taskCount x featureCount`.
    package let truth: [Double]
    package let deviation: Double
    /// Whether methods are told the variance of errors.
    package var knowsVariance = false
    private let rows: RowArrays<Double>

    /// - Parameters:
    ///   - differences: how many coefficients of each task are not the shared ones, chosen at random.
    ///   - separation: how far those are from them, on either side, in multiples of `deviation / sqrt(rowCount)`.
    package init(
        taskCount: Int, rowCount: Int, featureCount: Int, differences: Int = 0, separation: Double = 0,
        deviation: Double = 1, seed: UInt64
    ) {
        var stream = TestStream(seed: seed)
        let layout = TaskLayout(sampleCounts: Array(repeating: rowCount, count: taskCount))
        let shared = (0..<featureCount).map { _ in stream.symmetric() }
        let unit = deviation / Double(rowCount).squareRoot()
        var truth: [Double] = []
        var values: [Double] = []
        values.reserveCapacity(layout.rowCount * (featureCount + 1))
        for _ in 0..<taskCount {
            var own = shared
            for feature in (0..<featureCount).shuffled(using: &stream).prefix(differences) {
                own[feature] += (stream.symmetric() > 0 ? separation : -separation) * unit
            }
            truth += own
            for _ in 0..<rowCount {
                var response = deviation * stream.normal()
                for feature in 0..<featureCount {
                    let value = stream.normal()
                    values.append(value)
                    response += value * own[feature]
                }
                values.append(response)
            }
        }
        self.layout = layout
        self.featureCount = featureCount
        self.shared = shared
        self.truth = truth
        self.deviation = deviation
        rows = RowArrays(layout: layout, featureCount: featureCount, values: values)
    }

    package var isWeighted: Bool { false }
    package var scaling: ColumnScaling { .identity(featureCount: featureCount) }
    package var sampleCounts: [Int] { layout.sampleCounts }
    package var clusters: ClusterCodes? { nil }
    package var errorVariances: [Double]? {
        knowsVariance ? Array(repeating: deviation * deviation, count: layout.taskCount) : nil
    }

    package func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        guard let rows = rows as? RowArrays<Scalar> else { preconditionFailure("rows are in double") }
        return rows
    }

    /// Whether a task's coefficient is not the shared one.
    package func differs(_ index: Int) -> Bool { truth[index] != shared[index % featureCount] }
}

extension TestStream {
    /// Standard normal, by Box and Muller.
    package mutating func normal() -> Double {
        let radius = (-2 * Double.log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self))).squareRoot()
        return radius * Double.cos(2 * Double.pi * Double.random(in: 0..<1, using: &self))
    }
}

/// Comparisons of samples with distributions.
package enum Sample {
    /// Kolmogorov and Smirnov's statistic: the largest distance of the sample's distribution from another, times the root of
    /// its size. By chance it is above 1.63 once in a hundred times.
    package static func distance(_ values: [Double], from distribution: (Double) -> Double) -> Double {
        let sorted = values.sorted()
        let count = Double(sorted.count)
        var largest = 0.0
        for (place, value) in sorted.enumerated() {
            let expected = distribution(value)
            largest = max(largest, abs(expected - Double(place) / count), abs(Double(place + 1) / count - expected))
        }
        return largest * count.squareRoot()
    }
}
