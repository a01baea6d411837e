import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

/// What MOLAR does beyond its specification's golden cases: intercepts, bad tasks, weights, standard errors, shards.
extension SlowMOLARTests {
    @Test("a free intercept keeps each task's fit at the means of its rows")
    func freeIntercept() throws {
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: (0..<12).map { 20 + 3 * $0 }, featureCount: 4, isWeighted: true))
        let tasks = try fit(MOLAR(shrinkage: .soft, strength: 3, intercept: .free), problem).tasks
        for (task, rows) in problem.tasks.enumerated() {
            let residuals = Definitions.residuals(rows, at: Array(tasks[task * 4..<task * 4 + 4]))
            let sum = zip(rows.weights, residuals).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(sum) <= 1e-9 * rows.weights.reduce(0, +))
        }
    }

    @Test(
        "a task that cannot be fitted gets the centre and no standard errors, and changes nobody else",
        arguments: Candidate.all)
    func badTasks(candidate: Candidate) throws {
        let clean = Self.problem(taskCount: 9, featureCount: 4)
        var problem = clean
        problem.tasks[2] = TaskRows(design: [[1, 2, 3, 4]], response: [5])
        problem.tasks[5].response[3] = .nan
        problem.tasks[7].design = problem.tasks[7].design.map { [$0[0], $0[1], $0[0] + $0[1], $0[3]] }
        var others = clean
        others.tasks = [0, 1, 3, 4, 6, 8].map { clean.tasks[$0] }
        for molar in Self.both() {
            try candidate.run {
                try checkBadTasks(molar, problem, others, on: $0)
            } float: {
                try checkBadTasks(molar, problem, others, on: $0)
            }
        }
    }

    private func checkBadTasks(
        _ molar: MOLAR, _ problem: ArrayProblem, _ others: ArrayProblem, on backend: some Backend
    ) throws {
        let fit = try molar.fit(problem, on: backend, reference: Self.reference)
        #expect(fit.statuses[2] == .tooFewRows && fit.statuses[5] == .nonFinite)
        #expect(fit.statuses[7] == .collinear(feature: 2))
        let alone = try molar.fit(others, on: backend, reference: Self.reference)
        let tasks = try #require(fit.tasks)
        let center = try #require(fit.center).coefficients
        #expect(center == alone.center?.coefficients)
        for bad in [2, 5, 7] {
            #expect(Array(tasks.coefficients(of: bad)) == center)
            #expect(tasks.standardErrors(of: bad).allSatisfy { $0.isNaN })
        }
        let kept = [0, 1, 3, 4, 6, 8].flatMap { Array(tasks.coefficients(of: $0)) }
        #expect(kept == alone.tasks?.coefficients)
    }

    @Test("a task whose response is an exact function of its features is no more precise than the others")
    func exactResponse() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let clean = try fit(MOLAR(), problem).center
        for exact in [[0.0, 0, 0, 0], [10, 0, 0, 0], [3, 1, 4, 1]] {
            var spoiled = problem
            spoiled.tasks[4].response = problem.tasks[4].design.map { row in
                zip(row, exact).reduce(0) { $0 + $1.0 * $1.1 }
            }
            let center = try fit(MOLAR(), spoiled).center
            // One task of nine moves a median to a neighbour's value at most.
            for (found, expected) in zip(center, clean) { #expect(abs(found - expected) < 0.2) }
        }
    }

    @Test("the scale of the weights of a task's rows does not matter", arguments: [true, false])
    func rowWeightScale(hasIntercept: Bool) throws {
        let random = RandomProblem(sampleCounts: (0..<7).map { 20 + 5 * $0 }, featureCount: 3, isWeighted: true)
        let problem = ArrayProblem(random, isScaled: hasIntercept)
        var scaled = problem
        for task in [1, 2, 5] { scaled.tasks[task].weights = problem.tasks[task].weights.map { 1024 * $0 } }
        for molar in Self.both() {
            let (tasks, center) = try fit(molar, problem)
            expectClose(try fit(molar, scaled).tasks, tasks)
            expectClose(try fit(molar, scaled).center, center)
        }
    }

    @Test("only a coefficient that is the task's own keeps its standard error")
    func standardErrors() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let own = try own(problem)
        let fit = try MOLAR(intercept: .shared).fit(problem, on: Self.reference, reference: Self.reference)
        let tasks = try #require(fit.tasks)
        for index in own.coefficients.indices {
            let isOwn = tasks.coefficients[index] == own.coefficients[index]
            #expect(
                isOwn ? tasks.standardErrors[index] == own.standardErrors[index] : tasks.standardErrors[index].isNaN)
        }
        #expect(tasks.standardErrors.contains { $0.isNaN } && tasks.standardErrors.contains { !$0.isNaN })
        #expect(fit.differingTaskCounts?.count == 4)
    }

    @Test("shards have the same bits", arguments: [MOLAR.InterceptRole.free, .shared])
    func shards(intercept: MOLAR.InterceptRole) throws {
        let backend = CPUBackend<Double>(parallel: Parallel(threadCount: 1))
        let counts = (0..<3 * backend.sumBlockSize - 3).map { 5 + $0 % 3 }
        let problem = ArrayProblem(RandomProblem(sampleCounts: counts, featureCount: 3, isWeighted: false))
        let molar = MOLAR(intercept: intercept)
        let whole = try molar.fit(problem, on: backend, reference: Self.reference)
        let small = CPUBackend<Double>(
            parallel: Parallel(threadCount: 1), memoryBytes: 4 * triangleCount(4) * 8 * backend.sumBlockSize)
        let sharded = try molar.fit(problem, on: small, reference: Self.reference)
        #expect(problem.shardCount(for: small, arrayCount: 4, passes: .one) == 3)
        #expect(sharded.tasks?.coefficients == whole.tasks?.coefficients)
        #expect(sharded.center?.coefficients == whole.center?.coefficients)
    }
}
