import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Alternating gradient descent")
struct SlowAlternatingGradientTests {
    private static var reference: CPUBackend<Double> { SlowARMULTests.reference }

    /// Two tasks whose logistic solutions are known.
    private static let logistic = ArrayProblem(
        tasks: [
            TaskRows(
                design: [[1, 1], [1, -1], [1, 2], [1, 0], [1, -2]], response: [1, 0, 1, 1, 1]),
            TaskRows(
                design: [[1, 0], [1, 1], [1, 3], [1, -1], [1, -2]], response: [1, 0, 0, 1, 0]),
        ], featureCount: 2, isScaled: false)

    /// Six tasks of two kinds with features that are no integers.
    private static func mixed(_ loss: Loss) -> ArrayProblem {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: [12, 20, 9, 31, 16, 14], featureCount: 3, isWeighted: true), isScaled: false)
        for task in problem.tasks.indices {
            let center = task % 2 == 0 ? [0.5, 1, -1] : [-0.5, -1, 1]
            for row in problem.tasks[task].response.indices {
                let eta = zip(problem.tasks[task].design[row], center).reduce(0) { $0 + $1.0 * $1.1 }
                let noise = Double((row * 7 + task * 3) % 5 - 2) / 2
                problem.tasks[task].response[row] = loss == .squared ? eta + noise : eta + noise > 0 ? 1 : 0
            }
        }
        return problem
    }

    /// The reciprocal of a bound on the losses' curvature: the largest trace of a task's mean `x x'`, for logistic loss a
    /// quarter of it.
    private static func step(_ problem: ArrayProblem, _ loss: Loss) -> Double {
        let traces = problem.tasks.map { task in
            zip(task.design, task.weights).reduce(0) { sum, row in
                sum + row.1 * row.0.reduce(0) { $0 + $1 * $1 }
            } / task.weights.reduce(0, +)
        }
        return (loss == .logistic ? 4 : 1) / (traces.max() ?? 1)
    }

    private static func counts(_ problem: ArrayProblem) -> [Double] {
        problem.tasks.map { $0.weights.reduce(0, +) }
    }

    private static func ones(_ problem: ArrayProblem) -> [Double] { problem.tasks.map { _ in 1 } }

    private static func starts(_ problem: ArrayProblem, _ estimates: [Double]? = nil) -> PrototypeStarts {
        let width = problem.featureCount
        return PrototypeStarts(
            estimates: estimates ?? Array(repeating: 0, count: problem.tasks.count * width), width: width,
            weights: counts(problem))
    }

    /// Every task's own estimate after so many rounds.
    private static func own(_ problem: ArrayProblem, _ loss: Loss, rounds: Int) throws -> [Double] {
        let width = problem.featureCount
        let zeros = Array(repeating: 0.0, count: problem.tasks.count * width)
        return try AlternatingGradient(loss: loss, step: step(problem, loss), roundCount: rounds).fits(
            [OwnPrototype(values: zeros, width: width)], strengths: [.infinity], thresholds: ones(problem),
            weights: counts(problem), to: problem, on: reference
        ).coefficients
    }

    // MARK: Golden values

    @Test("reaches the golden values of squared loss", arguments: GoldenFit.all)
    func golden(expected: GoldenFit) throws {
        let problem = SlowARMULTests.golden
        let fit = try AlternatingGradient(loss: .squared, step: 0.4, roundCount: 2000).fits(
            [Self.starts(problem).commonZero], strengths: [expected.lambda], thresholds: Self.ones(problem),
            weights: Self.ones(problem), to: problem, on: Self.reference)
        for (task, values) in expected.tasks.enumerated() {
            SlowARMULTests.expectClose(
                Array(fit.coefficients[2 * task..<2 * task + 2]), values ?? expected.center)
        }
        SlowARMULTests.expectClose(fit.prototypes[0].center, expected.center)
        // Golden objectives are sums over the three tasks, ours have weights of one third.
        SlowARMULTests.expectClose([3 * fit.objectives[0]], [expected.objective])
    }

    @Test("reaches the golden values of logistic loss, for three penalties side by side")
    func goldenLogistic() throws {
        let problem = Self.logistic
        let fit = try AlternatingGradient(loss: .logistic, step: 1, roundCount: 5000).fits(
            Array(repeating: Self.starts(problem).commonZero, count: 3), strengths: [0.1, 0.2, 0.4],
            thresholds: Self.ones(problem), weights: Self.ones(problem), to: problem, on: Self.reference)
        let pool = [0.41791943838, -0.100366097569]
        let expected = [
            [0.993329468795, 0.366576455737], [0.643169669002, 0.140501163061], pool,
            [-0.01669150215, -0.343061891257], [0.237584722929, -0.239757207471], pool,
        ]
        SlowARMULTests.expectClose(fit.coefficients, expected.flatMap { $0 })
        SlowARMULTests.expectClose(
            fit.objectives.map { 2 * $0 }, [1.221783245084, 1.308943250328, 1.340004965277])
    }

    @Test(
        "logistic loss beside cvxpy",
        arguments: ARMULFixture.all.filter { $0.loss == "logistic" && !$0.freeIntercept })
    func fixtures(fixture: ARMULFixture) throws {
        let problem = fixture.problem
        let counts = Self.counts(problem)
        let fit = try AlternatingGradient(
            loss: .logistic, step: Self.step(problem, .logistic), roundCount: 40_000
        ).fits(
            [Self.starts(problem).commonZero], strengths: [fixture.strength],
            thresholds: counts.map { (Double(problem.featureCount) / $0).squareRoot() }, weights: counts, to: problem,
            on: Self.reference)
        SlowARMULTests.expectClose(fit.coefficients, fixture.coefficients.flatMap { $0 }, within: 1e-6)
        SlowARMULTests.expectClose(fit.objectives, [fixture.objective])
    }

    // MARK: Descent

    @Test("no round raises the objective, of any structure", arguments: [Loss.squared, .logistic])
    func monotoneDescent(loss: Loss) throws {
        let problem = Self.mixed(loss)
        let starts = Self.starts(problem, try Self.own(problem, loss, rounds: 30))
        try checkDescent([Self.starts(problem).commonZero], from: nil, problem, loss)
        try checkDescent([starts.clusters(count: 2, seed: 1)], from: starts.estimates, problem, loss)
        try checkDescent([starts.clusters(count: 4, seed: 1)], from: starts.estimates, problem, loss)
        try checkDescent(
            [try starts.subspace(rank: 1, on: Self.reference)], from: starts.estimates, problem, loss)
        try checkDescent(
            [try starts.subspace(rank: 2, on: Self.reference)], from: starts.estimates, problem, loss)
    }

    private func checkDescent<P: Prototype>(
        _ prototypes: [P], from start: [Double]?, _ problem: ArrayProblem, _ loss: Loss
    ) throws {
        let counts = Self.counts(problem)
        for strength in [0.05, 0.5, .infinity] {
            var last = Double.infinity
            for rounds in (strength == .infinity ? 1 : 0)...40 {
                let fit = try AlternatingGradient(
                    loss: loss, step: Self.step(problem, loss), roundCount: rounds
                ).fits(
                    prototypes, strengths: [strength], thresholds: counts.map { 1 / $0.squareRoot() }, weights: counts,
                    from: start, to: problem, on: Self.reference)
                // Sums of some hundred terms.
                #expect(fit.objectives[0] <= last * (1 + 128 * .ulpOfOne), "after \(rounds) rounds at \(strength)")
                last = fit.objectives[0]
            }
            #expect(last.isFinite)
        }
    }

    @Test("a centre's first step is down the weighted mean of its tasks' slopes")
    func firstStep() throws {
        let problem = SlowARMULTests.golden
        let descent = AlternatingGradient(loss: .squared, step: 0.25, roundCount: 1)
        // b_j of the three tasks, whose slopes at 0 are -b_j, as the specification of the golden values has them.
        let b: [[Double]] = [[1, 1.25], [1.5, 1.25], [0.25, -2.5]]
        let weights: [Double] = [1, 2, 5]
        /// The mean over some tasks of their `b_j`.
        func mean(_ tasks: [Int]) -> [Double] {
            let total = tasks.reduce(0.0) { $0 + weights[$1] }
            return (0..<2).map { index in tasks.reduce(0.0) { $0 + weights[$1] * b[$1][index] } / total }
        }
        let pooled = try descent.fits(
            [VanillaPrototype(center: [0, 0], weights: weights.map { $0 / 8 })], strengths: [.infinity],
            thresholds: [1, 1, 1], weights: weights, to: problem, on: Self.reference)
        SlowARMULTests.expectClose(pooled.prototypes[0].center, mean([0, 1, 2]).map { 0.25 * $0 }, within: 1e-14)
        // Of a cluster only its members count.
        let clustered = try descent.fits(
            [
                ClusteredPrototype(
                    centers: [[0, 0], [0, 0]], labels: [0, 0, 1], weights: weights.map { $0 / 8 })
            ], strengths: [.infinity], thresholds: [1, 1, 1], weights: weights, to: problem, on: Self.reference)
        SlowARMULTests.expectClose(
            clustered.prototypes[0].centers[0], mean([0, 1]).map { 0.25 * $0 }, within: 1e-14)
        SlowARMULTests.expectClose(clustered.prototypes[0].centers[1], b[2].map { 0.25 * $0 }, within: 1e-14)
        // With one vector e_1 and loadings 1 the largest eigenvalue is 1, up to the margin of 2 % that is kept.
        let lowRank = try descent.fits(
            [LowRankPrototype(basis: [[1, 0]], loadings: [1, 1, 1], weights: weights.map { $0 / 8 })],
            strengths: [.infinity], thresholds: [1, 1, 1], weights: weights, to: problem, on: Self.reference)
        // Slopes at e_1 are the first columns of the H_j less the b_j.
        let columns: [[Double]] = [[0.75, 0], [1.25, 0], [1.5, 1]]
        var slope = [0.0, 0.0]
        for task in 0..<3 {
            for index in 0..<2 { slope[index] += weights[task] / 8 * (columns[task][index] - b[task][index]) }
        }
        let moved = [1 - 0.25 / 1.02 * slope[0], -0.25 / 1.02 * slope[1]]
        let length = Definitions.norm(moved)
        SlowARMULTests.expectClose(lowRank.prototypes[0].basis, moved.map { $0 / length }, within: 1e-13)
    }

    // MARK: Where all or nothing is shared

    @Test("without a penalty tasks come to their own fits, and with one beyond bounds to the pooled fit")
    func extremes() throws {
        let problem = Self.mixed(.squared)
        let individual = try Individual().fit(problem, on: Self.reference, reference: Self.reference)
        let pooled = try Pooled().fit(problem, on: Self.reference, reference: Self.reference)
        let fit = try AlternatingGradient(
            loss: .squared, step: Self.step(problem, .squared), roundCount: 20_000
        ).fits(
            Array(repeating: Self.starts(problem).commonZero, count: 2), strengths: [0, .infinity],
            thresholds: Self.ones(problem), weights: Self.counts(problem), to: problem, on: Self.reference)
        let expected = try #require(individual.tasks).coefficients
        let center = try #require(pooled.center).coefficients
        for task in problem.tasks.indices {
            let found = fit.coefficients[6 * task..<6 * task + 6]
            SlowARMULTests.expectClose(Array(found.prefix(3)), Array(expected[3 * task..<3 * task + 3]), within: 1e-8)
            #expect(Array(found.suffix(3)) == fit.prototypes[1].center)
        }
        SlowARMULTests.expectClose(fit.prototypes[1].center, center, within: 1e-8)
    }

    @Test("one cluster is the vanilla structure, and as many vectors as coefficients leave tasks alone")
    func trivialStructures() throws {
        let problem = Self.mixed(.logistic)
        let counts = Self.counts(problem)
        let step = Self.step(problem, .logistic)
        let starts = Self.starts(problem, try Self.own(problem, .logistic, rounds: 50))
        let center = starts.clusters(count: 1, seed: 1)
        let descent = AlternatingGradient(loss: .logistic, step: step, roundCount: 60)
        let one = try descent.fits(
            [center], strengths: [0.1], thresholds: Self.ones(problem), weights: counts, from: starts.estimates,
            to: problem, on: Self.reference)
        let total = counts.reduce(0, +)
        let vanilla = try descent.fits(
            [VanillaPrototype(center: center.centers[0], weights: counts.map { $0 / total })], strengths: [0.1],
            thresholds: Self.ones(problem), weights: counts, from: starts.estimates, to: problem, on: Self.reference)
        SlowARMULTests.expectClose(one.coefficients, vanilla.coefficients, within: 1e-12)
        // The space of prototypes is whole: they begin at the estimates and have no deviation.
        let full = try AlternatingGradient(loss: .logistic, step: step, roundCount: 0).fits(
            [try starts.subspace(rank: 3, on: Self.reference)], strengths: [.infinity],
            thresholds: Self.ones(problem), weights: counts, to: problem, on: Self.reference)
        SlowARMULTests.expectClose(full.coefficients, starts.estimates, within: 1e-10)
    }

    @Test("fits side by side are those that each is alone", arguments: [Loss.squared, .softmax(classCount: 3)])
    func sideBySide(loss: Loss) throws {
        var problem = Self.mixed(.logistic)
        for task in problem.tasks.indices where loss != .squared {
            for row in problem.tasks[task].response.indices { problem.tasks[task].response[row] = Double(row % 3) }
        }
        let counts = Self.counts(problem)
        let width = 3 * loss.columnCount
        let starts = PrototypeStarts(
            estimates: (0..<6 * width).map { Double($0 * 7 % 11 - 5) / 10 }, width: width, weights: counts)
        let strengths = [0.02, 0.1, 0.3, .infinity, 0.7, 0.1, 0.2, 0.4, 0.6]
        let descent = AlternatingGradient(loss: loss, step: Self.step(problem, .squared), roundCount: 25)
        let all = try descent.fits(
            strengths.map { _ in starts.clusters(count: 2, seed: 3) }, strengths: strengths,
            thresholds: Self.ones(problem), weights: counts, from: starts.estimates, to: problem, on: Self.reference)
        for (place, strength) in strengths.enumerated() {
            let alone = try descent.fits(
                [starts.clusters(count: 2, seed: 3)], strengths: [strength], thresholds: Self.ones(problem),
                weights: counts, from: starts.estimates, to: problem, on: Self.reference)
            let found = (0..<6).flatMap { (task: Int) -> ArraySlice<Double> in
                let first = (task * 9 + place) * width
                return all.coefficients[first..<first + width]
            }
            SlowARMULTests.expectClose(found, alone.coefficients, within: 1e-12)
            SlowARMULTests.expectClose([all.objectives[place]], alone.objectives, within: 1e-12)
        }
    }

    // MARK: Structures

    @Test("tasks choose the centre that fits them, and a centre without tasks takes the worst")
    func choice() throws {
        let problem = Self.mixed(.squared)
        let counts = Self.counts(problem)
        let total = counts.reduce(0, +)
        func fit(_ centers: [[Double]], _ labels: [Int]) throws -> ClusteredPrototype {
            try AlternatingGradient(loss: .squared, step: Self.step(problem, .squared), roundCount: 50).fits(
                [ClusteredPrototype(centers: centers, labels: labels, weights: counts.map { $0 / total })],
                strengths: [.infinity], thresholds: Self.ones(problem), weights: counts, to: problem,
                on: Self.reference
            ).prototypes[0]
        }
        #expect(try fit([[0.5, 1, -1], [-0.5, -1, 1]], [1, 1, 1, 0, 0, 0]).labels == [0, 1, 0, 1, 0, 1])
        let refilled = try fit([[0, 0, 0], [1e6, 1e6, 1e6]], [0, 0, 0, 0, 0, 0])
        #expect(Set(refilled.labels) == [0, 1])
        #expect(Set([0, 2, 4].map { refilled.labels[$0] }).count == 1)
        #expect(Set([1, 3, 5].map { refilled.labels[$0] }).count == 1)
    }

    @Test("a basis stays orthonormal, and two directions are found in tasks that have two")
    func basis() throws {
        let problem = Self.mixed(.squared)
        let starts = Self.starts(problem, try Self.own(problem, .squared, rounds: 200))
        let fit = try AlternatingGradient(
            loss: .squared, step: Self.step(problem, .squared), roundCount: 50
        ).fits(
            [try starts.subspace(rank: 2, on: Self.reference)], strengths: [.infinity],
            thresholds: Self.ones(problem), weights: Self.counts(problem), to: problem, on: Self.reference)
        let basis = fit.prototypes[0].basis
        for (one, other) in [(0, 0), (0, 1), (1, 1)] {
            let product = (0..<3).reduce(0) { $0 + basis[3 * one + $1] * basis[3 * other + $1] }
            #expect(abs(product - (one == other ? 1 : 0)) <= 32 * .ulpOfOne)
        }
        // Every task's coefficients are the basis times its loadings.
        for task in 0..<6 {
            let made = (0..<3).map { index in
                (0..<2).reduce(0) { $0 + fit.prototypes[0].loadings[2 * task + $1] * basis[3 * $1 + index] }
            }
            SlowARMULTests.expectClose(Array(fit.coefficients[3 * task..<3 * task + 3]), made, within: 1e-12)
        }
    }
}
