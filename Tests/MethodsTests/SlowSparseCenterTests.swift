import CPUFallback
import Compute
import Definitions
import Methods
import RealModule
import Synchronization
import TestSupport
import Testing

@Suite("sparse centres")
struct SlowSparseCenterTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// Moments over rows of tasks with more coefficients than rows, three of the shared ones away from 0, one a task its own.
    static func tasks(
        count: Int, rows: Int, order: Int, noise: Double, seed: UInt64
    ) -> (tasks: [SparseCenter.Task], shared: [Double]) {
        var stream = TestStream(seed: seed)
        let shared = (0..<order).map { $0 < 3 ? 1.0 + Double($0) : 0 }
        let tasks = (0..<count).map { task -> SparseCenter.Task in
            var own = shared
            own[3 + task % (order - 3)] += 0.5
            let weight = Double(task == 0 ? 3 * rows : rows)
            var matrix = Array(repeating: 0.0, count: order * order)
            var linear = Array(repeating: 0.0, count: order)
            for _ in 0..<Int(weight) {
                let x = (0..<order).map { _ in stream.normal() }
                let y = zip(x, own).reduce(noise * stream.normal()) { $0 + $1.0 * $1.1 }
                for row in 0..<order {
                    linear[row] += x[row] * y / weight
                    for column in 0..<order { matrix[row * order + column] += x[row] * x[column] / weight }
                }
            }
            return SparseCenter.Task(
                matrix: matrix, linear: linear, weight: weight,
                bound: 1.5 * noise * (Double.log(weight * Double(order)) / weight).squareRoot())
        }
        return (tasks, shared)
    }

    /// A lower bound of the objective that meets it proves both: nothing of the search is taken on trust but that bound.
    @Test("end where no constraint fails and the duality gap is closed", arguments: [1, 2, 3])
    func optimality(seed: UInt64) throws {
        let (tasks, shared) = Self.tasks(count: 6, rows: 25, order: 40, noise: 0.2, seed: seed)
        let total = 25.0 * 8
        let found = try SparseCenter(
            tasks: tasks, bound: 1.5 * 0.2 * (Double.log(40) / total).squareRoot(), start: shared
        ).solve(Parallel(threadCount: 2))
        #expect(found.hasConverged, "\(found.violation) \(found.gap)")
        #expect(found.violation <= 1e-5 && abs(found.gap) <= 1e-5)
        // It is nearer to what generated the tasks than zero is.
        let error = zip(found.center, shared).reduce(0) { $0 + abs($1.0 - $1.1) }
        #expect(error < 0.5 * shared.reduce(0, +), "\(error)")
        // The first task has no difference.
        #expect(found.differences[0].allSatisfy { $0 == 0 })
    }

    /// One task whose features are orthonormal: `|b - q| <= l_1` and the least `||b||_1` are soft thresholding.
    @Test("of one orthonormal task soft thresholding is the centre")
    func orthonormal() throws {
        let linear = [2.0, -0.3, 0.05, -1, 0.2]
        let matrix = (0..<25).map { $0 % 6 == 0 ? 1.0 : 0 }
        let found = try SparseCenter(
            tasks: [SparseCenter.Task(matrix: matrix, linear: linear, weight: 10, bound: 0.1)], bound: 0.25,
            start: linear
        ).solve(Parallel(threadCount: 1))
        #expect(found.hasConverged)
        for (value, q) in zip(found.center, linear) {
            let expected = q > 0.25 ? q - 0.25 : q < -0.25 ? q + 0.25 : 0
            #expect(abs(value - expected) < 1e-4)
        }
    }

    @Test("tasks stay within the radius, and the centre gives way")
    func radius() throws {
        // b + d is 2.9 at least, and what b has of it costs five times as much as d.
        let tasks = [
            SparseCenter.Task(matrix: [1], linear: [1], weight: 1, bound: 0.1),
            SparseCenter.Task(matrix: [1], linear: [3], weight: 9, bound: 0.1),
        ]
        for (radius, expected) in [(Double.infinity, 0.0), (2, 0.9), (1, 1.9)] {
            let found = try SparseCenter(tasks: tasks, bound: 0.5, start: [1], radius: radius).solve(
                Parallel(threadCount: 1))
            #expect(found.hasConverged)
            #expect(abs(found.center[0] - expected) < 1e-3, "\(radius): \(found.center)")
        }
    }

    @Test("constraints that exclude each other are told")
    func infeasible() throws {
        // Without features nothing explains what the response has with them.
        let task = SparseCenter.Task(
            matrix: Array(repeating: 0, count: 9), linear: [1, 1, 1], weight: 10, bound: 0.1)
        let found = try SparseCenter(tasks: [task, task], bound: 0.1, start: [0, 0, 0]).solve(Parallel(threadCount: 1))
        #expect(!found.hasConverged)
        #expect(found.violation > 1)
    }

    @Test("do not depend on the number of threads to the bit")
    func threads() throws {
        // Enough tasks for several units of work.
        let (tasks, shared) = Self.tasks(count: 90, rows: 12, order: 35, noise: 0.2, seed: 4)
        let problem = SparseCenter(tasks: tasks, bound: 0.02, start: shared, radius: 3)
        let one = try problem.solve(Parallel(threadCount: 1))
        let two = try problem.solve(Parallel(threadCount: 2))
        #expect(one.center == two.center && one.differences == two.differences)
        #expect(one.gap == two.gap && one.iterationCount == two.iterationCount)
    }

    @Test("can be stopped between the steps of the search, also when a LASSO asks for it")
    func interruption() throws {
        let (tasks, shared) = Self.tasks(count: 6, rows: 25, order: 40, noise: 0.2, seed: 1)
        let left = Mutex(7)
        let progress = PassProgress { _ in
            left.withLock {
                $0 -= 1
                return $0 > 0
            }
        }
        #expect(throws: ComputeError.interrupted) {
            try SparseCenter(tasks: tasks, bound: 0.03, start: shared).solve(
                Parallel(threadCount: 2), progress: progress)
        }
        #expect(left.withLock { $0 } == 0)

        // Passes over rows and what else a fit does ask fewer than fifty times.
        left.withLock { $0 = 50 }
        let problem = SparseProblem(
            taskCount: 8, rowCount: 30, featureCount: 40, differences: 1, separation: 3, deviation: 0.2, seed: 9)
        #expect(throws: ComputeError.interrupted) {
            try Lasso(center: .sparse(), strength: 1, intercept: .shared).fit(
                problem, on: Self.reference, reference: Self.reference, progress: progress)
        }
        left.withLock { $0 = 50 }
        _ = try Lasso(center: .zero, strength: 1, intercept: .shared).fit(
            problem, on: Self.reference, reference: Self.reference, progress: progress)
    }

    @Test("serve the LASSO of tasks with fewer rows than coefficients better than zero does")
    func lasso() throws {
        let problem = SparseProblem(
            taskCount: 8, rowCount: 30, featureCount: 40, differences: 1, separation: 3, deviation: 0.2, seed: 9)
        func error(_ center: Lasso.Center) throws -> (error: Double, fit: Fit) {
            var problem = problem
            problem.knowsVariance = true
            let fit = try Lasso(center: center, strength: 1, intercept: .shared).fit(
                problem, on: Self.reference, reference: Self.reference)
            let found = try #require(fit.tasks).coefficients
            return (zip(found, problem.truth).reduce(0) { $0 + abs($1.0 - $1.1) } / 8, fit)
        }
        let zero = try error(.zero)
        let sparse = try error(.sparse())
        #expect(sparse.fit.centerStatus == .ok)
        #expect(sparse.error < zero.error, "\(sparse.error) \(zero.error)")
        #expect(sparse.fit.statuses.allSatisfy { $0 == .ok })
    }
}
