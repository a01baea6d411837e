import Compute
import RealModule

/// Maximum likelihood for losses of one column: the coefficients of every task of a problem, or of all tasks together, that
/// minimise `sum over rows of w l(y, x'b)`.
///
/// With the last step's curvature `X'DX` it comes down to weighted least squares, and is told as such; only that errors have
/// no variance of their own beside what the mean says.
struct MaximumLikelihood<B: Backend> {
    /// Coefficients, the factor of `X'DX` there, and statuses: one group of tasks after the other.
    let solution: LeastSquares<B>
    let evidence: LikelihoodEvidence
    /// The sum of the weights of each group's rows, in the source's units.
    let weights: [Double]

    /// - Parameters:
    ///   - loss: of one column. The response of `problem` is neither shifted nor scaled.
    ///   - groups: which tasks share coefficients.
    init<P: Problem>(
        _ loss: Loss, of problem: P, groups: CoefficientSharing, totals: ResponseTotals, on backend: B,
        progress: PassProgress?
    ) throws(ComputeError) {
        precondition(loss.columnCount == 1, "a loss of one column")
        let (width, intercept) = (problem.featureCount, problem.scaling.intercept)
        let totals = totals.summed(groups, loss)
        let statuses = totals.statuses(coefficientCount: width, hasLevel: intercept != nil)
        var start = Array(repeating: 0.0, count: statuses.count * width)
        if loss == .poisson, let intercept {
            for (group, mean) in totals.means.enumerated() where statuses[group] == nil {
                start[group * width + intercept] = .log(mean)
            }
        }
        let sums = { (tasks: [Int], place: Vectors<B.Buffer>) throws(ComputeError) in
            switch groups {
            case .each:
                try backend.derivativeSums(loss, of: problem, tasks: tasks, at: place, progress: progress)
            case .together(let isIncluded):
                try backend.derivativeSums(loss, of: problem, isIncluded: isIncluded, at: place, progress: progress)
            }
        }
        let search = NewtonSearch(backend: backend, unknowns: 0..<width, sums: sums)
        let found = try search.run(
            from: start, statuses: statuses, weightSums: totals.weights, observations: totals.observations)
        let place = try backend.makeVectors(taskCount: statuses.count, width: width, zeroed: false)
        try backend.upload(found.coefficients, into: place)
        var factor = found.factor
        if factor == nil {
            let last = try backend.makeFactor(taskCount: statuses.count, order: width)
            try backend.factor(
                sums(Array(statuses.indices), place).curvatures.gram,
                tolerance: LeastSquares<B>.collinearityTolerance, into: last)
            factor = last
        }
        guard let factor else { preconditionFailure("a factor was found or made") }
        let diagnosis = try backend.download(factor.diagnosis)
        solution = LeastSquares(
            backend: backend, scaling: problem.scaling, factor: factor, scaled: place,
            scaledValues: found.coefficients, statuses: found.places.map { $0.status ?? .notConverged },
            conditions: statuses.indices.map { diagnosis[2 * $0 + 1].squareRoot() },
            residualSums: statuses.map { _ in 0 }, residualErrors: statuses.map { _ in 0 })
        weights = totals.weights
        evidence = LikelihoodEvidence(
            found.places.map { ($0.value, $0.slope, $0.firstSlope, $0.roundCount) }, solution.statuses, weights)
    }
}

/// What tells how close the fits of many groups came to their optimum.
struct LikelihoodEvidence {
    private var value = 0.0
    private var weight = 0.0
    private var slope = 0.0
    private var firstSlope = 0.0
    private var roundCount = 0
    private var hasConverged = true

    /// - Parameter places: of each group the loss, the largest slope, that at the start, and the number of steps.
    init(
        _ places: [(value: Double, slope: Double, firstSlope: Double, roundCount: Int)], _ statuses: [TaskStatus],
        _ weights: [Double]
    ) {
        for (group, place) in places.enumerated() {
            if statuses[group] == .notConverged { hasConverged = false }
            guard statuses[group] == .ok else { continue }
            value += place.value
            weight += weights[group]
            slope = max(slope, place.slope / weights[group])
            firstSlope = max(firstSlope, place.firstSlope / weights[group])
            roundCount = max(roundCount, place.roundCount)
        }
    }

    mutating func add(_ other: LikelihoodEvidence) {
        value += other.value
        weight += other.weight
        slope = max(slope, other.slope)
        firstSlope = max(firstSlope, other.firstSlope)
        roundCount = max(roundCount, other.roundCount)
        hasConverged = hasConverged && other.hasConverged
    }

    /// The mean loss of the rows of all groups that were fitted, and the largest slope of a group's mean loss.
    var certificate: Certificate {
        Certificate(
            objective: weight > 0 ? value / weight : 0, residual: slope / (1 + firstSlope), dualityGap: nil,
            iterationCount: roundCount, hasConverged: hasConverged)
    }
}

extension ResponseTotals {
    /// The totals of each group.
    fileprivate func summed(_ groups: CoefficientSharing, _ loss: Loss) -> ResponseTotals {
        switch groups {
        case .each: self
        case .together(let isIncluded): total(of: isIncluded, loss)
        }
    }

    /// What can be said of each task before any search; nil for what is to be searched.
    ///
    /// - Parameter hasLevel: whether there is an intercept.
    fileprivate func statuses(coefficientCount: Int, hasLevel: Bool) -> [TaskStatus?] {
        weights.indices.map { task in
            if !weights[task].isFinite { return .nonFinite }
            if observations[task] <= coefficientCount { return .tooFewRows }
            return hasLevel && !hasFiniteLevel[task] ? .separated : nil
        }
    }
}
