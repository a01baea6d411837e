import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("ARMUL with other losses")
struct SlowLossARMULTests {
    typealias Base = SlowARMULTests

    // MARK: Golden values

    /// Two tasks of five rows, whose logistic solutions are known.
    static let golden = ArrayProblem(
        tasks: [
            TaskRows(design: [[1, 1], [1, -1], [1, 2], [1, 0], [1, -2]], response: [1, 0, 1, 1, 1]),
            TaskRows(design: [[1, 0], [1, 1], [1, 3], [1, -1], [1, -2]], response: [1, 0, 0, 1, 0]),
        ], featureCount: 2, isScaled: false)

    @Test("golden values of the logistic loss", arguments: Candidate.all.filter(\.isDouble))
    func golden(candidate: Candidate) throws {
        try candidate.run {
            try checkGolden($0)
        } float: {
            try checkGolden($0)
        }
    }

    private func checkGolden<B: Backend>(_ backend: B) throws {
        func fit(_ lambda: Double) throws -> Fit {
            var armul = ARMUL(strength: lambda * (5.0 / 2).squareRoot())
            armul.loss = .logistic
            return try armul.fit(Self.golden, on: backend, reference: Base.reference)
        }
        let known: [(lambda: Double, tasks: [[Double]], objective: Double)] = [
            (
                0.1, [[0.993329468795, 0.366576455737], [-0.01669150215, -0.343061891257]], 1.221783245084
            ),
            (0.2, [[0.643169669002, 0.140501163061], [0.237584722929, -0.239757207471]], 1.308943250328),
            (0.4, [[0.41791943838, -0.100366097569], [0.41791943838, -0.100366097569]], 1.340004965277),
            (0, [[1.68736247525, 0.73002560805], [-0.383986520676, -0.443779407369]], .nan),
        ]
        for (lambda, tasks, objective) in known {
            let found = try fit(lambda)
            for (one, other) in zip(try Base.coefficients(found), tasks) { Base.expectClose(one, other) }
            let certificate = try #require(found.certificate)
            #expect(certificate.hasConverged && certificate.residual <= 1e-10)
            if objective.isFinite { Base.expectClose([2 * certificate.objective], [objective]) }
        }
    }

    // MARK: Optimality

    /// An intercept and two or three slopes, weighted rows, tasks of very different size, one of them unlike the others.
    static func problem(_ model: LossModel, seed: UInt64 = 5) -> ArrayProblem {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: [60, 12, 35, 90, 24, 41], featureCount: 4, isWeighted: true))
        problem.scaling = ColumnScaling(
            shifts: [0, 0.25, 0.5, -0.25, 0], scales: [1, 1.5, 0.75, 2, 1], intercept: 0)
        var stream = TestStream(seed: seed)
        for task in problem.tasks.indices {
            let sign: Double = task == 3 ? -1 : 1
            var slopes: [[Double]] = []
            for column in 0..<model.columns {
                slopes.append(
                    (0..<4).map { feature -> Double in
                        let noise: Double = 0.2 * stream.symmetric()
                        return 0.3 * Double(column) + sign * Double(feature) / 3 + noise
                    })
            }
            for row in problem.tasks[task].response.indices {
                let eta = Definitions.predictors(problem.tasks[task].design[row], slopes)
                let draw = (stream.symmetric() + 1) / 2
                problem.tasks[task].response[row] = model.draw(eta, draw)
            }
        }
        return problem
    }

    static let models = LossModel.all.filter { $0.loss != .squared && $0.loss != .softmax(classCount: 1) }
        .map {
            $0.loss == .softmax(classCount: 5) ? LossModel(loss: .softmax(classCount: 3), definition: .softmax) : $0
        }

    @Test(
        "conditions for an optimum hold, as the rows have them", arguments: Candidate.all,
        models.flatMap { model in
            [
                LossCase(model: model, intercept: .free), LossCase(model: model, intercept: .shared),
                LossCase(model: model, intercept: .free, distance: .squared),
            ]
        })
    func optimum(candidate: Candidate, form: LossCase) throws {
        try candidate.run {
            try checkOptimum($0, form)
        } float: {
            try checkOptimum($0, form)
        }
    }

    private func checkOptimum<B: Backend>(_ backend: B, _ form: LossCase) throws {
        let problem = Self.problem(form.model)
        for strength in [0.1, 0.6] {
            var armul = ARMUL(strength: strength, intercept: form.intercept)
            armul.loss = form.model.loss
            armul.distance = form.distance
            let fit = try armul.fit(problem, on: backend, reference: Base.reference)
            #expect(fit.statuses.allSatisfy { $0 == .ok } && fit.centerStatus == .ok)
            let certificate = try #require(fit.certificate)
            let isDouble = B.Scalar.self == Double.self
            #expect(certificate.hasConverged && certificate.residual <= (isDouble ? 1e-10 : 1e-4))
            // Values of about 1, with the rounding of some hundred rows; the gap is second order in what is left.
            let gap = try #require(certificate.dualityGap)
            #expect(abs(gap) <= (isDouble ? 1e-12 : 1e-4), "\(form), strength \(strength)")
            let found = try RowOptimality(problem, form, strength: strength, fit)
            // Rounding of features of up to 4 in sums of means of about 1; the last step leaves slopes of the tolerance.
            #expect(found.residual <= (isDouble ? 1e-9 : 1e-3), "\(form), strength \(strength)")
            #expect(abs(found.objective - certificate.objective) <= (isDouble ? 1e-12 : 1e-5))
        }
    }

    @Test("with a strength of 0 each task is on its own, with a great one all are the centre", arguments: models)
    func ends(model: LossModel) throws {
        let problem = Self.problem(model)
        for intercept in [ARMUL.InterceptRole.free, .shared] {
            let form = LossCase(model: model, intercept: intercept)
            var armul = ARMUL(strength: 0, intercept: intercept)
            armul.loss = model.loss
            let own = try Base.fit(armul, problem)
            // Of three classes, some can be told apart in the smallest task.
            #expect(own.statuses.count { $0 == .ok } >= 5 && own.statuses.allSatisfy { $0 == .ok || $0 == .separated })
            for (task, coefficients) in try Base.coefficients(own).enumerated() where own.statuses[task] == .ok {
                let slopes = form.gradient(problem.tasks[task], coefficients)
                #expect(slopes.allSatisfy { abs($0) <= 1e-9 })
            }
            armul.penalty = .value(1000)
            let together = try Base.fit(armul, problem)
            let center = try #require(together.center).coefficients
            for coefficients in try Base.coefficients(together) {
                for index in center.indices where intercept == .shared || index % 4 != 0 {
                    #expect(coefficients[index] == center[index])
                }
            }
        }
    }

    @Test("the scaling of columns changes nothing", arguments: models)
    func scaling(model: LossModel) throws {
        let problem = Self.problem(model)
        var plain = problem
        plain.scaling = .identity(featureCount: 4, intercept: 0)
        for intercept in [ARMUL.InterceptRole.free, .shared] {
            var armul = ARMUL(strength: 0.3, intercept: intercept)
            armul.loss = model.loss
            let (one, other) = (try Base.fit(armul, problem), try Base.fit(armul, plain))
            let form = LossCase(model: model, intercept: intercept)
            // Softmax tells no coefficient from one that is greater in every class: fits are compared by what they predict.
            for (task, rows) in problem.tasks.enumerated() {
                for design in rows.design.prefix(5) {
                    let means = try [one, other].map { fit in
                        form.means(design, try Base.coefficients(fit)[task])
                    }
                    Base.expectClose(means[0], means[1], within: 1e-7)
                }
            }
        }
    }

    @Test("clusters and subspaces are stationary", arguments: models)
    func structures(model: LossModel) throws {
        let problem = Self.problem(model)
        for structure in [ARMUL.Structure.clustered(ClusterStructure(count: 2)), .lowRank(rank: 1)] {
            var armul = ARMUL(structure: structure, strength: 0.4)
            armul.loss = model.loss
            let fit = try Base.fit(armul, problem)
            let certificate = try #require(fit.certificate)
            #expect(certificate.hasConverged && certificate.residual <= 1e-8, "\(structure)")
        }
    }

    @Test("a centre's free intercept is the one that fits all rows best, given its slopes", arguments: models)
    func centerLevels(model: LossModel) throws {
        let problem = Self.problem(model)
        for structure in [ARMUL.Structure.vanilla, .clustered(ClusterStructure(count: 2))] {
            var armul = ARMUL(structure: structure, strength: 0.4)
            armul.loss = model.loss
            let fit = try Base.fit(armul, problem)
            let form = LossCase(model: model, intercept: .free)
            let centers = try fit.clusters?.centers ?? [#require(fit.center).coefficients]
            for (number, center) in centers.enumerated() {
                let tasks = problem.tasks.indices.filter { (fit.clusters?.labels[$0] ?? 0) == number }
                let total = tasks.reduce(0.0) { $0 + problem.tasks[$1].weights.reduce(0, +) }
                for column in 0..<model.columns {
                    let slope = tasks.reduce(0.0) { sum, task in
                        let rows = problem.tasks[task]
                        return sum + rows.weights.reduce(0, +) * form.gradient(rows, center)[4 * column]
                    }
                    // Rounding decides where the sum of losses no longer falls: the root of that of its value.
                    #expect(abs(slope / total) <= 1e-7, "\(structure), centre \(number)")
                }
            }
        }
    }

    // MARK: Shards and sizes

    @Test("tasks that come in several shards have the fit of all at once", arguments: models)
    func shards(model: LossModel) throws {
        var problem = Self.problem(model)
        // Several blocks of tasks that are summed as one.
        problem.tasks = (0..<520).map { problem.tasks[$0 % 6] }
        var armul = ARMUL(strength: 0.4)
        armul.loss = model.loss
        let whole = try Base.fit(armul, problem)
        let small = CPUBackend<Double>(parallel: Parallel(threadCount: 2), memoryBytes: 1)
        let parts = try armul.fit(problem, on: small, reference: Base.reference)
        Base.expectClose(
            try #require(parts.tasks).coefficients, try #require(whole.tasks).coefficients, within: 1e-9)
        #expect(parts.statuses == whole.statuses)
    }

    @Test("counts of thousands beside none, with features far from the mean, are fitted all the same")
    func largeCounts() throws {
        let model = LossModel(loss: .poisson, definition: .poisson)
        var problem = Self.problem(model)
        for row in problem.tasks[0].response.indices {
            problem.tasks[0].response[row] = row % 7 == 0 ? 9000 : 0
            problem.tasks[0].design[row][1] *= 3
        }
        for strength in [0.0, 0.5, 20] {
            var armul = ARMUL(strength: strength)
            armul.loss = .poisson
            let fit = try Base.fit(armul, problem)
            let certificate = try #require(fit.certificate)
            #expect(certificate.hasConverged, "\(strength): \(certificate)")
            #expect(fit.statuses.allSatisfy { $0 == .ok })
        }
    }

    // MARK: Tasks without finite coefficients

    @Test("a task whose label never varies is separated, has the centre, and changes nobody else")
    func separated() throws {
        let model = LossModel(loss: .logistic, definition: .logistic)
        let problem = Self.problem(model)
        var armul = ARMUL(strength: 0.3)
        armul.loss = .logistic
        let before = try Base.fit(armul, problem)
        var odd = problem
        odd.tasks.append(odd.tasks[0])
        odd.tasks[6].response = odd.tasks[6].response.map { _ in 1 }
        let fit = try Base.fit(armul, odd)
        #expect(fit.statuses.prefix(6).allSatisfy { $0 == .ok } && fit.statuses[6] == .separated)
        let found = try Base.coefficients(fit)
        Base.expectClose(Array(found[..<6].joined()), Array(try Base.coefficients(before).joined()), within: 1e-9)
        #expect(found[6] == (try #require(fit.center)).coefficients)
        // With a shared intercept it has finite coefficients.
        armul.intercept = .shared
        #expect(try Base.fit(armul, odd).statuses[6] == .ok)
    }

    @Test("separable tasks have finite coefficients with a penalty, and none without")
    func separable() throws {
        var problem = Self.problem(LossModel(loss: .logistic, definition: .logistic))
        problem.tasks[1].response = problem.tasks[1].design.map { $0[1] > $0[2] ? 1 : 0 }
        var armul = ARMUL(strength: 0.2)
        armul.loss = .logistic
        let fit = try Base.fit(armul, problem)
        #expect(fit.statuses.allSatisfy { $0 == .ok } && fit.centerStatus == .ok)
        armul.penalty = .value(0)
        let own = try Base.fit(armul, problem)
        #expect(own.statuses[1] == .separated && own.statuses[0] == .ok)
    }

    @Test(
        "a task whose rows have one response at one level of a factor is separated without a penalty",
        arguments: models)
    func partlySeparable(model: LossModel) throws {
        var problem = Self.problem(model)
        problem.tasks = problem.tasks.filter { $0.response.count > 30 }
        // The last feature is 1 in every fourth row, and in the second task its rows have no other response than 0.
        for task in problem.tasks.indices {
            for row in problem.tasks[task].response.indices {
                problem.tasks[task].design[row][3] = row % 4 == 0 ? 1 : 0
                if task == 1, row % 4 == 0 { problem.tasks[task].response[row] = 0 }
            }
        }
        var armul = ARMUL(strength: 0)
        armul.loss = model.loss
        let own = try Base.fit(armul, problem)
        #expect(own.statuses.enumerated().allSatisfy { $1 == ($0 == 1 ? .separated : .ok) }, "\(own.statuses)")
        #expect(try Base.coefficients(own)[1] == (try #require(own.center)).coefficients)
        armul.penalty = .value(0.2)
        #expect(try Base.fit(armul, problem).statuses.allSatisfy { $0 == .ok })
    }

    @Test("a search whose objective has to fall by all of itself in ten rounds ends after ten")
    func leastDecrease() throws {
        let places = [-3.0, -2, -1, 1, 2, 3]
        // Two tasks of opposite classes, which together say nothing.
        let tasks = [1.0, -1].map { sign in
            TaskRows(design: places.map { [1, $0] }, response: places.map { sign * $0 > 0 ? 1 : 0 })
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: 2, isScaled: false)
        var armul = ARMUL(strength: 0, intercept: .shared)
        armul.loss = .logistic
        func length(_ leastDecrease: Double) throws -> Double {
            let found = try armul.coefficientPath(
                to: problem, weightSums: nil, strengths: [0], tolerance: 1e-10, leastDecrease: leastDecrease,
                on: Base.reference, reference: Base.reference)
            return found[0].reduce(0) { $0 + $1 * $1 }
        }
        // Each round of a separable loss lets coefficients grow.
        let (early, late) = (try length(1), try length(0))
        #expect(early < 0.9 * late)
    }
}
