import Compute

/// The two stages of MOLAR on the estimates of every task: their weighted median, and shrinking them towards it.
package struct MOLARShrinkage {
    /// `taskCount x featureCount`; the centre for a task without estimates of its own.
    package private(set) var coefficients: [Double]
    package private(set) var center: [Double]
    /// The weight of each task in the median: 0 for one without estimates, and where the centre is given.
    let weights: [Double]
    let thresholds: MOLARThresholds
    /// For each coefficient, how many tasks' own estimates are farther from the centre's than their threshold; nil for
    /// a free intercept.
    private(set) var differingTaskCounts: [Int?]

    /// - Complexity: a pass over the estimates for the median and one to shrink them.
    package init<B: Backend>(_ molar: MOLAR, of own: OwnEstimates, on backend: B) throws(ComputeError) {
        let width = own.featureCount
        let free = molar.intercept == .free ? own.intercept : nil
        let given = molar.givenCenter
        precondition(given.map { $0.coefficients.count == width } ?? true, "a centre has a value for each coefficient")
        let isInCenter = own.isInCenter
        if let given {
            weights = own.statuses.map { _ in 0 }
            center = given.coefficients
        } else {
            weights = try molar.weights(of: own, isInCenter, on: backend)
            center = try backend.median(of: own.coefficients, width: width, weights: weights, tie: molar.tie)
        }
        thresholds = molar.thresholds(
            of: own, isInCenter, shrunkCount: free == nil ? width : width - 1, backend.parallel)
        let shrunken = ShrunkenEstimates(
            own, toward: center, thresholds, molar.shrinkage, free: free, backend.parallel)
        coefficients = shrunken.coefficients
        differingTaskCounts = shrunken.differingTaskCounts.indices.map {
            $0 == free ? nil : shrunken.differingTaskCounts[$0]
        }
        if let free { try setLevels(at: free, from: coefficients, molar, of: own, on: backend) }
    }

    /// Gives tasks these intercepts, and the centre their median.
    ///
    /// - Parameter found: `taskCount x featureCount`; nothing is taken but the intercepts.
    mutating func setLevels<B: Backend>(
        at free: Int, from found: [Double], _ molar: MOLAR, of own: OwnEstimates, on backend: B
    ) throws(ComputeError) {
        let width = own.featureCount
        let levels = own.statuses.indices.map { found[$0 * width + free] }
        if molar.givenCenter == nil {
            center[free] = try backend.median(of: levels, width: 1, weights: weights, tie: molar.tie)[0]
        }
        for (task, status) in own.statuses.enumerated() {
            coefficients[task * width + free] = status == .ok ? levels[task] : center[free]
        }
    }
}

/// What every task's estimates become: concrete code, since the same loops inside a generic type look its types up at
/// every step.
private struct ShrunkenEstimates {
    let coefficients: [Double]
    let differingTaskCounts: [Int]

    init(
        _ own: OwnEstimates, toward center: [Double], _ thresholds: MOLARThresholds, _ shrinkage: MOLAR.Shrinkage,
        free: Int?, _ parallel: Parallel
    ) {
        let width = own.featureCount
        let (values, errors, means) = (own.coefficients, own.standardErrors, own.featureMeans)
        let statuses = own.statuses
        var counts = Array(repeating: 0, count: width)
        coefficients = [Double](hugeUninitializedCapacity: values.count) { shrunken, initializedCount in
            initializedCount = values.count
            guard let shrunken = shrunken.baseAddress else { return }
            let parts = parallel.gather(
                of: statuses.count, grain: SolvedTasks.grain, from: { Array(repeating: 0, count: width) }
            ) { tasks, counts in
                for task in tasks {
                    let first = task &* width
                    let row = shrunken + first
                    row.initialize(from: center, count: width)
                    guard statuses[task] == .ok else { continue }
                    let threshold = thresholds.ofTask(task)
                    switch shrinkage {
                    case .hard:
                        row.keepFar(values, errors, first, threshold, &counts) { value, _, _ in value }
                    case .soft:
                        row.keepFar(values, errors, first, threshold, &counts) { value, difference, threshold in
                            difference > 0 ? value - threshold : value + threshold
                        }
                    }
                    guard let free else { continue }
                    // The task's fit goes through the means of its rows: its intercept takes up what its slopes have
                    // moved.
                    row[free] = values[first &+ free]
                    var moved = 0.0
                    for feature in 0..<width {
                        moved += (values[first &+ feature] - row[feature]) * means[first &+ feature]
                    }
                    row[free] += moved
                }
            }
            for part in parts { for feature in 0..<width { counts[feature] += part[feature] } }
        }
        differingTaskCounts = counts
    }
}

extension UnsafeMutablePointer<Double> {
    /// Replaces a centre by a task's estimates where these are farther from it than their threshold, and counts them. A threshold
    /// that is missing moves nothing.
    ///
    /// - Parameters:
    ///   - first: where the task's estimates and errors begin; there are as many as counts.
    ///   - far: what becomes of such an estimate, by its difference from the centre and its threshold.
    @inline(__always)
    fileprivate func keepFar(
        _ values: [Double], _ errors: [Double], _ first: Int, _ threshold: MOLARThresholds.OfTask,
        _ counts: inout [Int], _ far: (_ value: Double, _ difference: Double, _ threshold: Double) -> Double
    ) {
        values.withUnsafeBufferPointer { values in
            errors.withUnsafeBufferPointer { errors in
                counts.withUnsafeMutableBufferPointer { counts in
                    for feature in counts.indices {
                        let (value, limit) = (values[first &+ feature], threshold.value(errors[first &+ feature]))
                        let difference = value - self[feature]
                        counts[feature] &+= abs(difference) > limit ? 1 : 0
                        guard !(abs(difference) <= limit) else { continue }
                        self[feature] = limit.isNaN ? value : far(value, difference, limit)
                    }
                }
            }
        }
    }
}

extension MOLAR {
    /// The weight of each task in the median, 0 for one that is not in the centre.
    ///
    /// An error variance of less than 1e-12 of the median task's is taken for rounding, as of a response that is an exact
    /// function of the features, and not for precision: such a task counts as if it had the smallest of the others'.
    func weights<B: Backend>(
        of own: OwnEstimates, _ isInCenter: [Bool], on backend: B
    ) throws(ComputeError) -> [Double] {
        switch weights {
        case .observations: return isInCenter.weights(backend.parallel) { own.weightSums[$0] }
        case .equal: return isInCenter.weights(backend.parallel) { _ in 1 }
        case .given(let values):
            precondition(
                values.count == own.taskCount && values.allSatisfy { $0 >= 0 }, "one weight a task, at least 0")
            return isInCenter.weights(backend.parallel) { values[$0] }
        case .precision:
            let ones = isInCenter.weights(backend.parallel) { _ in 1 }
            let typical = try backend.median(of: own.errorVariances, width: 1, weights: ones, tie: .lower)
            return own.precisions(isInCenter, typicalVariance: typical[0], backend.parallel)
        }
    }
}

extension [Bool] {
    /// The weight of each task that is included, 0 for others.
    fileprivate func weights(_ parallel: Parallel, _ weight: (Int) -> Double) -> [Double] {
        parallel.map(count, grain: SolvedTasks.grain) { self[$0] ? weight($0) : 0 }
    }
}

extension OwnEstimates {
    /// The weights of tasks over their error variances, the least of which counts as 1.
    fileprivate func precisions(
        _ isInCenter: [Bool], typicalVariance: Double, _ parallel: Parallel
    ) -> [Double] {
        let (variances, sums) = (errorVariances, weightSums)
        var smallest = Double.infinity
        for task in isInCenter.indices {
            let variance = variances[task]
            if variance < smallest, variance > 1e-12 * typicalVariance, isInCenter[task] { smallest = variance }
        }
        let least = smallest
        return parallel.map(isInCenter.count, grain: SolvedTasks.grain) { task in
            if !isInCenter[task] { return 0 }
            return least.isFinite ? sums[task] * (least / max(variances[task], least)) : sums[task]
        }
    }
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
}
