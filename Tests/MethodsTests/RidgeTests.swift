import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Ridge")
struct SlowRidgeTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }
    /// An intercept and three slopes; one task has fewer rows than coefficients, one has a single row.
    static let problem = ArrayProblem(
        RandomProblem(sampleCounts: [40, 3, 25, 1, 33, 60, 21, 19, 50], featureCount: 4, isWeighted: true))

    @Test(
        "leaves the gradient that the penalty balances", arguments: Candidate.all,
        [(Ridge.Center.zero, false), (.pool, false), (.pool, true)])
    func gradient(candidate: Candidate, form: (center: Ridge.Center, standardizes: Bool)) throws {
        for lambda in [0.01, 2, 300] {
            let ridge = Ridge(center: form.center, penalty: .value(lambda), standardizes: form.standardizes)
            try candidate.run {
                try checkGradient(ridge, lambda, on: $0)
            } float: {
                try checkGradient(ridge, lambda, on: $0)
            }
        }
    }

    /// `X'W(y - X b) = lambda D (b - c)` with a zero in `D` for the intercept, within what rounding the moments and the
    /// factor of a well-conditioned task leaves.
    private func checkGradient<B: Backend>(_ ridge: Ridge, _ lambda: Double, on backend: B) throws {
        let problem = Self.problem
        let fit = try ridge.fit(problem, on: backend, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        #expect(fit.penalty == ChosenPenalty(value: lambda, origin: .given))
        let tasks = try #require(fit.tasks)
        let center = try #require(fit.center).coefficients
        let variances = ridge.standardizes ? self.variances(of: problem.pooledRows) : [0, 1, 1, 1]
        for (task, rows) in problem.tasks.enumerated() {
            let beta = Array(tasks.coefficients(of: task))
            let residuals = Definitions.residuals(rows, at: beta)
            for feature in 0..<4 {
                let terms = residuals.indices.map { rows.weights[$0] * residuals[$0] * rows.design[$0][feature] }
                let pull = feature == 0 ? 0 : lambda * variances[feature] * (beta[feature] - center[feature])
                let scale = terms.reduce(abs(pull) + lambda + 1) { $0 + abs($1) }
                let tolerance = 64 * Double(B.Scalar.ulpOfOne) * tasks.conditions[task] * tasks.conditions[task]
                #expect(abs(terms.reduce(0, +) - pull) <= tolerance * scale)
            }
        }
    }

    private func variances(of rows: TaskRows) -> [Double] {
        let weight = rows.weights.reduce(0, +)
        return (0..<4).map { feature in
            let values = rows.design.map { $0[feature] }
            let mean = zip(rows.weights, values).reduce(0) { $0 + $1.0 * $1.1 } / weight
            return zip(rows.weights, values).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) } / weight
        }
    }

    @Test("a vanishing penalty is least squares, an overwhelming one the centre's slopes")
    func limits() throws {
        let problem = ArrayProblem(RandomProblem(sampleCounts: [40, 25, 33], featureCount: 4, isWeighted: false))
        let own = try #require(
            try Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        let little = try Ridge(penalty: .value(1e-12)).fit(problem, on: Self.reference, reference: Self.reference)
        let much = try Ridge(penalty: .value(1e12)).fit(problem, on: Self.reference, reference: Self.reference)
        let center = try #require(much.center).coefficients
        for index in own.coefficients.indices {
            #expect(abs(try #require(little.tasks).coefficients[index] - own.coefficients[index]) < 1e-9)
            if index % 4 != 0 { #expect(abs(try #require(much.tasks).coefficients[index] - center[index % 4]) < 1e-9) }
        }
    }

    @Test("with standardized features the units do not matter")
    func units() throws {
        let units = [1, 1000, 0.125, 1e-4]
        var scaled = Self.problem
        for task in scaled.tasks.indices {
            scaled.tasks[task].design = scaled.tasks[task].design.map { zip($0, units).map { $0 * $1 } }
        }
        let ridge = Ridge(penalty: .value(3), standardizes: true)
        let plain = try #require(try ridge.fit(Self.problem, on: Self.reference, reference: Self.reference).tasks)
        let found = try #require(try ridge.fit(scaled, on: Self.reference, reference: Self.reference).tasks)
        for index in plain.coefficients.indices {
            let back = found.coefficients[index] * units[index % 4]
            #expect(abs(back - plain.coefficients[index]) <= 1e-9 * (1 + abs(plain.coefficients[index])))
        }
    }

    @Test("penalties are in the units of the weights", arguments: [true, false])
    func weightUnits(hasIntercept: Bool) throws {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: [40, 25, 33], featureCount: 4, isWeighted: true), isScaled: hasIntercept)
        let plain = try Ridge(center: .zero, penalty: .value(10), standardizes: true).fit(
            problem, on: Self.reference, reference: Self.reference)
        for task in problem.tasks.indices {
            problem.tasks[task].weights = problem.tasks[task].weights.map { 1000 * $0 }
        }
        let scaled = try Ridge(center: .zero, penalty: .value(10_000), standardizes: true).fit(
            problem, on: Self.reference, reference: Self.reference)
        let pairs = zip(try #require(plain.tasks).coefficients, try #require(scaled.tasks).coefficients)
        for (one, other) in pairs { #expect(abs(one - other) <= 1e-10 * (1 + abs(one))) }
    }

    @Test("without rows to hold out no penalty is called validated, and tasks are not told apart")
    func notValidated() throws {
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: Array(repeating: 1, count: 30), featureCount: 3, isWeighted: false))
        let fit = try Ridge().fit(problem, on: Self.reference, reference: Self.reference)
        #expect(fit.penalty?.origin == .notValidated)
    }

    @Test("a task with values that are not finite gets the centre", arguments: [Ridge.Center.zero, .pool])
    func badTask(center: Ridge.Center) throws {
        var problem = Self.problem
        problem.tasks[4].response[0] = .infinity
        let fit = try Ridge(center: center).fit(problem, on: Self.reference, reference: Self.reference)
        #expect(fit.statuses[4] == .nonFinite)
        let tasks = try #require(fit.tasks)
        #expect(Array(tasks.coefficients(of: 4)) == fit.center?.coefficients)
        #expect(tasks.coefficients.allSatisfy { $0.isFinite })
        #expect(tasks.standardErrors.allSatisfy { $0.isNaN })
    }

    @Test(
        "the penalty that cross-validation finds, and the fit at it, do not depend on shards", arguments: Candidate.all)
    func shards(candidate: Candidate) throws {
        try candidate.run {
            try checkShards(candidate, sumBlockSize: $0.sumBlockSize)
        } float: {
            try checkShards(candidate, sumBlockSize: $0.sumBlockSize)
        }
    }

    private func checkShards(_ candidate: Candidate, sumBlockSize: Int) throws {
        let counts = (0..<2 * sumBlockSize - 3).map { 4 + $0 % 3 }
        let problem = ArrayProblem(RandomProblem(sampleCounts: counts, featureCount: 2, isWeighted: false))
        let ridge = Ridge(penalty: .crossValidated(foldCount: 3, seed: 4))
        var small = candidate
        small.memoryBytes = 1
        let whole = try fit(ridge, problem, on: candidate)
        let sharded = try fit(ridge, problem, on: small)
        #expect(whole.penalty == sharded.penalty)
        #expect(whole.tasks?.coefficients == sharded.tasks?.coefficients)
    }

    private func fit(_ ridge: Ridge, _ problem: ArrayProblem, on candidate: Candidate) throws -> Fit {
        var fit = Fit(statuses: [])
        try candidate.run {
            fit = try ridge.fit(problem, on: $0, reference: Self.reference)
        } float: {
            fit = try ridge.fit(problem, on: $0, reference: Self.reference)
        }
        return fit
    }
}
