import Compute

/// The loadings of one task by Newton's method, for any loss.
///
/// The loss is convex. Where it has no least value, as of rows whose classes the vectors separate or counts that are all 0,
/// every step moves some row's predictor by about 1, for ever; where it has one, steps soon double their digits. So loadings
/// are taken for finite when a step no longer moves any predictor.
struct LoadingsFit {
    private let loss: Loss
    private let responses: [Double]
    /// For each coefficient the change of every row's predictors with it, a column a class.
    private let directions: [[Double]]
    private let interceptCount: Int

    private static let roundLimit = 50
    /// The change of a predictor that is none.
    private static let leastMove = 1e-8
    /// What the coefficients before it must leave of a coefficient's curvature.
    private static let pivotShare = 1e-12

    /// - Parameters:
    ///   - predictors: of each vector, one a row and column of the loss.
    ///   - rows: those that count.
    init(_ task: UnseenTask, _ predictors: [[Double]], _ rows: [Int], hasIntercept: Bool) {
        let columnCount = task.loss.columnCount
        loss = task.loss
        responses = rows.map { task.responses[$0] }
        // A number that is added to the intercepts of all classes changes nothing: the first class has 0.
        interceptCount = hasIntercept ? max(1, columnCount - 1) : 0
        let first = columnCount - max(1, columnCount - 1)
        directions =
            (0..<interceptCount).map { place in
                rows.flatMap { _ in (0..<columnCount).map { $0 == first + place ? 1.0 : 0 } }
            }
            + predictors.map { own in rows.flatMap { own[$0 * columnCount..<($0 + 1) * columnCount] } }
    }

    /// Nil unless there are more rows than coefficients, each of them has a curvature of its own, and they are finite.
    var combination: UnseenTask.Combination? {
        guard responses.count > directions.count else { return nil }
        var coefficients = Array(repeating: 0.0, count: directions.count)
        var predictors = predictors(at: coefficients)
        var value = value(at: predictors)
        for _ in 0..<Self.roundLimit {
            let (slopes, curvatures) = derivatives(at: predictors)
            guard let step = solutionIfDefinite(curvatures, slopes.map { -$0 }, tolerance: Self.pivotShare) else {
                return nil
            }
            let promise = -zip(step, slopes).reduce(0) { $0 + $1.0 * $1.1 }
            let move = self.predictors(at: step).reduce(0) { max($0, abs($1)) }
            guard move.isFinite else { return nil }
            var length = 1.0
            while true {
                let next = zip(coefficients, step).map { $0 + length * $1 }
                let moved = self.predictors(at: next)
                let found = self.value(at: moved)
                // Where the step is small, rounding alone decides which value is the lower.
                if found <= value - 1e-4 * length * promise || move <= Self.leastMove {
                    (coefficients, predictors, value) = (next, moved, found)
                    break
                }
                length /= 2
                if length < 1e-10 { return nil }
            }
            if move <= Self.leastMove { return combination(coefficients) }
        }
        return nil
    }

    private func combination(_ coefficients: [Double]) -> UnseenTask.Combination {
        let zeros = Array(repeating: 0.0, count: loss.columnCount - interceptCount)
        return UnseenTask.Combination(
            intercepts: zeros + coefficients[..<interceptCount], loadings: Array(coefficients[interceptCount...]))
    }

    private func predictors(at coefficients: [Double]) -> [Double] {
        var sums = Array(repeating: 0.0, count: responses.count * loss.columnCount)
        for (coefficient, direction) in zip(coefficients, directions) {
            for place in sums.indices { sums[place] += coefficient * direction[place] }
        }
        return sums
    }

    private func value(at predictors: [Double]) -> Double {
        responses.indices.reduce(0) {
            $0 + loss.value(of: responses[$1], at: predictors, from: $1 * loss.columnCount)
        }
    }

    /// The slope in each coefficient, and the triangle of curvatures.
    private func derivatives(at predictors: [Double]) -> (slopes: [Double], curvatures: [Double]) {
        let columnCount = loss.columnCount
        var means = predictors
        loss.replaceByMeans(&means)
        var slopes = Array(repeating: 0.0, count: directions.count)
        var curvatures = Array(repeating: 0.0, count: triangleCount(directions.count))
        for (row, response) in responses.enumerated() {
            let first = row * columnCount
            for a in 0..<columnCount {
                let expected = columnCount == 1 ? response : response == Double(a) ? 1 : 0
                for (one, direction) in directions.enumerated() where direction[first + a] != 0 {
                    slopes[one] += (means[first + a] - expected) * direction[first + a]
                    for b in 0..<columnCount {
                        let curvature = curvature(means, row: row, a, b) * direction[first + a]
                        for other in 0...one {
                            curvatures[triangleCount(one) + other] += curvature * directions[other][first + b]
                        }
                    }
                }
            }
        }
        return (slopes, curvatures)
    }

    private func curvature(_ means: [Double], row: Int, _ a: Int, _ b: Int) -> Double {
        let first = row * loss.columnCount
        let mean = means[first + a]
        return switch loss {
        case .squared: 1
        case .logistic: mean * (1 - mean)
        case .poisson: mean
        case .softmax: mean * ((a == b ? 1 : 0) - means[first + b])
        }
    }
}
