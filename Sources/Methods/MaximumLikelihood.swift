import Compute
import RealModule

/// Maximum likelihood for losses of one column: the coefficients of every task of a problem, or of all tasks together, that
/// minimise `sum over rows of w l(y, x'b)`.
///
/// With the curvature `X'DX` of the last step it comes down to weighted least squares, and is told as such; but errors have no
/// variance beside what the mean says.
struct MaximumLikelihood<B: Backend> {
    /// Coefficients, the factor of `X'DX` there, and statuses: one group of tasks after the other.
    let solution: LeastSquares<B>
    private let places: [NewtonSearch<B>.Place]

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
        let factor: Factor<B.Buffer>
        if let last = found.factor {
            factor = last
        } else {
            factor = try backend.makeFactor(taskCount: statuses.count, order: width)
            try backend.factor(
                sums(Array(statuses.indices), place).curvatures.gram,
                tolerance: LeastSquares<B>.collinearityTolerance, into: factor)
        }
        let diagnosis = try backend.download(factor.diagnosis)
        solution = LeastSquares(
            backend: backend, scaling: problem.scaling, factor: factor, scaled: place,
            scaledValues: found.coefficients, statuses: found.places.map { $0.status ?? .notConverged },
            conditions: statuses.indices.map { diagnosis[2 * $0 + 1].squareRoot() },
            residualSums: statuses.map { _ in 0 }, residualErrors: statuses.map { _ in 0 })
        places = found.places
    }

    /// How close the fits came, but for groups that are fitted in another way.
    func evidence(leavingOut others: [Int] = []) -> LikelihoodEvidence {
        LikelihoodEvidence(places, leavingOut: others)
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

    /// - Parameters:
    ///   - places: where the search of each group has ended.
    ///   - leavingOut: groups that are fitted in another way.
    fileprivate init<B: Backend>(
        _ places: [NewtonSearch<B>.Place], leavingOut others: [Int]
    ) {
        var isTaken = places.map { _ in true }
        for group in others { isTaken[group] = false }
        for (place, isTaken) in zip(places, isTaken) where isTaken {
            if place.status == .notConverged { hasConverged = false }
            guard place.status == .ok else { continue }
            value += place.value
            weight += place.weightSum
            slope = max(slope, place.slope / place.weightSum)
            firstSlope = max(firstSlope, place.firstSlope / place.weightSum)
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
