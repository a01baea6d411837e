import CPUFallback
import Compute
import Definitions
import Methods
import RealModule
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

    @Test("where every response is an exact function of its features, nothing differs but what does")
    func exactResponses() throws {
        var problem = Self.problem(taskCount: 9, featureCount: 4)
        for task in 0..<9 {
            let own = [0.3, task == 4 ? 2 : 1.1, -0.7, 0]
            problem.tasks[task].response = problem.tasks[task].design.map { row in
                zip(row, own).reduce(0) { $0 + $1.0 * $1.1 }
            }
        }
        let fit = try MOLAR(intercept: .shared).fit(problem, on: Self.reference, reference: Self.reference)
        #expect(fit.differingTaskCounts == [0, 1, 0, 0])
        let rates = FalseDiscovery.adjusted(DifferenceTest(try #require(fit.differences)).pValues())
        #expect(rates.indices.filter { rates[$0] <= 0.05 } == [17])
    }

    @Test("a task without residuals has the pooled deviation of the others")
    func pooledWithoutResiduals() throws {
        var problem = Self.problem(taskCount: 9, featureCount: 4)
        problem.tasks[3].response = problem.tasks[3].response.map { _ in 0 }
        var molar = MOLAR(intercept: .shared)
        molar.errorVariance = .pooled
        let fit = try molar.fit(problem, on: Self.reference, reference: Self.reference)
        let errors = try #require(fit.differences).ownStandardErrors
        #expect(errors.allSatisfy { $0 > 0 && $0.isFinite })
        // Its errors are to those of a task of like rows as the roots of their inverse Grams' diagonals.
        let own = try self.own(Self.problem(taskCount: 9, featureCount: 4))
        for feature in 0..<4 {
            let factor = { (task: Int) in
                errors[4 * task + feature] * (own.errorVariances[task]).squareRoot()
                    / own.standardErrors[4 * task + feature]
            }
            #expect(abs(factor(3) / factor(5) - 1) < 1e-9)
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

    @Test("as many rows as features are enough where the variance of errors is known")
    func knownVariance() throws {
        var problem = Self.problem(taskCount: 6, featureCount: 4)
        problem.tasks[2].design.removeLast(problem.tasks[2].design.count - 4)
        problem.tasks[2].response.removeLast(problem.tasks[2].response.count - 4)
        problem.tasks[2].weights.removeLast(problem.tasks[2].weights.count - 4)
        func fit(_ problem: ArrayProblem) throws -> Fit {
            try MOLAR(intercept: .shared).fit(problem, on: Self.reference, reference: Self.reference)
        }
        #expect(try fit(problem).statuses[2] == .tooFewRows)
        problem.errorVariances = Array(repeating: 0.1, count: 6)
        let known = try fit(problem)
        #expect(known.statuses.allSatisfy { $0 == .ok })
        // Four rows and four coefficients leave no residuals.
        let own = try #require(known.differences).ownCoefficients[8..<12]
        for (row, response) in zip(problem.tasks[2].design, problem.tasks[2].response) {
            #expect(abs(zip(row, own).reduce(0) { $0 + $1.0 * $1.1 } - response) < 1e-9)
        }
    }

    @Test("a given centre draws each task as if it were alone, and does not move")
    func givenCenter() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let whole = try MOLAR(intercept: .shared).fit(problem, on: Self.reference, reference: Self.reference)
        let center = try #require(whole.center)
        var molar = MOLAR(intercept: .shared)
        molar.givenCenter = MOLAR.GivenCenter(
            coefficients: center.coefficients, sampleCount: center.sampleCount, taskCount: 9)
        let again = try molar.fit(problem, on: Self.reference, reference: Self.reference)
        #expect(again.center?.coefficients == center.coefficients)
        // N / n is beyond the four coefficients in both, so that thresholds are the same.
        #expect(again.tasks?.coefficients == whole.tasks?.coefficients)
        var one = problem
        one.tasks = [problem.tasks[3]]
        let alone = try molar.fit(one, on: Self.reference, reference: Self.reference)
        #expect(try #require(alone.tasks).coefficients == Array(#require(again.tasks).coefficients(of: 3)))
    }

    @Test("a task of few rows goes to a given centre by the LASSO, one with enough of them near its own estimates")
    func fewRows() throws {
        var problem = Self.problem(taskCount: 3, featureCount: 4, noise: 0.01)
        for (task, count) in [(1, 3), (2, 1)] {
            problem.tasks[task].design.removeLast(problem.tasks[task].design.count - count)
            problem.tasks[task].response.removeLast(problem.tasks[task].response.count - count)
            problem.tasks[task].weights.removeLast(problem.tasks[task].weights.count - count)
        }
        let center = [0.1, -0.2, 0.3, 0.4]
        var molar = MOLAR(intercept: .shared)
        molar.givenCenter = MOLAR.GivenCenter(
            coefficients: center, sampleCount: 1000, taskCount: 20, errorVariance: 1e-4)
        let fit = try molar.fit(problem, on: Self.reference, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        #expect(fit.penalizedTaskCount == 2)
        for task in 1..<3 {
            let rows = problem.tasks[task]
            let found = Array(try #require(fit.tasks).coefficients(of: task))
            // The paper's strength, with errors of deviation 0.01.
            let count = Double(rows.response.count)
            let lambda = 0.35 * 0.01 * (Double.log(4) / count).squareRoot()
            for k in 0..<4 {
                let slope = zip(rows.design, rows.response).reduce(0.0) { sum, row in
                    let residual = row.1 - zip(row.0, found).reduce(0) { $0 + $1.0 * $1.1 }
                    return sum + row.0[k] * residual / count
                }
                if found[k] == center[k] {
                    #expect(abs(slope) <= lambda * (1 + 1e-6))
                } else {
                    #expect(abs(slope - (found[k] > center[k] ? lambda : -lambda)) < 1e-6 * lambda)
                }
            }
            #expect(found != center)
            #expect(try #require(fit.differences).ownCoefficients[task * 4].isNaN)
        }
    }
}
