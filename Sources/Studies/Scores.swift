import Compute
import Methods
import RealModule

/// What a fit of one replication's tasks is measured by.
struct Scores {
    let replication: Replication
    private let fit: Fit
    private let featureCount: Int

    init(of fit: Fit, to replication: Replication) {
        self.fit = fit
        self.replication = replication
        featureCount = replication.cell.setting.featureCount
    }

    /// The metric's value; NaN where a task that it covers has no coefficients, or no standard errors for intervals.
    func value(of metric: Metric) -> Double {
        let tasks = replication.isOutlier.indices.filter { task in
            switch metric.tasks {
            case .all: true
            case .inliers: !replication.isOutlier[task]
            case .outliers: replication.isOutlier[task]
            }
        }
        let count = Double(tasks.count)
        switch metric.kind {
        case .meanL1: return tasks.reduce(0) { $0 + absoluteDistance(of: $1) } / count
        case .meanL2: return tasks.reduce(0) { $0 + squaredDistance(of: $1).squareRoot() } / count
        case .maxL1: return largest(tasks) { absoluteDistance(of: $0) }
        case .maxL2: return largest(tasks) { squaredDistance(of: $0).squareRoot() }
        case .prediction: return tasks.reduce(0) { $0 + predictionError(of: $1) } / count
        case .coverage: return intervals(of: tasks).coverage
        case .length: return intervals(of: tasks).length
        case .missing: return Double(tasks.count { coefficients(of: $0).contains(where: \.isNaN) }) / count
        }
    }

    private func coefficients(of task: Int) -> ArraySlice<Double> {
        if let tasks = fit.tasks { return tasks.coefficients(of: task) }
        guard let center = fit.center, fit.statuses[task] == .ok else {
            return Array(repeating: .nan, count: featureCount)[...]
        }
        return center.coefficients[...]
    }

    private func absoluteDistance(of task: Int) -> Double {
        zip(coefficients(of: task), replication.coefficients(of: task)).reduce(0) { $0 + abs($1.0 - $1.1) }
    }

    private func squaredDistance(of task: Int) -> Double {
        zip(coefficients(of: task), replication.coefficients(of: task)).reduce(0) {
            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
    }

    private func predictionError(of task: Int) -> Double {
        let difference = zip(coefficients(of: task), replication.coefficients(of: task)).map { $0 - $1 }
        return replication.covarianceRoot(of: task).transposedProduct(difference[...]).reduce(0) { $0 + $1 * $1 }
    }

    private func largest(_ tasks: [Int], _ distance: (Int) -> Double) -> Double {
        var largest = 0.0
        for task in tasks {
            let own = distance(task)
            if own.isNaN { return .nan }
            largest = max(largest, own)
        }
        return largest
    }

    /// The share of the 95 % intervals that hold the truth, and their mean length.
    private func intervals(of tasks: [Int]) -> (coverage: Double, length: Double) {
        var quantiles: [Double: Double] = [:]
        func quantile(_ degrees: Double) -> Double {
            if let known = quantiles[degrees] { return known }
            let value = StudentT(degreesOfFreedom: degrees).quantile(0.975)
            quantiles[degrees] = value
            return value
        }
        var held = 0
        var length = 0.0
        for task in tasks {
            let (errors, degrees): (ArraySlice<Double>, Double)
            if let own = fit.tasks {
                (errors, degrees) = (own.standardErrors(of: task), own.degreesOfFreedom[task])
            } else if let center = fit.center {
                (errors, degrees) = (center.standardErrors[...], center.degreesOfFreedom)
            } else {
                return (.nan, .nan)
            }
            guard degrees > 0, errors.allSatisfy(\.isFinite) else { return (.nan, .nan) }
            let multiple = quantile(degrees)
            for (error, (estimate, truth)) in zip(
                errors, zip(coefficients(of: task), replication.coefficients(of: task)))
            {
                if abs(estimate - truth) <= multiple * error { held += 1 }
                length += 2 * multiple * error
            }
        }
        let count = Double(tasks.count * featureCount)
        return (Double(held) / count, length / count)
    }
}
