import Compute

/// Standard errors of least-squares coefficients, for each group of tasks that share their coefficients: every task on
/// its own, or all tasks together.
struct StandardErrors {
    /// `groupCount x featureCount`; NaN where there is none.
    let values: [Double]
    /// Degrees of freedom of the t statistics, one a group.
    let degreesOfFreedom: [Double]

    init(values: [Double], degreesOfFreedom: [Double]) {
        self.values = values
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// - Parameters:
    ///   - fit: one task a group.
    ///   - groups: which tasks share coefficients.
    ///   - sampleCounts: the number of observations of each group.
    ///   - hasUnitErrors: ``Individual/hasUnitErrors``.
    init<B: Backend>(
        of fit: LeastSquares<B>, to problem: some Problem, groups: CoefficientSharing, sampleCounts: [Int],
        variance: VarianceEstimator, hasUnitErrors: Bool = false, progress: PassProgress?
    ) throws(ComputeError) {
        let featureCount = problem.featureCount
        let residualDegrees = sampleCounts.map { Double($0 - featureCount) }
        let pass = ResidualPass(backend: fit.backend, coefficients: fit.scaled, progress: progress)
        var degrees = residualDegrees
        var factors = sampleCounts.map { _ in 1.0 }
        let diagonals: [Double]
        switch variance {
        case .iid:
            diagonals = try fit.inverseDiagonals()
            factors = zip(fit.residualSums, residualDegrees).map { $0 / $1 }
            if case .each = groups, let known = problem.errorVariances {
                factors = known.map { $0 * problem.weightScale / fit.responseUnit }
                degrees = known.map { _ in .infinity }
            } else if hasUnitErrors {
                factors = factors.map { _ in problem.weightScale / fit.responseUnit }
            }
        case .hc0, .hc1, .hc2, .hc3:
            let middle = try groups.moments(of: problem, on: fit.backend) { shard throws(ComputeError) in
                try pass.squaredScores(of: shard, factor: fit.factor, correction: variance.leverageCorrection)
            }
            diagonals = try fit.sandwichDiagonals(middle: middle.gram)
            if variance == .hc1 { factors = zip(sampleCounts, residualDegrees).map { Double($0) / $1 } }
        case .cluster:
            guard let codes = problem.clusters else { preconditionFailure("clustered variances need cluster codes") }
            let sums = try pass.clusters(of: problem, codes: codes, groups: groups)
            diagonals = try fit.sandwichDiagonals(middle: sums.middle)
            degrees = sums.clusterCounts.map { Double($0 - 1) }
            factors = sampleCounts.indices.map { group in
                let g = Double(sums.clusterCounts[group])
                let n = Double(sampleCounts[group])
                return g < 2 ? .nan : g / (g - 1) * (n - 1) / residualDegrees[group]
            }
        }
        values = diagonals.roots(scaledBy: factors, parallel: fit.backend.parallel)
        degreesOfFreedom = degrees
    }

    /// Those of groups whose errors are independent and alike, from their residual sums.
    init<B: Backend>(of fit: LeastSquares<B>, sampleCounts: [Int]) throws(ComputeError) {
        let featureCount = fit.factor.order
        let degrees = sampleCounts.map { Double($0 - featureCount) }
        values = try fit.inverseDiagonals().roots(
            scaledBy: zip(fit.residualSums, degrees).map { $0 / $1 }, parallel: fit.backend.parallel)
        degreesOfFreedom = degrees
    }
}

extension [Double] {
    /// The roots of values, a row a factor, each multiplied by its row's factor.
    func roots(scaledBy factors: [Double], parallel: Parallel) -> [Double] {
        let width = count / Swift.max(1, factors.count)
        return [Double](hugeUninitializedCapacity: count) { roots, rootCount in
            parallel.forEachRange(of: factors.count, grain: SolvedTasks.grain) { rows in
                for row in rows {
                    let factor = factors[row]
                    for index in row &* width..<(row &+ 1) &* width {
                        roots[index] = (factor * self[index]).squareRoot()
                    }
                }
            }
            rootCount = count
        }
    }
}

/// Which tasks share their coefficients.
enum CoefficientSharing {
    /// Every task has its own.
    case each(taskCount: Int)
    /// One set for all tasks that are included.
    case together(isIncluded: [Bool])

    var count: Int {
        switch self {
        case .each(let taskCount): taskCount
        case .together: 1
        }
    }

    /// The group of a task, nil for one that is left out.
    func group(of task: Int) -> Int? {
        switch self {
        case .each: task
        case .together(let isIncluded): isIncluded[task] ? 0 : nil
        }
    }

    /// The moments of each group: what `form` makes of all tasks, or the total of what it makes of a shard at a time.
    func moments<B: Backend, P: Problem>(
        of problem: P, on backend: B, _ form: (ProblemSlice<P>) throws(ComputeError) -> Moments<B.Buffer>
    ) throws(ComputeError) -> Moments<B.Buffer> {
        switch self {
        case .each(let taskCount):
            return try form(ProblemSlice(problem, tasks: 0..<taskCount, sampleCounts: problem.sampleCounts))
        case .together(let isIncluded):
            var total = MomentTotal(featureCount: problem.featureCount, on: backend)
            for shard in problem.shards(for: backend, arrayCount: 3, passes: .one) {
                try total.add(form(shard), taking: Array(isIncluded[shard.tasks]))
            }
            return try total.moments()
        }
    }
}
