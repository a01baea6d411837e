import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

extension SlowARMULTests {
    /// Tasks with enough rows for fits of their own.
    static let solvable = ArrayProblem(
        RandomProblem(sampleCounts: [40, 25, 33, 60, 21], featureCount: 4, isWeighted: true))

    // MARK: Where all or nothing is shared

    @Test("a strength of 0 gives every task its own fit", arguments: [MOLAR.InterceptRole.free, .shared])
    func noStrength(intercept: MOLAR.InterceptRole) throws {
        let fit = try Self.fit(ARMUL(strength: 0, intercept: intercept), Self.solvable)
        let own = try Individual().fit(Self.solvable, on: Self.reference, reference: Self.reference)
        Self.expectClose(try #require(fit.tasks).coefficients, try #require(own.tasks).coefficients)
        #expect(try #require(fit.certificate).dualityGap.map { abs($0) < 1e-12 } == true)
    }

    /// The strength from which on all tasks are the pooled fit: the largest `||f_j'(pool)|| sqrt(n_j / d)`.
    private func poolingStrength(_ problem: ArrayProblem, pool: [Double]) -> Double {
        problem.tasks.reduce(0.0) { largest, rows in
            let weight = rows.weights.reduce(0, +)
            let residuals = Definitions.residuals(rows, at: pool)
            let slope = pool.indices.map { feature in
                residuals.indices.reduce(0.0) { $0 + rows.weights[$1] * residuals[$1] * rows.design[$1][feature] }
                    / weight
            }
            return max(largest, Definitions.norm(slope) * (weight / Double(pool.count)).squareRoot())
        }
    }

    @Test("tasks are pooled exactly from one strength on, and not before")
    func pooling() throws {
        let pooled = try Pooled().fit(Self.solvable, on: Self.reference, reference: Self.reference)
        let pool = try #require(pooled.center).coefficients
        let least = poolingStrength(Self.solvable, pool: pool)
        for strength in [1.0001 * least, 10 * least, .infinity] {
            let fit = try Self.fit(ARMUL(strength: strength, intercept: .shared), Self.solvable)
            let center = try #require(fit.center).coefficients
            Self.expectClose(center, pool)
            for own in try Self.coefficients(fit) { #expect(own == center) }
            #expect(try #require(fit.certificate).dualityGap.map { abs($0) < 1e-12 } == true)
        }
        let fit = try Self.fit(ARMUL(strength: 0.99 * least, intercept: .shared), Self.solvable)
        let center = try #require(fit.center).coefficients
        #expect(try Self.coefficients(fit).contains { $0 != center })
    }

    @Test("one task keeps its own fit, at any strength", arguments: [0, 0.1, 1, 100, Double.infinity])
    func oneTask(strength: Double) throws {
        var problem = Self.solvable
        problem.tasks = [problem.tasks[0]]
        let own = try Individual().fit(problem, on: Self.reference, reference: Self.reference)
        let fit = try Self.fit(ARMUL(strength: strength), problem)
        Self.expectClose(try #require(fit.tasks).coefficients, try #require(own.tasks).coefficients)
    }

    @Test("identical tasks have their common fit, at any strength", arguments: [0, 0.1, 1, 100])
    func identicalTasks(strength: Double) throws {
        var problem = Self.solvable
        problem.tasks = Array(repeating: problem.tasks[0], count: 7)
        let own = try Individual().fit(problem, on: Self.reference, reference: Self.reference)
        let fit = try Self.fit(ARMUL(strength: strength), problem)
        Self.expectClose(try #require(fit.tasks).coefficients, try #require(own.tasks).coefficients)
    }

    @Test("where tasks have as many rows, they count alike")
    func equalCounts() throws {
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: Array(repeating: 20, count: 9), featureCount: 3, isWeighted: false))
        let byCount = try #require(try Self.fit(ARMUL(strength: 0.2), problem).tasks).coefficients
        let equal = try #require(try Self.fit(ARMUL(strength: 0.2, weights: .equal), problem).tasks).coefficients
        Self.expectClose(byCount, equal)
    }

    // MARK: Means

    /// Means of so many rows, as a problem whose one feature is 1 in every row.
    private func means(_ means: [Double]) -> ArrayProblem {
        ArrayProblem(
            tasks: means.map { TaskRows(design: [[1], [1]], response: [$0 - 1, $0 + 1]) }, featureCount: 1,
            isScaled: false)
    }

    @Test("means are drawn to their Huber location by no more than the threshold")
    func gaussianMeans() throws {
        // Of two rows and one coefficient, sqrt(d / n) = sqrt(1 / 2).
        let root = 2.0.squareRoot()
        let one = try Self.fit(ARMUL(strength: root), means([0, 0, 10]))
        Self.expectClose(try #require(one.tasks).coefficients, [0.5, 0.5, 9])
        Self.expectClose(try #require(one.center).coefficients, [0.5])
        // 9.25 and, of each task, half the variance of its rows.
        Self.expectClose([3 * (try #require(one.certificate).objective)], [9.25 + 1.5])
        let pooled = try Self.fit(ARMUL(strength: 20 / 3 * root), means([0, 0, 10]))
        Self.expectClose(try #require(pooled.tasks).coefficients, Array(repeating: 10.0 / 3, count: 3))
        let many = try Self.fit(ARMUL(strength: 0.5 * root), means([-0.2, 0.1, 0, 0.3, 5]))
        Self.expectClose(try #require(many.tasks).coefficients, [0.175, 0.175, 0.175, 0.175, 4.5])
        // The centre may be anywhere between; the tasks are sure.
        let apart = try Self.fit(ARMUL(strength: 0.5 * root), means([-1, 1]))
        Self.expectClose(try #require(apart.tasks).coefficients, [-0.5, 0.5])
    }

    // MARK: Tasks that cannot take part

    @Test("a task with numbers that are not finite, or without rows, gets the centre and changes no other")
    func badTasks() throws {
        var problem = Self.problem
        let plain = try Self.coefficients(Self.fit(ARMUL(strength: 0.4), problem))
        problem.tasks.insert(problem.tasks[0], at: 3)
        problem.tasks[3].response[1] = .infinity
        problem.tasks.append(TaskRows(design: [], response: [], weights: []))
        let fit = try Self.fit(ARMUL(strength: 0.4), problem)
        #expect(fit.statuses[3] == .nonFinite && fit.statuses[11] == .tooFewRows)
        var found = try Self.coefficients(fit)
        #expect(found[3] == fit.center?.coefficients && found[11] == fit.center?.coefficients)
        found.remove(at: 11)
        found.remove(at: 3)
        Self.expectClose(found.flatMap { $0 }, plain.flatMap { $0 })
    }

    @Test("without any task that takes part there is no centre")
    func noTasks() throws {
        for tasks in [[], [TaskRows(design: [], response: [], weights: [])]] {
            let fit = try Self.fit(
                ARMUL(), ArrayProblem(tasks: tasks, featureCount: 3, isScaled: true))
            #expect(fit.centerStatus == .tooFewRows)
            #expect(fit.statuses == tasks.map { _ in .tooFewRows })
            #expect(try #require(fit.center).coefficients.allSatisfy(\.isNaN))
        }
    }

    @Test("with nothing but a free intercept each task has its mean")
    func interceptOnly() throws {
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: [4, 1, 7], featureCount: 1, isWeighted: true))
        let fit = try Self.fit(ARMUL(strength: 3), problem)
        for (rows, own) in zip(problem.tasks, try Self.coefficients(fit)) {
            let sum = zip(rows.weights, rows.response).reduce(0) { $0 + $1.0 * $1.1 }
            Self.expectClose(own, [sum / rows.weights.reduce(0, +)])
        }
    }

    @Test("a strong outlier moves the centre by a bounded amount")
    func outlier() throws {
        var far = Self.solvable
        let armul = ARMUL(strength: 0.6)
        var centers: [[Double]] = []
        for size in [1e3, 1e6] {
            far.tasks[1].response = Self.solvable.tasks[1].response.indices.map { size * Double($0 % 3 - 1) }
            let fit = try Self.fit(armul, far)
            #expect(fit.centerStatus == .ok)
            centers.append(try #require(fit.center).coefficients)
        }
        // Its pull has its full size long before.
        Self.expectClose(Array(centers[0][1...]), Array(centers[1][1...]), within: 1e-2)
    }

    // MARK: Shards

    @Test("how many tasks fit the memory at a time changes no bit", arguments: Candidate.all)
    func shards(candidate: Candidate) throws {
        var small = candidate
        small.memoryBytes = 1
        var fits: [Fit] = []
        for candidate in [candidate, small] {
            try candidate.run {
                fits.append(try fitManyTasks($0))
            } float: {
                fits.append(try fitManyTasks($0))
            }
        }
        #expect(fits[0].tasks?.coefficients == fits[1].tasks?.coefficients)
        #expect(fits[0].center?.coefficients == fits[1].center?.coefficients)
        #expect(fits[0].certificate == fits[1].certificate)
    }

    private func fitManyTasks<B: Backend>(_ backend: B) throws -> Fit {
        let counts = (0..<2 * backend.sumBlockSize - 3).map { 4 + $0 % 3 }
        let problem = ArrayProblem(RandomProblem(sampleCounts: counts, featureCount: 3, isWeighted: false))
        return try ARMUL(strength: 0.3).fit(problem, on: backend, reference: Self.reference)
    }
}
