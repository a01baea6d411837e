import Compute

/// The steps of the search for a ``SparseCenter``, and its certificates, in memory that is allocated once.
///
/// Tasks are shared among threads; what crosses tasks is summed in their order, so that no bit depends on how many threads.
final class SparseCenterSearch {
    private let problem: SparseCenter
    private let parallel: Parallel
    private let sizes: SparseStepSizes
    private let order: Int
    private let stride: Int
    /// `n_m / N`.
    private let shares: [Double]
    private let memory: UnsafeMutablePointer<Double>
    /// A vector a task: what its matrix is multiplied with, and the product.
    private let places: UnsafeMutablePointer<Double>
    private let products: UnsafeMutablePointer<Double>
    /// `b_1`.
    private let start: UnsafeMutablePointer<Double>
    /// Twice the next centre less the last one.
    private let ahead: UnsafeMutablePointer<Double>
    private let sum: UnsafeMutablePointer<Double>

    init(_ problem: SparseCenter, _ parallel: Parallel) {
        self.problem = problem
        self.parallel = parallel
        order = problem.order
        stride = SparsePoint.stride(of: order)
        let total = problem.tasks.reduce(0) { $0 + $1.weight }
        shares = problem.tasks.map { $0.weight / total }
        sizes = SparseStepSizes(problem, shares: shares)
        let count = problem.tasks.count * stride
        memory = .allocate(capacity: 2 * count + 3 * stride)
        memory.initialize(repeating: 0, count: 2 * count + 3 * stride)
        places = memory
        products = places + count
        start = products + count
        ahead = start + stride
        sum = ahead + stride
        for (k, value) in problem.start.enumerated() { start[k] = value }
    }

    deinit { memory.deallocate() }

    /// - Parameter weight: what multipliers' steps are multiplied with, and unknowns' divided by.
    func step(_ point: inout SparsePoint, weight: Double) {
        point.withVectors { point in
            forEachTask { task in moveDifference(of: task, point, weight: weight) }
            sumProducts { _ in 1 }
            sizes.center.withUnsafeBufferPointer { sizes in
                for k in 0..<order {
                    let (size, old) = (sizes[k] / weight, point.center[k])
                    let new = soft(old - size * (sum[k] + point.ball[k]), size * problem.bound)
                    point.center[k] = new
                    ahead[k] = 2 * new - old
                }
            }
            forEachTask { task in moveMultipliers(of: task, point, weight: weight) }
            sumProducts { shares[$0] }
            sizes.together.withUnsafeBufferPointer { sizes in
                for k in 0..<order {
                    let size = sizes[k] * weight
                    point.together[k] = soft(point.together[k] + size * sum[k], size * problem.bound)
                }
            }
            // The ball's multipliers have steps of 1 times the weight.
            for k in 0..<order { ahead[k] += point.ball[k] / weight - start[k] }
            let threshold = ballThreshold(ahead, radius: 1 / problem.tasks[0].bound)
            for k in 0..<order { point.ball[k] = weight * (ahead[k] - soft(ahead[k], threshold)) }
        }
    }

    /// Leaves what the matrix has of the multipliers in the task's product, and twice its next difference less the last one in
    /// its place.
    private func moveDifference(of task: Int, _ point: SparsePoint.Vectors, weight: Double) {
        let (place, product) = (places + task * stride, products + task * stride)
        gatherMultipliers(of: task, point)
        multiply(task)
        let (size, difference) = (sizes.differences[task] / weight, point.difference(of: task))
        let threshold = size * problem.tasks[task].bound
        if task == 0 {
            for k in 0..<stride { place[k] = 0 }
            return
        }
        for k in 0..<stride { place[k] = soft(difference[k] - size * product[k], threshold) }
        var shrinkage = 1.0
        if problem.radius < .infinity {
            let length = dot(place, place, count: stride).squareRoot()
            if length > problem.radius { shrinkage = problem.radius / length }
        }
        for k in 0..<stride {
            let new = place[k] * shrinkage
            place[k] = 2 * new - difference[k]
            difference[k] = new
        }
    }

    /// Leaves the task's gradient in its product.
    private func moveMultipliers(of task: Int, _ point: SparsePoint.Vectors, weight: Double) {
        let (place, product) = (places + task * stride, products + task * stride)
        for k in 0..<stride { place[k] += ahead[k] }
        multiply(task)
        subtractLinear(of: task)
        if task == 0 { return }
        let (multipliers, bound) = (point.multipliers(of: task), problem.tasks[task].bound)
        sizes.multipliers.withUnsafeBufferPointer { sizes in
            for k in 0..<stride {
                let size = sizes[task * stride + k] * weight
                multipliers[k] = soft(multipliers[k] + size * product[k], size * bound)
            }
        }
    }

    // MARK: Certificates

    func certificates(at point: SparsePoint) -> SparseCenter.Certificates {
        var point = point
        var found = SparseCenter.Certificates(objective: 0, violation: 0, gap: 0)
        point.withVectors { point in
            forEachTask { task in
                let (place, difference) = (places + task * stride, point.difference(of: task))
                for k in 0..<stride { place[k] = point.center[k] + difference[k] }
                multiply(task)
                subtractLinear(of: task)
            }
            sumProducts { shares[$0] }
            var distance = 0.0
            for k in 0..<order { distance += abs(point.center[k] - start[k]) }
            found.violation = max(0, largest(sum) / problem.bound - 1, distance * problem.tasks[0].bound - 1)
            found.objective = problem.bound * size(point.center)
            for (task, values) in problem.tasks.enumerated().dropFirst() {
                found.violation = max(found.violation, largest(products + task * stride) / values.bound - 1)
                found.objective += values.bound * size(point.difference(of: task))
            }
            let least = leastObjective(at: point, near: found.objective)
            found.gap = (found.objective - least) / max(found.objective, Double.leastNormalMagnitude)
        }
        return found
    }

    /// A lower bound of the objective, by the multipliers. Those of the ball are made to suit the others, and differences
    /// bounded by what the objective allows them, so that the bound is finite.
    private func leastObjective(at point: SparsePoint.Vectors, near objective: Double) -> Double {
        forEachTask { task in
            gatherMultipliers(of: task, point)
            multiply(task)
        }
        sumProducts { _ in 1 }
        var least = -problem.bound * size(point.together)
        for (task, values) in problem.tasks.enumerated() {
            values.linear.withUnsafeBufferPointer { linear in
                for k in 0..<order {
                    least -= linear[k] * (point.multipliers(of: task)[k] + shares[task] * point.together[k])
                }
            }
            if task == 0 { continue }
            least -= values.bound * size(point.multipliers(of: task))
            var square = 0.0
            for k in 0..<order {
                let beyond = soft(products[task * stride + k], values.bound)
                square += beyond * beyond
            }
            least -= min(problem.radius, 2 * objective / values.bound) * square.squareRoot()
        }
        for k in 0..<order {
            ahead[k] = -sum[k] - max(-problem.bound, min(problem.bound, -sum[k] - point.ball[k]))
            least -= start[k] * ahead[k]
        }
        return least - largest(ahead) / problem.tasks[0].bound
    }

    // MARK: The constraints' matrix

    /// Calls `body` for each task, on several threads where each has enough to do.
    private func forEachTask(_ body: (Int) -> Void) {
        let count = problem.tasks.count
        let units = min(2 * parallel.threadCount, max(1, count * order * stride / 1_000_000))
        parallel.forEachRange(of: count, grain: (count + units - 1) / units) { tasks in
            for task in tasks { body(task) }
        }
    }

    /// The multipliers that the task's matrix is multiplied with.
    private func gatherMultipliers(of task: Int, _ point: SparsePoint.Vectors) {
        let (place, multipliers, share) = (places + task * stride, point.multipliers(of: task), shares[task])
        for k in 0..<stride { place[k] = multipliers[k] + share * point.together[k] }
    }

    /// The task's product, of its matrix and its place.
    private func multiply(_ task: Int) {
        let (place, product) = (places + task * stride, products + task * stride)
        problem.tasks[task].rows.withUnsafeBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            multiplySymmetric(rows, place, into: product, order: order, stride: stride)
        }
    }

    private func subtractLinear(of task: Int) {
        let product = products + task * stride
        problem.tasks[task].linear.withUnsafeBufferPointer { linear in
            for k in 0..<order { product[k] -= linear[k] }
        }
    }

    private func sumProducts(_ weight: (Int) -> Double) {
        for k in 0..<stride { sum[k] = 0 }
        for task in problem.tasks.indices { add(weight(task), times: products + task * stride, to: sum, count: stride) }
    }

    // MARK: Vectors

    private func size(_ x: UnsafePointer<Double>) -> Double { (0..<order).reduce(0) { $0 + abs(x[$1]) } }
    private func largest(_ x: UnsafePointer<Double>) -> Double { (0..<order).reduce(0) { max($0, abs(x[$1])) } }

    /// What soft thresholding brings a vector to the l1 ball of a radius with: 0 inside. Michelot (1986).
    private func ballThreshold(_ x: UnsafePointer<Double>, radius: Double) -> Double {
        guard size(x) > radius else { return 0 }
        var (threshold, count) = (0.0, order + 1)
        while true {
            var (sum, above) = (0.0, 0)
            for k in 0..<order where abs(x[k]) > threshold {
                sum += abs(x[k])
                above += 1
            }
            if above == 0 || above >= count { return threshold }
            (threshold, count) = ((sum - radius) / Double(above), above)
        }
    }
}

@inline(__always)
private func soft(_ value: Double, _ threshold: Double) -> Double {
    value > threshold ? value - threshold : value < -threshold ? value + threshold : 0
}
