package import Compute

/// Each task's least-squares estimates from its own rows, with what methods that shrink them need to know of them.
///
/// All on the user's scale; NaN for a task that is not ok.
package struct OwnEstimates {
    let featureCount: Int
    let intercept: Int?
    /// `taskCount x featureCount`.
    var coefficients: [Double] = []
    /// The standard error of each coefficient: the root of the error variance times the diagonal of `(X'WX)^-1`.
    var standardErrors: [Double] = []
    /// As they are known, or estimated.
    var errorVariances: [Double] = []
    /// The mean of each feature in each task, `taskCount x featureCount`; nothing where the model has no intercept.
    var featureMeans: [Double] = []
    var sampleCounts: [Int] = []
    /// The sum of the weights of each task's rows.
    var weightSums: [Double] = []
    var statuses: [TaskStatus] = []
    /// Tasks whose columns depend on each other: a ridge tells their coefficients, and those of columns that their rows say
    /// nothing of are near 0.
    var ridgedTasks: Set<Int> = []

    var taskCount: Int { statuses.count }

    /// The estimates of every task, shard by shard. A task beyond what the scalar carries counts as not finite.
    ///
    /// - Parameters:
    ///   - ridge: ``Individual/ridge``.
    ///   - hasUnitErrors: ``Individual/hasUnitErrors``.
    ///   - hasStandardErrors: whether those are asked for; else they are NaN.
    package init<B: Backend>(
        from moments: MomentShards<B>, ridge: Double = 0, hasUnitErrors: Bool = false, hasStandardErrors: Bool = true
    ) throws(ComputeError) {
        featureCount = moments.featureCount
        intercept = moments.scaling.intercept
        sampleCounts = moments.sampleCounts
        weightSums = moments.weightSums
        try moments.forEachShard { tasks, shard throws(ComputeError) in
            let counts = Array(sampleCounts[tasks])
            let solution = try LeastSquares(
                moments: shard, sampleCounts: counts, scaling: moments.scaling,
                needsResiduals: moments.errorVariances == nil, ridge: ridge, on: moments.backend)
            let variances =
                moments.errorVariances.map { Array($0[tasks]) }
                ?? solution.errorVariances(sampleCounts: counts, weightScale: moments.weightScale)
            let parallel = moments.backend.parallel
            let own = solution.statuses.indices.map { task -> TaskStatus in
                let status = solution.statuses[task]
                return status == .ok && solution.hasUncertainCoefficients(task) ? .nonFinite : status
            }
            let isOk = own.map { $0 == .ok }
            let unit = moments.weightScale / solution.responseUnit
            coefficients.add(solution.coefficients.ofTasks(where: isOk, parallel) { value, _ in value })
            standardErrors.add(
                hasStandardErrors
                    ? try solution.inverseDiagonals().ofTasks(where: isOk, parallel) { diagonal, task in
                        ((hasUnitErrors ? 1 : variances[task]) * unit * diagonal).squareRoot()
                    } : solution.coefficients.map { _ in .nan })
            ridgedTasks.formUnion(solution.ridgedTasks.map { tasks.lowerBound + $0 })
            statuses += own
            errorVariances += variances
            featureMeans.add(try solution.featureMeans(shard))
        }
    }

    /// Whether a task's estimates say something of the centre: tasks of a ridge do where there are no others.
    var isInCenter: [Bool] {
        let isOk = statuses.map { $0 == .ok }
        guard !ridgedTasks.isEmpty else { return isOk }
        let isWithoutRidge = isOk.indices.map { isOk[$0] && !ridgedTasks.contains($0) }
        return isWithoutRidge.contains(true) ? isWithoutRidge : isOk
    }

    /// The estimates that a fit of every task on its own has found.
    init(
        _ estimates: TaskEstimates, statuses: [TaskStatus], ridgedTasks: [Int] = [], sampleCounts: [Int],
        intercept: Int?
    ) {
        featureCount = estimates.featureCount
        self.intercept = intercept
        coefficients = estimates.coefficients
        standardErrors = estimates.standardErrors
        errorVariances = estimates.errorVariances
        featureMeans = estimates.featureMeans
        weightSums = estimates.weightSums
        self.sampleCounts = sampleCounts
        self.statuses = statuses
        self.ridgedTasks = Set(ridgedTasks)
    }
}

extension [Double] {
    /// Runs of values, one a task, each changed; NaN for tasks that are left out.
    ///
    /// Concrete code: the same loop inside a generic type looks its types up at every step.
    fileprivate func ofTasks(
        where isIncluded: [Bool], _ parallel: Parallel, _ change: (Double, _ task: Int) -> Double
    ) -> [Double] {
        let width = count / Swift.max(1, isIncluded.count)
        return [Double](hugeUninitializedCapacity: count) { changed, initializedCount in
            initializedCount = count
            guard let first = changed.baseAddress else { return }
            parallel.forEachRange(of: isIncluded.count, grain: SolvedTasks.grain) { tasks in
                for task in tasks {
                    for index in task &* width..<(task &+ 1) &* width {
                        (first + index).initialize(to: isIncluded[task] ? change(self[index], task) : .nan)
                    }
                }
            }
        }
    }

    /// Adds values at the end; the first ones are taken as they are.
    fileprivate mutating func add(_ values: [Double]) {
        if isEmpty { self = values } else { self += values }
    }
}
