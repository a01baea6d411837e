import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

/// A loss with the intercept's role and the penalty's distance.
struct LossCase: Sendable, CustomStringConvertible {
    let model: LossModel
    let intercept: ARMUL.InterceptRole
    var distance = Distance.norm

    var description: String { "\(model), intercept \(intercept), \(distance)" }

    /// A column of coefficients a class.
    func columns(_ coefficients: [Double]) -> [[Double]] {
        let width = coefficients.count / model.columns
        return (0..<model.columns).map { Array(coefficients[$0 * width..<($0 + 1) * width]) }
    }

    func means(_ design: [Double], _ coefficients: [Double]) -> [Double] {
        model.definition.means(Definitions.predictors(design, columns(coefficients)))
    }

    /// The mean loss's gradient, column by column.
    func gradient(_ rows: TaskRows, _ coefficients: [Double]) -> [Double] {
        let total = rows.weights.reduce(0, +)
        return Definitions.lossGradient(model.definition, rows, at: columns(coefficients)).flatMap { $0 }.map {
            $0 / total
        }
    }
}

extension LossModel {
    /// A response with these predictors, from a uniform number.
    func draw(_ eta: [Double], _ uniform: Double) -> Double {
        let means = definition.means(eta)
        switch definition {
        case .squared: return eta[0] + uniform - 0.5
        case .logistic: return uniform < means[0] ? 1 : 0
        case .poisson: return (2 * uniform * min(means[0], 20)).rounded()
        case .softmax:
            var rest = uniform
            for (column, mean) in means.enumerated() {
                rest -= mean
                if rest < 0 { return Double(column) }
            }
            return Double(columns - 1)
        }
    }
}

/// The objective of a fit and what its conditions for an optimum lack, from the rows.
struct RowOptimality {
    private(set) var residual = 0.0
    private(set) var objective = 0.0

    init(_ problem: ArrayProblem, _ form: LossCase, strength: Double, _ fit: Fit) throws {
        let tasks = try SlowARMULTests.coefficients(fit)
        let center = try #require(fit.center).coefficients
        let sums = problem.tasks.map { $0.weights.reduce(0, +) }
        let features = problem.featureCount
        let shrunk = center.indices.filter { form.intercept == .shared || $0 % features != 0 }
        var centerSlope = shrunk.map { _ in 0.0 }
        for (task, rows) in problem.tasks.enumerated() {
            let slopes = form.gradient(rows, tasks[task])
            let lambda =
                strength * (Double(form.intercept == .shared ? features : features - 1) / sums[task]).squareRoot()
            let own = shrunk.map { slopes[$0] }
            let moves = shrunk.map { tasks[task][$0] - center[$0] }
            let distance = Definitions.distance(moves, moves.map { _ in 0 })
            let share = sums[task] / sums.reduce(0, +)
            // What a proximal step of length 1 would move.
            let target = zip(moves, own).map { $0 - $1 }
            let length = Definitions.distance(target, target.map { _ in 0 })
            let factor =
                form.distance == .squared ? 1 / (1 + lambda) : length <= lambda ? 0 : 1 - lambda / length
            residual = max(residual, Definitions.distance(moves, target.map { factor * $0 }))
            for index in slopes.indices where !shrunk.contains(index) { residual = max(residual, abs(slopes[index])) }
            for (place, slope) in own.enumerated() { centerSlope[place] += share * slope }
            let value = Definitions.lossSum(form.model.definition, rows, at: form.columns(tasks[task])) / sums[task]
            objective += share * (value + form.distance.penalty(lambda, at: distance))
        }
        residual = max(residual, Definitions.distance(centerSlope, centerSlope.map { _ in 0 }))
    }
}
