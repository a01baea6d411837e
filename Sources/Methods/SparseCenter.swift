import Compute
import RealModule

/// A sparse centre of tasks that may have fewer rows than coefficients: Huang et al. (2024), Algorithm 3.
///
/// With `A_m = X_m'X_m / n_m`, `q_m = X_m'y_m / n_m`, and `b_1` the LASSO of the first task, the centre `b` and the tasks'
/// differences `d_m` from it, `d_1 = 0`, minimise
///
///     l ||b||_1 + sum over m > 1 of l_m ||d_m||_1
///
/// under `||d_m||_2 <= radius`, `||b - b_1||_1 <= 1 / l_1`, and in each coordinate
///
///     |A_m (b + d_m) - q_m| <= l_m for m > 1,    |sum over m of n_m (A_m (b + d_m) - q_m)| / N <= l.
///
/// As printed, gradients are not divided by rows, so that bounds do not match what errors do to them; here they are. The second
/// ball is as printed, and hardly ever reached.
///
/// Chambolle and Pock's method with the step sizes of Pock and Chambolle (2011), begun again at the mean of its points where that
/// is nearer to the end, with steps for unknowns and multipliers in the proportion of how far those have come: Applegate et al.
/// (2021), "Practical large-scale linear programming using primal-dual hybrid gradient". It ends with two certificates: by how much
/// constraints fail at most, over their bounds, and the duality gap.
package struct SparseCenter {
    package struct Task {
        /// `A_m`, full, row by row.
        let matrix: [Double]
        let linear: [Double]
        /// `n_m`.
        let weight: Double
        /// `l_m`.
        let bound: Double

        package init(matrix: [Double], linear: [Double], weight: Double, bound: Double) {
            self.matrix = matrix
            self.linear = linear
            self.weight = weight
            self.bound = bound
        }
    }

    /// The first is the one that the LASSO has been fitted to.
    private let tasks: [Task]
    private let order: Int
    /// `l`.
    private let bound: Double
    /// `b_1`.
    private let start: [Double]
    private let radius: Double
    /// `n_m / N`.
    private let shares: [Double]

    package init(tasks: [Task], bound: Double, start: [Double], radius: Double = .infinity) {
        precondition(!tasks.isEmpty && radius > 0, "a centre is of tasks")
        self.tasks = tasks
        self.bound = bound
        self.start = start
        self.radius = radius
        order = start.count
        let total = tasks.reduce(0) { $0 + $1.weight }
        shares = tasks.map { $0.weight / total }
    }

    package struct Solution {
        package let center: [Double]
        /// One vector a task, that of the first zero.
        package let differences: [[Double]]
        package let objective: Double
        /// The largest failure of a constraint over its bound.
        package let violation: Double
        /// The objective less a lower bound of it, over the objective.
        package let gap: Double
        package let iterationCount: Int
        package let hasConverged: Bool

        /// How far the certificates are from those of an optimum.
        fileprivate var distance: Double { max(violation, abs(gap)) }
    }

    private static let mostIterations = 200_000
    private static let tolerance = 1e-5
    private static let checkInterval = 100

    package func solve(_ parallel: Parallel) -> Solution {
        let steps = StepSizes(self)
        var point = Point(order: order, taskCount: tasks.count)
        point.center = start
        var found = solution(at: point, iterationCount: 0, parallel)
        // Where the search was begun again last, how far from its end that was, and how far the last look was.
        var (anchor, anchorDistance, lastDistance) = (point, found.distance, found.distance)
        var (sum, count, weight) = (point.scaled(by: 0), 0, 1.0)
        while !found.hasConverged, found.iterationCount < Self.mostIterations {
            for _ in 0..<Self.checkInterval {
                step(&point, steps, weight: weight, parallel)
                sum.add(point)
                count += 1
            }
            let iterationCount = found.iterationCount + Self.checkInterval
            let mean = sum.scaled(by: 1 / Double(count))
            let ofMean = solution(at: mean, iterationCount: iterationCount, parallel)
            found = solution(at: point, iterationCount: iterationCount, parallel)
            var nearest = point
            if ofMean.distance < found.distance { (found, nearest) = (ofMean, mean) }
            let isFarther = found.distance > lastDistance
            lastDistance = found.distance
            guard
                found.distance <= 0.2 * anchorDistance || found.distance <= 0.8 * anchorDistance && isFarther
                    || 3 * count >= iterationCount
            else { continue }
            let (primal, dual) = nearest.distances(to: anchor)
            if primal > 0, dual > 0 { weight = (weight * dual / primal).squareRoot() }
            (point, anchor, anchorDistance, lastDistance) = (nearest, nearest, found.distance, found.distance)
            (sum, count) = (point.scaled(by: 0), 0)
        }
        return found
    }

    /// Where the search is: the unknowns, and a multiplier for each constraint.
    private struct Point {
        var center: [Double]
        /// One vector a task; the first stays zero.
        var differences: [[Double]]
        /// Of tasks' gradients; the first stays zero.
        var multipliers: [[Double]]
        /// Of the gradient of all tasks together.
        var together: [Double]
        /// Of the ball around the first task's LASSO.
        var ball: [Double]

        init(order: Int, taskCount: Int) {
            center = Array(repeating: 0, count: order)
            together = center
            ball = center
            differences = Array(repeating: center, count: taskCount)
            multipliers = differences
        }

        mutating func add(_ other: Point) {
            for k in center.indices {
                center[k] += other.center[k]
                together[k] += other.together[k]
                ball[k] += other.ball[k]
                for task in differences.indices {
                    differences[task][k] += other.differences[task][k]
                    multipliers[task][k] += other.multipliers[task][k]
                }
            }
        }

        func scaled(by factor: Double) -> Point {
            var scaled = self
            for k in center.indices {
                scaled.center[k] *= factor
                scaled.together[k] *= factor
                scaled.ball[k] *= factor
                for task in differences.indices {
                    scaled.differences[task][k] *= factor
                    scaled.multipliers[task][k] *= factor
                }
            }
            return scaled
        }

        /// How far unknowns and multipliers are from those of another point.
        func distances(to other: Point) -> (primal: Double, dual: Double) {
            var apart = other.scaled(by: -1)
            apart.add(self)
            func square(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
            let primal = apart.differences.reduce(square(apart.center)) { $0 + square($1) }
            let dual = apart.multipliers.reduce(square(apart.together) + square(apart.ball)) { $0 + square($1) }
            return (primal.squareRoot(), dual.squareRoot())
        }
    }

    /// One over the sums of sizes along columns, for unknowns, and along rows, for multipliers.
    private struct StepSizes {
        var center: [Double]
        /// The same for all coordinates of a task: its ball and its l1 norm then have one prox.
        var differences: [Double]
        var multipliers: [[Double]]
        var together: [Double]

        init(_ problem: SparseCenter) {
            let order = problem.order
            var (columns, whole) = (Array(repeating: 1.0, count: order), Array(repeating: 0.0, count: order))
            differences = []
            multipliers = []
            var mean = Array(repeating: 0.0, count: order * order)
            for (place, task) in problem.tasks.enumerated() {
                let share = problem.shares[place]
                let sums = (0..<order).map { row in
                    (0..<order).reduce(0.0) { $0 + abs(task.matrix[row * order + $1]) }
                }
                for index in mean.indices { mean[index] += share * task.matrix[index] }
                multipliers.append(sums.map { $0 > 0 ? 1 / (2 * $0) : 1 })
                let largest = (sums.max() ?? 0) * (1 + share)
                differences.append(largest > 0 ? 1 / largest : 1)
                guard place > 0 else { continue }
                for row in 0..<order {
                    columns[row] += sums[row]
                    whole[row] += share * sums[row]
                }
            }
            for row in 0..<order {
                let sum = (0..<order).reduce(0.0) { $0 + abs(mean[row * order + $1]) }
                columns[row] += sum
                whole[row] += sum
            }
            center = columns.map { 1 / $0 }
            together = whole.map { $0 > 0 ? 1 / $0 : 1 }
        }
    }

    /// - Parameter weight: what multipliers' steps are multiplied with, and unknowns' divided by.
    private func step(_ point: inout Point, _ steps: StepSizes, weight: Double, _ parallel: Parallel) {
        let slopes = transposed(point, parallel)
        var next = point
        for k in 0..<order {
            let size = steps.center[k] / weight
            next.center[k] = Self.soft(
                point.center[k] - size * (slopes.center[k] + point.ball[k]), size * bound)
        }
        for task in tasks.indices.dropFirst() {
            let size = steps.differences[task] / weight
            for k in 0..<order {
                next.differences[task][k] = Self.soft(
                    point.differences[task][k] - size * slopes.tasks[task][k], size * tasks[task].bound)
            }
            let length = Self.norm(next.differences[task])
            if length > radius { for k in 0..<order { next.differences[task][k] *= radius / length } }
        }
        var ahead = next
        for k in 0..<order { ahead.center[k] = 2 * next.center[k] - point.center[k] }
        for task in tasks.indices.dropFirst() {
            for k in 0..<order {
                ahead.differences[task][k] = 2 * next.differences[task][k] - point.differences[task][k]
            }
        }
        let gradients = gradients(at: ahead, parallel)
        for task in tasks.indices.dropFirst() {
            for k in 0..<order {
                let size = steps.multipliers[task][k] * weight
                next.multipliers[task][k] = Self.soft(
                    point.multipliers[task][k] + size * gradients.tasks[task][k], size * tasks[task].bound)
            }
        }
        for k in 0..<order {
            let size = steps.together[k] * weight
            next.together[k] = Self.soft(point.together[k] + size * gradients.together[k], size * bound)
        }
        // The ball's multipliers have steps of 1 times the weight.
        let offset = (0..<order).map { point.ball[$0] / weight + ahead.center[$0] - start[$0] }
        let inside = Self.projected(offset, radius: 1 / tasks[0].bound)
        next.ball = zip(offset, inside).map { weight * ($0 - $1) }
        point = next
    }

    // MARK: The constraints' matrix

    /// `A_m (b + d_m) - q_m` of every task, and their mean by rows.
    private func gradients(at point: Point, _ parallel: Parallel) -> (tasks: [[Double]], together: [Double]) {
        let tasks = parallel.map(tasks.count) { task in
            let place = (0..<order).map { point.center[$0] + point.differences[task][$0] }
            var gradient = product(task, place)
            for k in 0..<order { gradient[k] -= self.tasks[task].linear[k] }
            return gradient
        }
        var together = Array(repeating: 0.0, count: order)
        for (task, gradient) in tasks.enumerated() {
            for k in 0..<order { together[k] += shares[task] * gradient[k] }
        }
        return (tasks, together)
    }

    /// The transposed matrix times the multipliers of gradients: what it has of each task's difference, and of the centre.
    private func transposed(_ point: Point, _ parallel: Parallel) -> (tasks: [[Double]], center: [Double]) {
        let tasks = parallel.map(tasks.count) { task in
            product(task, (0..<order).map { point.multipliers[task][$0] + shares[task] * point.together[$0] })
        }
        var center = Array(repeating: 0.0, count: order)
        for values in tasks { for k in 0..<order { center[k] += values[k] } }
        return (tasks, center)
    }

    private func product(_ task: Int, _ vector: [Double]) -> [Double] {
        tasks[task].matrix.withUnsafeBufferPointer { matrix in
            vector.withUnsafeBufferPointer { vector in
                guard let matrix = matrix.baseAddress, let vector = vector.baseAddress else { return [] }
                return (0..<order).map { dot(matrix + $0 * order, vector, count: order) }
            }
        }
    }

    // MARK: Certificates

    private func solution(at point: Point, iterationCount: Int, _ parallel: Parallel) -> Solution {
        let gradients = gradients(at: point, parallel)
        var violation = max(0, Self.largest(gradients.together) / bound - 1)
        let distance = zip(point.center, start).reduce(0) { $0 + abs($1.0 - $1.1) }
        violation = max(violation, distance * tasks[0].bound - 1)
        var objective = bound * Self.size(point.center)
        for task in tasks.indices.dropFirst() {
            violation = max(violation, Self.largest(gradients.tasks[task]) / tasks[task].bound - 1)
            objective += tasks[task].bound * Self.size(point.differences[task])
        }
        let least = leastObjective(at: point, near: objective, parallel)
        let gap = (objective - least) / max(objective, Double.leastNormalMagnitude)
        return Solution(
            center: point.center, differences: point.differences, objective: objective, violation: violation, gap: gap,
            iterationCount: iterationCount,
            hasConverged: violation <= Self.tolerance && abs(gap) <= Self.tolerance)
    }

    /// A lower bound of the objective, by the multipliers. Those of the ball are made to suit the others, and differences
    /// bounded by what the objective allows them, so that the bound is finite.
    private func leastObjective(at point: Point, near objective: Double, _ parallel: Parallel) -> Double {
        let slopes = transposed(point, parallel)
        var least = 0.0
        for task in tasks.indices.dropFirst() {
            least -= Self.product(tasks[task].linear, point.multipliers[task])
            least -= tasks[task].bound * Self.size(point.multipliers[task])
            let beyond = slopes.tasks[task].map { Self.soft($0, tasks[task].bound) }
            least -= min(radius, 2 * objective / tasks[task].bound) * Self.norm(beyond)
        }
        for (task, share) in shares.enumerated() {
            least -= share * Self.product(tasks[task].linear, point.together)
        }
        least -= bound * Self.size(point.together)
        let ball = (0..<order).map { k in
            let slope = slopes.center[k]
            return -slope - max(-bound, min(bound, -slope - point.ball[k]))
        }
        return least - Self.product(start, ball) - Self.largest(ball) / tasks[0].bound
    }

    // MARK: Vectors

    private static func soft(_ value: Double, _ threshold: Double) -> Double {
        value > threshold ? value - threshold : value < -threshold ? value + threshold : 0
    }

    private static func size(_ x: [Double]) -> Double { x.reduce(0) { $0 + abs($1) } }
    private static func largest(_ x: [Double]) -> Double { x.reduce(0) { max($0, abs($1)) } }
    private static func norm(_ x: [Double]) -> Double { product(x, x).squareRoot() }
    private static func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }

    /// The nearest point with an l1 norm of at most the radius.
    private static func projected(_ x: [Double], radius: Double) -> [Double] {
        guard size(x) > radius else { return x }
        var (sum, threshold) = (0.0, 0.0)
        for (place, value) in x.map(abs).sorted(by: >).enumerated() {
            sum += value
            let candidate = (sum - radius) / Double(place + 1)
            if value <= candidate { break }
            threshold = candidate
        }
        return x.map { soft($0, threshold) }
    }
}
