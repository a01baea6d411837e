import Compute

/// What the solution of each task's normal equations leaves and says of it.
///
/// Concrete code: the same loops over tasks inside a generic type look its types up at every step.
struct SolvedTasks: Sendable {
    let statuses: [TaskStatus]
    /// Condition of each task's columns, each scaled to unit length.
    let conditions: [Double]
    /// The residual sum of squares, `y'Wy - b'X'Wy`, and no less than ``leastSums``.
    let residualSums: [Double]
    /// What a residual sum is at least: residuals of 1e-13 of the response are rounding, also where a response is an exact
    /// function of its features, and standard errors are to say so.
    let leastSums: [Double]
    /// The relative rounding error of each residual sum, whose roundings add up like a random walk: what the moments
    /// lost by cancellation.
    let residualErrors: [Double]

    /// - Parameters:
    ///   - coefficients: `taskCount x featureCount`.
    ///   - cross: `X'Wy`, of the same shape.
    ///   - squares: `y'Wy`, one a task.
    ///   - excess: what `y'Wy - b'X'Wy` has beyond the residual sum, one a task, where there is any.
    ///   - diagnosis: a factor's, two values a task.
    ///   - unit: the unit roundoff of the moments.
    ///   - needsResiduals: whether a task has to have more rows than features, so that its residuals tell a variance.
    init(
        coefficients: [Double], cross: [Double], squares: [Double], excess: [Double]? = nil, diagnosis: [Double],
        sampleCounts: [Int], unit: Double, needsResiduals: Bool, parallel: Parallel
    ) {
        let taskCount = squares.count
        let featureCount = coefficients.count / max(1, taskCount)
        conditions = parallel.map(taskCount, grain: Self.grain) { diagnosis[2 &* $0 &+ 1].squareRoot() }
        let leastSums = squares.map { 1e-26 * $0 }
        self.leastSums = leastSums
        let residualSums = parallel.map(taskCount, grain: Self.grain) { task in
            var sum = squares[task] - (excess?[task] ?? 0)
            for index in task &* featureCount..<(task &+ 1) &* featureCount {
                sum -= cross[index] * coefficients[index]
            }
            return max(leastSums[task], sum)
        }
        self.residualSums = residualSums
        residualErrors = parallel.map(taskCount, grain: Self.grain) { task in
            let square = squares[task]
            let roundings = (2 + Double(sampleCounts[task]).squareRoot()) * unit
            return square > 0 ? roundings * (square / residualSums[task]) : 0
        }
        let leastCount = featureCount + (needsResiduals ? 1 : 0)
        statuses = parallel.map(taskCount, grain: Self.grain) { task in
            let code = Int(diagnosis[2 &* task])
            if code < 0 || !squares[task].isFinite { return .nonFinite }
            if sampleCounts[task] < leastCount { return .tooFewRows }
            if code > 0 { return .collinear(feature: code - 1) }
            for index in task &* featureCount..<(task &+ 1) &* featureCount where !coefficients[index].isFinite {
                return .nonFinite
            }
            return .ok
        }
    }

    /// Tasks that a thread takes at a time.
    static let grain = 1 << 13
}
