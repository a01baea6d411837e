import Compute
import RealModule

/// The two stages of MOLAR on the estimates of every task: their weighted median, and shrinking them towards it.
struct MOLARShrinkage {
    /// `taskCount x featureCount`; the centre for a task without estimates of its own.
    private(set) var coefficients: [Double]
    private(set) var center: [Double]
    /// The observations of the tasks that made the centre.
    let sampleCount: Int
    /// For each coefficient, how many tasks' own estimates are farther from the centre's than their threshold; nil for
    /// a free intercept.
    private(set) var differingTaskCounts: [Int?]

    init<B: Backend>(_ molar: MOLAR, of own: OwnEstimates, on backend: B) throws(ComputeError) {
        let width = own.featureCount
        let isIncluded = own.statuses.map { $0 == .ok }
        let free = molar.intercept == .free ? own.intercept : nil
        sampleCount = zip(own.sampleCounts, isIncluded).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        let weights = try molar.weights(of: own, on: backend)
        let thresholds = molar.thresholds(of: own, total: sampleCount, free: free)
        // A task that is left out holds no numbers.
        let values = own.coefficients.enumerated().map { isIncluded[$0.offset / width] ? $0.element : 0 }

        center = try backend.median(of: values, width: width, weights: weights, tie: molar.tie)
        coefficients = try backend.shrunken(
            values, toward: center, thresholds: thresholds, leaving: free, prox: molar.shrinkage.prox)

        var counts = Array(repeating: 0, count: width)
        for index in values.indices where isIncluded[index / width] {
            if abs(values[index] - center[index % width]) > thresholds[index] { counts[index % width] += 1 }
        }
        differingTaskCounts = counts.indices.map { $0 == free ? nil : counts[$0] }
        if let free {
            moveIntercepts(at: free, from: values, means: own.featureMeans, isIncluded: isIncluded)
            let levels = isIncluded.indices.map { coefficients[$0 * width + free] }
            center[free] = try backend.median(of: levels, width: 1, weights: weights, tie: molar.tie)[0]
        }
        for index in coefficients.indices where !isIncluded[index / width] {
            coefficients[index] = center[index % width]
        }
    }

    /// Lets each task's fit go through the means of its rows again: its intercept takes up what its slopes have moved.
    private mutating func moveIntercepts(at intercept: Int, from own: [Double], means: [Double], isIncluded: [Bool]) {
        let width = center.count
        for task in isIncluded.indices where isIncluded[task] {
            for feature in 0..<width where feature != intercept {
                let index = task * width + feature
                coefficients[task * width + intercept] += (own[index] - coefficients[index]) * means[index]
            }
        }
    }
}

extension MOLAR {
    /// The weight of each task in the median, 0 for one without estimates.
    ///
    /// An error variance of less than 1e-12 of the median task's is taken for rounding, as of a response that is an exact
    /// function of the features, and not for precision: such a task counts as if it had the smallest of the others'.
    func weights<B: Backend>(of own: OwnEstimates, on backend: B) throws(ComputeError) -> [Double] {
        let isIncluded = own.statuses.map { $0 == .ok }
        let all: [Double]
        switch weights {
        case .observations: all = own.weightSums
        case .equal: all = isIncluded.map { _ in 1 }
        case .given(let values):
            precondition(
                values.count == own.taskCount && values.allSatisfy { $0 >= 0 }, "one weight a task, at least 0")
            all = values
        case .precision:
            let variances = own.errorVariances.enumerated().map { isIncluded[$0] ? $1 : 0 }
            let typical = try backend.median(
                of: variances, width: 1, weights: isIncluded.map { $0 ? 1 : 0 }, tie: .lower)[0]
            let smallest = variances.reduce(Double.infinity) { $1 > 1e-12 * typical ? min($0, $1) : $0 }
            all = own.weightSums.indices.map {
                smallest.isFinite ? own.weightSums[$0] * (smallest / max(variances[$0], smallest)) : own.weightSums[$0]
            }
        }
        return all.indices.map { isIncluded[$0] ? all[$0] : 0 }
    }

    /// `c1 sqrt(log(min(N / n_m, d))) se_mk`; 0 for a free intercept and for a task without estimates.
    func thresholds(of own: OwnEstimates, total: Int, free: Int?) -> [Double] {
        let width = own.featureCount
        let shrunkCount = Double(free == nil ? width : width - 1)
        var thresholds = Array(repeating: 0.0, count: own.coefficients.count)
        for (task, status) in own.statuses.enumerated() where status == .ok {
            let ratio = min(Double(total) / Double(own.sampleCounts[task]), shrunkCount)
            // With one task or one coefficient nothing is shrunk, whatever the strength.
            guard ratio > 1, strength > 0 else { continue }
            let multiple = strength * Double.log(ratio).squareRoot()
            for feature in 0..<width where feature != free {
                let error = own.standardErrors[task * width + feature]
                thresholds[task * width + feature] = multiple == .infinity ? .infinity : multiple * error
            }
        }
        return thresholds
    }
}

extension MOLAR.Shrinkage {
    fileprivate var prox: Prox { self == .hard ? .hard : .soft }
}

extension Backend {
    /// The weighted median of each coordinate of values that are `taskCount x width`.
    func median(
        of values: [Double], width: Int, weights: [Double], tie: TieRule
    ) throws(ComputeError) -> [Double] {
        let vectors = try makeVectors(taskCount: weights.count, width: width, zeroed: false)
        try upload(values, into: vectors)
        let taskWeights = try makeVectors(taskCount: weights.count, width: 1, zeroed: false)
        try upload(weights, into: taskWeights)
        let median = try makeVectors(taskCount: 1, width: width)
        try weightedMedian(of: vectors, weights: taskWeights, tie: tie, into: median)
        return try download(median)
    }

    /// Values that are `taskCount x width`, each shrunk towards its coordinate's centre by its threshold.
    fileprivate func shrunken(
        _ values: [Double], toward center: [Double], thresholds: [Double], leaving coordinate: Int?, prox: Prox
    ) throws(ComputeError) -> [Double] {
        let width = center.count
        let vectors = try makeVectors(
            taskCount: values.count / max(1, width), width: width, zeroed: false)
        try upload(values, into: vectors)
        let limits = try makeVectors(taskCount: vectors.taskCount, width: width, zeroed: false)
        try upload(thresholds, into: limits)
        let shared = try makeVectors(taskCount: 1, width: width)
        try upload(center, into: shared)
        let weights = try makeVectors(taskCount: 1, width: width)
        try upload((0..<width).map { $0 == coordinate ? 0 : 1 }, into: weights)
        try shrink(vectors, toward: shared, thresholds: limits, weights: weights, prox: prox, into: vectors)
        return try download(vectors)
    }
}
