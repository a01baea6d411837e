import Compute
import Definitions
import Methods
import TestSupport

/// A problem whose rows are in memory, scaled as a table's are.
struct ArrayProblem: Problem, CustomStringConvertible {
    var tasks: [TaskRows]
    var featureCount: Int
    var isWeighted = false
    var scaling: ColumnScaling
    /// The variance of each task's errors, where it is taken as known.
    var errorVariances: [Double]?
    /// A code a row, in the order of tasks and rows.
    var clusterCodes: [UInt32]?

    var description: String { "\(tasks.count) tasks of \(featureCount) features" }

    /// - Parameter isScaled: whether columns are shifted and scaled; the first feature must then be the intercept.
    init(_ problem: RandomProblem, isScaled: Bool = true) {
        self.init(
            tasks: problem.tasks, featureCount: problem.featureCount, isWeighted: problem.isWeighted,
            isScaled: isScaled)
    }

    init(tasks: [TaskRows], featureCount: Int, isWeighted: Bool = false, isScaled: Bool = true) {
        self.tasks = tasks
        self.featureCount = featureCount
        self.isWeighted = isWeighted
        scaling =
            isScaled
            ? ColumnScaling(
                shifts: (0...featureCount).map { $0 == 0 ? 0 : 0.25 * Double($0 % 3) },
                scales: (0...featureCount).map { $0 == 0 ? 1 : 0.5 + Double($0 % 4) }, intercept: 0)
            : .identity(featureCount: featureCount)
    }

    var layout: TaskLayout { TaskLayout(sampleCounts: tasks.map(\.response.count)) }
    var sampleCounts: [Int] { tasks.map { $0.weights.count { $0 > 0 } } }

    var clusters: ClusterCodes? {
        guard let codes = clusterCodes else { return nil }
        return ClusterCodes(clusterCount: Int(codes.max() ?? 0) + 1) { rows, destination throws(ComputeError) in
            for (offset, row) in rows.enumerated() { destination[offset] = codes[row] }
        }
    }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        let values = tasks.flatMap { task in
            task.response.indices.flatMap { row in
                (task.design[row] + [task.response[row]]).enumerated().map { column, value in
                    Scalar((value - scaling.shifts[column]) / scaling.scales[column])
                }
            }
        }
        let weights = tasks.flatMap { $0.weights.map { Scalar($0) } }
        return RowArrays(
            layout: layout, featureCount: featureCount, values: values, weights: isWeighted ? weights : nil)
    }

    /// All tasks' rows as those of one.
    var pooledRows: TaskRows {
        TaskRows(
            design: tasks.flatMap(\.design), response: tasks.flatMap(\.response), weights: tasks.flatMap(\.weights))
    }

    /// The cluster codes of each task's rows.
    var codesByTask: [[UInt32]] {
        tasks.indices.map { Array((clusterCodes ?? [])[layout.offsets[$0]..<layout.offsets[$0 + 1]]) }
    }
}

extension Definitions {
    /// Least-squares coefficients and their standard errors, from the formulas as they are written.
    static func leastSquares(
        _ rows: TaskRows, featureCount: Int, variance: VarianceEstimator, clusters: [UInt32] = []
    ) -> (coefficients: [Double], standardErrors: [Double]) {
        let joint = jointGram(rows, featureCount: featureCount)
        let gram = joint.prefix(featureCount).map { Array($0.prefix(featureCount)) }
        let beta = solve(gram, joint.prefix(featureCount).map { $0[featureCount] })
        let inverse = inverse(gram)
        let residuals = residuals(rows, at: beta)
        let n = Double(residuals.count)
        let p = Double(featureCount)
        if variance == .iid {
            let rss = zip(rows.weights, residuals).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
            return (beta, beta.indices.map { (rss / (n - p) * inverse[$0][$0]).squareRoot() })
        }
        let leverages = leverages(rows, featureCount: featureCount)
        var middle = gram.map { $0.map { _ in 0.0 } }
        func add(_ score: [Double]) {
            for a in score.indices {
                for b in score.indices { middle[a][b] += score[a] * score[b] }
            }
        }
        var factor = 1.0
        if variance == .cluster {
            var sums: [UInt32: [Double]] = [:]
            for row in residuals.indices {
                let score = rows.design[row].map { rows.weights[row] * residuals[row] * $0 }
                sums[clusters[row]] = sums[clusters[row]].map { zip($0, score).map { $0 + $1 } } ?? score
            }
            for key in sums.keys.sorted() { add(sums[key] ?? []) }
            let g = Double(sums.count)
            factor = g / (g - 1) * (n - 1) / (n - p)
        } else {
            for row in residuals.indices {
                let rest = 1 - leverages[row]
                let correction = variance == .hc2 ? rest : variance == .hc3 ? rest * rest : 1
                add(rows.design[row].map { rows.weights[row] * residuals[row] * $0 / correction.squareRoot() })
            }
            if variance == .hc1 { factor = n / (n - p) }
        }
        return (beta, inverse.map { (factor * quadraticForm(middle, $0)).squareRoot() })
    }
}
