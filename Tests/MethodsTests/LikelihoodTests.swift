import CPUFallback
import Compute
import Definitions
import Glibc
import Methods
import TestSupport
import Testing

/// Maximum likelihood by `itl` and `pool`.
@Suite("Maximum likelihood")
struct LikelihoodTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    static let models = LossModel.all.filter { $0.loss == .logistic || $0.loss == .poisson }

    static func individual(_ loss: Loss, _ variance: VarianceEstimator = .iid) -> Individual {
        var individual = Individual(variance: variance)
        individual.loss = loss
        return individual
    }

    static func pooled(_ loss: Loss, _ variance: VarianceEstimator = .iid) -> Pooled {
        var pooled = Pooled(variance: variance)
        pooled.loss = loss
        return pooled
    }

    static func fit(_ estimator: some Estimator, _ problem: some Problem) throws -> Fit {
        try estimator.fit(problem, on: reference, reference: reference, progress: nil)
    }

    /// An intercept and two features of tasks of very different size, on scaled columns; no classes can be told apart.
    static func problem(
        _ model: LossModel, taskCount: Int = 21, leastRows: Int = 30, isWeighted: Bool = true
    ) -> ArrayProblem {
        let counts = (0..<taskCount).map { $0 == 4 ? 700 : leastRows * (4 + $0 % 7) / 4 }
        var problem = ArrayProblem(RandomProblem(sampleCounts: counts, featureCount: 3, isWeighted: isWeighted))
        problem.scaling = ColumnScaling(shifts: [0, 0.25, 0.5, 0], scales: [1, 0.5, 2, 1], intercept: 0)
        var stream = TestStream(seed: 3)
        for task in problem.tasks.indices {
            let own = [0.2, 1, -0.7].map { $0 + 0.3 * stream.symmetric() }
            for row in problem.tasks[task].response.indices {
                let eta = Definitions.predictors(problem.tasks[task].design[row], [own])
                problem.tasks[task].response[row] = model.draw(eta, (stream.symmetric() + 1) / 2)
            }
        }
        return problem
    }

    // MARK: Against statsmodels

    @Test("the fixture is there")
    func fixtureCount() { #expect(GLMFixture.all.count == 4) }

    @Test(
        "coefficients and standard errors are those of statsmodels, of every task and of all rows",
        arguments: Candidate.all, GLMFixture.all)
    func statsmodels(candidate: Candidate, fixture: GLMFixture) throws {
        try candidate.run {
            try check($0, fixture)
        } float: {
            try check($0, fixture)
        }
    }

    private func check<B: Backend>(_ backend: B, _ fixture: GLMFixture) throws {
        // Of standard errors: float leaves slopes that a step of a hundredth would remove.
        let tolerance = B.Scalar.self == Double.self ? 1e-8 : 1e-2
        for variance in GLMFixture.variances {
            let each = try Self.individual(fixture.rowLoss, variance).fit(
                fixture.problem, on: backend, reference: Self.reference)
            #expect(each.statuses.allSatisfy { $0 == .ok } && each.certificate?.hasConverged == true)
            let tasks = try #require(each.tasks)
            #expect(tasks.degreesOfFreedom.allSatisfy { $0 == .infinity })
            for (task, expected) in fixture.each.enumerated() {
                try compare(
                    Array(tasks.coefficients(of: task)), Array(tasks.standardErrors(of: task)), expected, variance,
                    tolerance)
            }
            let pooled = try Self.pooled(fixture.rowLoss, variance).fit(
                fixture.problem, on: backend, reference: Self.reference)
            let center = try #require(pooled.center)
            try compare(center.coefficients, center.standardErrors, fixture.together, variance, tolerance)
            #expect(center.sampleCount == fixture.problem.sampleCounts.reduce(0, +))
        }
    }

    private func compare(
        _ coefficients: [Double], _ errors: [Double], _ expected: GLMFixture.Estimates, _ variance: VarianceEstimator,
        _ tolerance: Double
    ) throws {
        let known = try #require(expected.errors[variance.rawValue])
        for place in known.indices {
            #expect(abs(coefficients[place] - expected.coefficients[place]) <= tolerance * known[place])
            #expect(abs(errors[place] - known[place]) <= tolerance * known[place], "\(variance)")
        }
    }

    @Test("HC1 is HC0 for the degrees of freedom", arguments: GLMFixture.all)
    func degreesOfFreedom(fixture: GLMFixture) throws {
        let found = try [VarianceEstimator.hc0, .hc1].map {
            try #require(try Self.fit(Self.individual(fixture.rowLoss, $0), fixture.problem).tasks)
        }
        for (task, count) in fixture.problem.sampleCounts.enumerated() {
            let factor = (Double(count) / Double(count - 4)).squareRoot()
            for (one, other) in zip(found[0].standardErrors(of: task), found[1].standardErrors(of: task)) {
                #expect(abs(factor * one - other) <= 1e-14 * other)
            }
        }
    }

    // MARK: Optimality

    @Test("no slope is left, as the rows have it", arguments: Candidate.all, models)
    func optimum(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkOptimum($0, model)
        } float: {
            try checkOptimum($0, model)
        }
    }

    private func checkOptimum<B: Backend>(_ backend: B, _ model: LossModel) throws {
        let problem = Self.problem(model)
        let fit = try Self.individual(model.loss).fit(problem, on: backend, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        let certificate = try #require(fit.certificate)
        let isDouble = B.Scalar.self == Double.self
        #expect(certificate.hasConverged && certificate.residual <= (isDouble ? 1e-10 : 1e-4))
        let tasks = try #require(fit.tasks)
        var (sum, total) = (0.0, 0.0)
        for (task, rows) in problem.tasks.enumerated() {
            let own = [Array(tasks.coefficients(of: task))]
            let weight = rows.weights.reduce(0, +)
            let slopes = Definitions.lossGradient(model.definition, rows, at: own)[0]
            #expect(slopes.allSatisfy { abs($0) <= (isDouble ? 1e-10 : 1e-3) * weight })
            sum += Definitions.lossSum(model.definition, rows, at: own)
            total += weight
        }
        #expect(abs(sum / total - certificate.objective) <= (isDouble ? 1e-13 : 1e-5) * abs(certificate.objective))
    }

    @Test("one task's rows pooled are its own fit", arguments: models)
    func onePooled(model: LossModel) throws {
        var problem = Self.problem(model)
        problem.tasks = [problem.tasks[4]]
        let own = try #require(try Self.fit(Self.individual(model.loss), problem).tasks)
        let center = try #require(try Self.fit(Self.pooled(model.loss), problem).center)
        for (one, other) in zip(own.coefficients + own.standardErrors, center.coefficients + center.standardErrors) {
            #expect(abs(one - other) <= 1e-12)
        }
    }

    @Test(
        "a task without finite rows or with a response it cannot have is left out of the pooled fit", arguments: models)
    func pooledWithout(model: LossModel) throws {
        let clean = Self.problem(model)
        var problem = clean
        problem.tasks.insert(clean.tasks[3], at: 2)
        problem.tasks.append(clean.tasks[7])
        problem.tasks[2].design[5][1] = .infinity
        problem.tasks[22].response[1] = -1
        let (found, expected) = (
            try Self.fit(Self.pooled(model.loss), problem), try Self.fit(Self.pooled(model.loss), clean)
        )
        #expect(found.statuses.enumerated().allSatisfy { ($1 == .nonFinite) == ($0 == 2 || $0 == 22) })
        #expect(found.center?.sampleCount == expected.center?.sampleCount)
        for (one, other) in zip(try #require(found.center).coefficients, try #require(expected.center).coefficients) {
            #expect(abs(one - other) <= 1e-12)
        }
    }

    @Test("pooled classes that can be told apart have no estimate")
    func pooledSeparated() throws {
        var problem = Self.problem(Self.models[0])
        for task in problem.tasks.indices {
            problem.tasks[task].response = problem.tasks[task].design.map { $0[1] > 0.1 ? 1 : 0 }
        }
        let fit = try Self.fit(Self.pooled(.logistic), problem)
        #expect(fit.centerStatus == .separated && fit.center == nil)
    }

    // MARK: Independence of tasks

    @Test("the order of tasks, and which others there are, changes no bit", arguments: models)
    func order(model: LossModel) throws {
        let problem = Self.problem(model)
        let fit = try #require(try Self.fit(Self.individual(model.loss), problem).tasks)
        var reversed = problem
        reversed.tasks.reverse()
        let other = try #require(try Self.fit(Self.individual(model.loss), reversed).tasks)
        for task in 0..<21 {
            #expect(fit.coefficients(of: task) == other.coefficients(of: 20 - task))
            #expect(fit.standardErrors(of: task) == other.standardErrors(of: 20 - task))
        }
        var alone = problem
        alone.tasks = [problem.tasks[4]]
        let one = try #require(try Self.fit(Self.individual(model.loss), alone).tasks)
        #expect(Array(one.coefficients(of: 0)) == Array(fit.coefficients(of: 4)))
        #expect(Array(one.standardErrors(of: 0)) == Array(fit.standardErrors(of: 4)))
    }

    @Test("the unit of weights changes no bit of coefficients", arguments: models)
    func weightUnit(model: LossModel) throws {
        let problem = Self.problem(model)
        let fit = try #require(try Self.fit(Self.individual(model.loss), problem).tasks)
        for exponent in [-40.0, 40] {
            var scaled = problem
            let factor = exp2(exponent)
            for task in problem.tasks.indices {
                scaled.tasks[task].weights = problem.tasks[task].weights.map { factor * $0 }
            }
            let other = try #require(try Self.fit(Self.individual(model.loss), scaled).tasks)
            #expect(other.coefficients == fit.coefficients)
            #expect(other.standardErrors == fit.standardErrors.map { $0 / factor.squareRoot() })
        }
    }

    @Test("shards have the same bits", arguments: Candidate.all, models)
    func shards(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkShards(candidate, backend: $0, model)
        } float: {
            try checkShards(candidate, backend: $0, model)
        }
    }

    private func checkShards<B: Backend>(_ candidate: Candidate, backend: B, _ model: LossModel) throws {
        let problem = KeptProblem(
            Self.problem(model, taskCount: 2 * backend.sumBlockSize + 5, leastRows: 8, isWeighted: false))
        var small = candidate
        small.memoryBytes = 5 * triangleCount(4) * MemoryLayout<B.Scalar>.stride * backend.sumBlockSize
        let fits = try [candidate, small].map { candidate -> [Fit] in
            var fits: [Fit] = []
            func add(_ backend: some Backend) throws {
                #expect(
                    problem.shardCount(for: backend, arrayCount: 5, passes: .one)
                        == (candidate.memoryBytes == .max ? 1 : 3))
                for variance in [VarianceEstimator.iid, .hc0] {
                    fits.append(
                        try Self.individual(model.loss, variance).fit(problem, on: backend, reference: Self.reference))
                    fits.append(
                        try Self.pooled(model.loss, variance).fit(problem, on: backend, reference: Self.reference))
                }
            }
            try candidate.run {
                try add($0)
            } float: {
                try add($0)
            }
            return fits
        }
        for (whole, sharded) in zip(fits[0], fits[1]) {
            #expect(whole.statuses == sharded.statuses && whole.center == sharded.center)
            // NaN, where there is no estimate, is not equal to itself.
            #expect(whole.tasks?.coefficients.map(\.bitPattern) == sharded.tasks?.coefficients.map(\.bitPattern))
            #expect(whole.tasks?.standardErrors.map(\.bitPattern) == sharded.tasks?.standardErrors.map(\.bitPattern))
        }
    }

    @Test(
        "a task that cannot be fitted says why, and changes no bit of the others", arguments: Candidate.all, BadTask.all
    )
    func badTask(candidate: Candidate, bad: BadTask) throws {
        try candidate.run {
            try check(bad, on: $0)
        } float: {
            try check(bad, on: $0)
        }
    }

    private func check(_ bad: BadTask, on backend: some Backend) throws {
        let clean = Self.problem(bad.model)
        var problem = clean
        var rows = clean.tasks[4]
        bad.spoil(&rows)
        problem.tasks.insert(rows, at: 9)
        let estimator = Self.individual(bad.model.loss)
        let expected = try estimator.fit(clean, on: backend, reference: Self.reference)
        let fit = try estimator.fit(problem, on: backend, reference: Self.reference)
        #expect(fit.statuses[9] == bad.status)
        #expect(expected.statuses.allSatisfy { $0 == .ok })
        let (tasks, others) = (try #require(fit.tasks), try #require(expected.tasks))
        #expect(
            tasks.coefficients(of: 9).allSatisfy { $0.isNaN } && tasks.standardErrors(of: 9).allSatisfy { $0.isNaN })
        for task in 0..<21 {
            let place = task < 9 ? task : task + 1
            #expect(Array(tasks.coefficients(of: place)) == Array(others.coefficients(of: task)))
            #expect(Array(tasks.standardErrors(of: place)) == Array(others.standardErrors(of: task)))
        }
    }

    @Test("predictors that overflow on the way are stepped back from", arguments: models)
    func overflow(model: LossModel) throws {
        var problem = Self.problem(model, isWeighted: false)
        problem.tasks = Array(problem.tasks.prefix(5))
        // Without an intercept nor scaling, the first step for large counts is beyond any exponential.
        problem.scaling = .identity(featureCount: 3)
        for row in problem.tasks[1].response.indices {
            problem.tasks[1].design[row] = problem.tasks[1].design[row].map { 40 * $0 }
            if model.loss == .poisson { problem.tasks[1].response[row] *= 1e5 }
        }
        let fit = try Self.fit(Self.individual(model.loss), problem)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        let own = Array(try #require(fit.tasks).coefficients(of: 1))
        let slopes = Definitions.lossGradient(model.definition, problem.tasks[1], at: [own])[0]
        let size = problem.tasks[1].response.reduce(0) { $0 + 40 * (1 + $1) }
        #expect(slopes.allSatisfy { abs($0) <= 1e-12 * size }, "\(slopes), \(size)")
    }
}

/// A problem whose rows are made once: a search goes through them many times.
struct KeptProblem: Problem {
    private let problem: ArrayProblem
    private let doubles: any TaskSource<Double>
    private let floats: any TaskSource<Float>

    init(_ problem: ArrayProblem) {
        self.problem = problem
        doubles = problem.source(of: Double.self)
        floats = problem.source(of: Float.self)
    }

    var layout: TaskLayout { problem.layout }
    var featureCount: Int { problem.featureCount }
    var isWeighted: Bool { problem.isWeighted }
    var scaling: ColumnScaling { problem.scaling }
    var sampleCounts: [Int] { problem.sampleCounts }
    var clusters: ClusterCodes? { problem.clusters }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        if let rows = doubles as? any TaskSource<Scalar> { return rows }
        if let rows = floats as? any TaskSource<Scalar> { return rows }
        return problem.source(of: scalar)
    }
}

/// What is wrong with a task, and what is said of it.
struct BadTask: Sendable, CustomStringConvertible {
    let description: String
    let model: LossModel
    let status: TaskStatus
    let spoil: @Sendable (inout TaskRows) -> Void

    static let all: [BadTask] = {
        let (logistic, poisson) = (LikelihoodTests.models[0], LikelihoodTests.models[1])
        let both = LikelihoodTests.models.flatMap { model in
            [
                BadTask(description: "\(model): too few rows", model: model, status: .tooFewRows) { rows in
                    rows = TaskRows(
                        design: Array(rows.design.prefix(3)), response: Array(rows.response.prefix(3)),
                        weights: Array(rows.weights.prefix(3)))
                },
                BadTask(description: "\(model): rows of no weight", model: model, status: .tooFewRows) { rows in
                    rows.weights = rows.weights.indices.map { $0 < 3 ? 1 : 0 }
                },
                BadTask(description: "\(model): no rows", model: model, status: .tooFewRows) { rows in
                    rows = TaskRows(design: [], response: [])
                },
                BadTask(description: "\(model): a dependent column", model: model, status: .collinear(feature: 2)) {
                    rows in rows.design = rows.design.map { [$0[0], $0[1], 2 * $0[1] - 1] }
                },
                BadTask(description: "\(model): a value that is no number", model: model, status: .nonFinite) { rows in
                    rows.design[600][1] = .nan
                },
                BadTask(description: "\(model): an infinite value", model: model, status: .nonFinite) { rows in
                    rows.design[3][2] = .infinity
                },
                BadTask(description: "\(model): a negative response", model: model, status: .nonFinite) { rows in
                    rows.response[3] = -1
                },
                BadTask(description: "\(model): zeros alone", model: model, status: .separated) { rows in
                    rows.response = rows.response.map { _ in 0 }
                },
                BadTask(description: "\(model): zeros above a value", model: model, status: .separated) { rows in
                    rows.design = rows.design.map { [1, $0[1], $0[2] > 0 ? 1 : 0] }
                    rows.response = zip(rows.response, rows.design).map { $1[2] == 1 ? 0 : $0 }
                },
            ]
        }
        return both + [
            BadTask(description: "logistic: ones alone", model: logistic, status: .separated) { rows in
                rows.response = rows.response.map { _ in 1 }
            },
            BadTask(description: "logistic: a label of 2", model: logistic, status: .nonFinite) { rows in
                rows.response[7] = 2
            },
            BadTask(description: "logistic: a feature tells the label", model: logistic, status: .separated) { rows in
                rows.response = rows.design.map { $0[1] > 0.1 ? 1 : 0 }
            },
            BadTask(description: "logistic: two features tell the label", model: logistic, status: .separated) { rows in
                rows.response = rows.design.map { $0[1] - 0.3 * $0[2] > 0.1 ? 1 : 0 }
            },
            BadTask(description: "poisson: an infinite count", model: poisson, status: .nonFinite) { rows in
                rows.response[7] = .infinity
            },
        ]
    }()
}
