import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Low-rank ARMUL")
struct SlowLowRankARMULTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// Twenty tasks whose coefficients are near a plane of the space of five.
    static let problem = makeProblem(basis: [[0, 1, 0, 0.5, 0, 0], [0, 0, 1, 0, -0.5, 1]])

    private static func makeProblem(basis: [[Double]], noise: Double = 1) -> ArrayProblem {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: (0..<20).map { 30 + $0 % 4 }, featureCount: 6, isWeighted: false))
        var stream = TestStream(seed: 12)
        for task in problem.tasks.indices {
            let loadings = [4 * stream.symmetric(), 4 * stream.symmetric()]
            problem.tasks[task].response = zip(problem.tasks[task].response, problem.tasks[task].design).map {
                noise * ($0 - $1[1...].reduce(0, +)) + loadings[0] * Definitions.dot($1, basis[0])
                    + loadings[1] * Definitions.dot($1, basis[1])
            }
        }
        return problem
    }

    private func fit(_ armul: ARMUL, _ problem: ArrayProblem = problem) throws -> Fit {
        try SlowARMULTests.fit(armul, problem)
    }

    @Test("with as many vectors as coefficients all tasks have their own fits", arguments: [0.1, 5, Double.infinity])
    func fullRank(strength: Double) throws {
        let found = try fit(ARMUL(structure: .lowRank(rank: 9), strength: strength))
        let own = try Individual().fit(Self.problem, on: Self.reference, reference: Self.reference)
        SlowARMULTests.expectClose(try #require(found.tasks).coefficients, try #require(own.tasks).coefficients)
        #expect(try #require(found.subspace).basis.count == 5)
    }

    @Test("a strength of 0 gives every task its own fit")
    func noStrength() throws {
        let found = try fit(ARMUL(structure: .lowRank(rank: 2), strength: 0))
        let own = try Individual().fit(Self.problem, on: Self.reference, reference: Self.reference)
        SlowARMULTests.expectClose(try #require(found.tasks).coefficients, try #require(own.tasks).coefficients)
    }

    @Test("what is found is stationary, on every backend", arguments: Candidate.all, [0.05, 0.5, Double.infinity])
    func stationary(candidate: Candidate, strength: Double) throws {
        try candidate.run {
            try checkStationary($0, strength)
        } float: {
            try checkStationary($0, strength)
        }
    }

    private func checkStationary<B: Backend>(_ backend: B, _ strength: Double) throws {
        let armul = ARMUL(structure: .lowRank(rank: 2), strength: strength)
        let fit = try armul.fit(Self.problem, on: backend, reference: Self.reference)
        let certificate = try #require(fit.certificate)
        #expect(certificate.hasConverged && fit.centerStatus == .ok)
        // With a derivative amiss it would get there as well, but not quadratically.
        #expect(try #require(certificate.iterationCount) <= (strength < 0.1 ? 7 : 5))
        #expect(certificate.residual <= (B.Scalar.self == Double.self ? 1e-9 : 1e5 * Double(B.Scalar.ulpOfOne)))
        let basis = try #require(fit.subspace).basis
        for (row, vector) in basis.enumerated() {
            for (column, other) in basis.enumerated() {
                #expect(abs(Definitions.dot(vector, other) - (row == column ? 1 : 0)) <= 1e-12)
            }
        }
    }

    @Test("tasks of fewer rows than the rank are fitted too", arguments: Candidate.all)
    func fewRows(candidate: Candidate) throws {
        try candidate.run {
            try checkFewRows($0)
        } float: {
            try checkFewRows($0)
        }
    }

    @Test("what is found, and that it is, do not depend on the response's unit", arguments: [1e-3, 1e3])
    func units(unit: Double) throws {
        let plain = try fit(ARMUL(structure: .lowRank(rank: 2), strength: 0.3))
        var problem = Self.problem
        for task in problem.tasks.indices {
            for row in problem.tasks[task].response.indices { problem.tasks[task].response[row] *= unit }
        }
        let found = try fit(ARMUL(structure: .lowRank(rank: 2), strength: 0.3 * unit), problem)
        #expect(try #require(found.certificate).hasConverged)
        SlowARMULTests.expectClose(
            try #require(found.tasks).coefficients.map { $0 / unit }, try #require(plain.tasks).coefficients,
            within: 1e-8)
    }

    private func checkFewRows<B: Backend>(_ backend: B) throws {
        var problem = Self.problem
        for (task, count) in [(1, 2), (4, 1), (9, 3)] {
            problem.tasks[task].design = Array(problem.tasks[task].design.prefix(count))
            problem.tasks[task].response = Array(problem.tasks[task].response.prefix(count))
            problem.tasks[task].weights = Array(problem.tasks[task].weights.prefix(count))
        }
        let armul = ARMUL(structure: .lowRank(rank: 3), strength: 0.5)
        let fit = try armul.fit(problem, on: backend, reference: Self.reference)
        // Two rows, less a free intercept, tell one place of three; the rest have no part in the subspace.
        for (task, status) in fit.statuses.enumerated() {
            #expect(([1, 4, 9].contains(task) ? "collinear" : "ok") == status.name, "task \(task)")
        }
        #expect(fit.centerStatus == .ok)
        #expect(try #require(fit.tasks).coefficients.allSatisfy { $0.isFinite && abs($0) < 100 })
        let residual = try #require(fit.certificate).residual
        #expect(residual <= (B.Scalar.self == Double.self ? 1e-9 : 1e5 * Double(B.Scalar.ulpOfOne)))
    }

    @Test("tasks whose rows leave a direction of the subspace open change no other and stay near the mean")
    func openDirection() throws {
        var problem = Self.makeProblem(basis: [[0, 1, 0.5, 0, 0, 0], [0, 0, 0, 0, 0, 1]], noise: 1e-5)
        for (place, task) in [2, 7, 11].enumerated() {
            for row in problem.tasks[task].design.indices { problem.tasks[task].design[row][5] = 3 + Double(place) }
        }
        // Its feature is constant to nine digits: one direction is nearly open.
        for row in problem.tasks[2].design.indices { problem.tasks[2].design[row][5] += 1e-9 * Double(row % 5) }
        let armul = ARMUL(structure: .lowRank(rank: 2), strength: 0.05)
        let found = try fit(armul, problem)
        #expect(found.statuses.indices.filter { found.statuses[$0] == .collinear(feature: 5) } == [2, 7, 11])
        let tasks = try #require(found.tasks)
        #expect(tasks.coefficients.allSatisfy { abs($0) < 100 })
        #expect(try #require(found.certificate).hasConverged)
        var others = problem
        others.tasks = problem.tasks.indices.filter { ![2, 7, 11].contains($0) }.map { problem.tasks[$0] }
        let alone = try fit(armul, others)
        let kept = problem.tasks.indices.filter { ![2, 7, 11].contains($0) }.flatMap { tasks.coefficients(of: $0) }
        SlowARMULTests.expectClose(kept, try #require(alone.tasks).coefficients, within: 1e-7)
    }

    @Test("an infinite strength keeps every task's slopes in the subspace")
    func hardSubspace() throws {
        let found = try fit(ARMUL(structure: .lowRank(rank: 2), strength: .infinity))
        let subspace = try #require(found.subspace)
        let tasks = try #require(found.tasks)
        for task in 0..<20 {
            let own = Array(tasks.coefficients(of: task))
            for feature in 1..<6 {
                let center = (0..<2).reduce(0.0) {
                    $0 + subspace.loadings[2 * task + $1] * subspace.basis[$1][feature]
                }
                #expect(abs(own[feature] - center) <= 1e-12 * max(1, abs(center)))
            }
        }
    }

    @Test("the objective falls as the rank grows, and rises with the strength")
    func monotone() throws {
        func objective(_ rank: Int, _ strength: Double) throws -> Double {
            try #require(fit(ARMUL(structure: .lowRank(rank: rank), strength: strength)).certificate).objective
        }
        let byRank = try (1...5).map { try objective($0, 0.3) }
        #expect(zip(byRank.dropFirst(), byRank).allSatisfy { $0 < $1 })
        let byStrength = try [0.02, 0.05, 0.1, Double.infinity].map { try objective(2, $0) }
        #expect(zip(byStrength.dropFirst(), byStrength).allSatisfy { $0 > $1 })
    }

    @Test("tasks that take no part are at the mean of the tasks' centres and change no other")
    func badTasks() throws {
        var problem = Self.problem
        problem.tasks.append(problem.tasks[0])
        problem.tasks[20].response[2] = .nan
        let armul = ARMUL(structure: .lowRank(rank: 2), strength: 0.3)
        let (plain, found) = (try fit(armul), try fit(armul, problem))
        #expect(found.statuses[20] == .nonFinite)
        let tasks = try #require(found.tasks)
        let (center, subspace) = (try #require(found.center).coefficients, try #require(found.subspace))
        #expect(Array(tasks.coefficients(of: 20)) == center)
        let weights = Self.problem.sampleCounts.map { Double($0) }
        for feature in 1..<6 {
            let mean = (0..<20).reduce(0.0) { sum, task in
                (0..<2).reduce(sum) {
                    $0 + weights[task] * subspace.loadings[2 * task + $1] * subspace.basis[$1][feature]
                }
            }
            #expect(abs(center[feature] - mean / weights.reduce(0, +)) <= 1e-12)
        }
        SlowARMULTests.expectClose(
            Array(tasks.coefficients[..<120]), try #require(plain.tasks).coefficients, within: 1e-8)
    }

    @Test("the strength can be found by cross-validation")
    func crossValidation() throws {
        let grid = StrengthGrid(strengths: [0.01, 0.3, 30], foldCount: 4)
        let found = try fit(ARMUL(structure: .lowRank(rank: 2), penalty: .crossValidated(grid)))
        let curve = try #require(found.penaltyCurve)
        #expect(curve.count == 3 && curve.allSatisfy { $0.error > 0 && $0.error.isFinite })
        #expect(try #require(found.penalty).value > 0.01)
    }
}
