import Compute
import RealModule

/// One fit of all tasks' rows together by Newton's method, with halved steps where one lowers nothing: near enough for a
/// search to begin from.
struct PooledStart {
    /// On the user's scale.
    private(set) var coefficients: [Double]

    private static let roundLimit = 30
    /// What a further round would gain, over the value.
    private static let tolerance = 1e-6

    /// - Parameter weights: of each task; nil for equal ones.
    init<B: Backend, P: Problem>(_ losses: TaskLosses<B, P>, weights: [Double]?) throws(ComputeError) {
        let scaling = losses.problem.scaling
        let count = losses.shrunk.coefficientCount
        let weights = zip(weights ?? losses.totals.weights.map { _ in 1 }, losses.isIncluded).map { $1 ? $0 : 0 }
        var point = Array(repeating: 0.0, count: count)
        if losses.loss == .poisson, let intercept = scaling.intercept {
            let total = losses.totals.weights.reduce(0, +)
            let mean = zip(losses.totals.weights, losses.totals.means).reduce(0) { $0 + $1.0 * $1.1 } / total
            if mean > 0 { point[intercept] = Double.log(mean) }
        }
        coefficients = scaling.unscaled(point)
        var sums = try PooledSums(losses, at: coefficients, weights: weights)
        for _ in 0..<Self.roundLimit {
            let step = semidefiniteSolution(
                sums.curvature(of: Array(0..<count)), sums.gradient.map { -$0 },
                tolerance: Double(4096 * B.Scalar.ulpOfOne))
            let promise = -zip(step, sums.gradient).reduce(0) { $0 + $1.0 * $1.1 }
            if !(promise > Self.tolerance * (1e-3 + abs(sums.value))) { return }
            var length = 1.0
            while true {
                let next = zip(point, step).map { $0 + length * $1 }
                let moved = scaling.unscaled(next)
                let found = try PooledSums(losses, at: moved, weights: weights)
                if found.value <= sums.value - 1e-4 * length * promise {
                    (point, coefficients, sums) = (next, moved, found)
                    break
                }
                length /= 2
                if length < 1e-6 { return }
            }
        }
    }
}

/// Weighted sums of tasks' losses and their derivatives, leaving out what is not finite.
struct PooledSums {
    private(set) var value = 0.0
    private(set) var gradient: [Double]
    /// For each pair of columns the triangle over features.
    private var pairs: [Double]
    private let columnCount: Int

    init<B: Backend, P: Problem>(
        _ losses: TaskLosses<B, P>, at coefficients: [Double], weights: [Double]
    ) throws(ComputeError) {
        let (count, features) = (losses.shrunk.coefficientCount, losses.shrunk.featureCount)
        columnCount = losses.shrunk.columnCount
        let size = triangleCount(columnCount) * triangleCount(features)
        var (value, total) = (0.0, 0.0)
        var gradient = Array(repeating: 0.0, count: count)
        var pairs = Array(repeating: 0.0, count: size)
        try losses.forEachShard(at: coefficients, wantsBounds: false) { tasks, derivatives in
            for (place, task) in tasks.enumerated() {
                let weight = weights[task]
                guard weight > 0, derivatives.values[place].isFinite else { continue }
                value += weight * derivatives.values[place]
                total += weight
                for entry in 0..<count { gradient[entry] += weight * derivatives.gradients[place * count + entry] }
                for entry in 0..<size { pairs[entry] += weight * derivatives.curvatures[place * size + entry] }
            }
        }
        let scale = total > 0 ? 1 / total : 0
        self.value = total > 0 ? value * scale : .infinity
        self.gradient = gradient.map { $0 * scale }
        self.pairs = pairs.map { $0 * scale }
    }

    /// The triangle over some of the coefficients.
    func curvature(of places: [Int]) -> [Double] {
        let features = gradient.count / columnCount
        return places.enumerated().flatMap { row, place in
            places[...row].map { other in
                let (a, k) = (place / features, place % features)
                let (b, l) = (other / features, other % features)
                let pair = triangleCount(max(a, b)) + min(a, b)
                return pairs[pair * triangleCount(features) + triangleCount(max(k, l)) + min(k, l)]
            }
        }
    }
}
