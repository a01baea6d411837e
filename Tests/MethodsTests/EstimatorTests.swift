import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Individual and pooled least squares")
struct EstimatorTests {
    /// Problems in which every task can be fitted, with clusters that cross tasks.
    static let problems: [ArrayProblem] = RandomProblem.solvable.filter { $0.featureCount > 1 }.flatMap { problem in
        [true, false].map { isScaled in
            var problem = ArrayProblem(problem, isScaled: isScaled)
            problem.clusterCodes = (0..<problem.layout.rowCount).map { UInt32($0 * 7 % 13) }
            return problem
        }
    }

    @Test(
        "itl gives each task its own least squares and standard errors", arguments: Candidate.all,
        VarianceEstimator.allCases)
    func individual(candidate: Candidate, variance: VarianceEstimator) throws {
        for problem in Self.problems {
            try candidate.run {
                try check(
                    Individual(variance: variance).fit(problem, on: $0, reference: Self.reference), problem, variance,
                    unit: Double.ulpOfOne)
            } float: {
                try check(
                    Individual(variance: variance).fit(problem, on: $0, reference: Self.reference), problem, variance,
                    unit: Double(Float.ulpOfOne))
            }
        }
    }

    private func check(_ fit: Fit, _ problem: ArrayProblem, _ variance: VarianceEstimator, unit: Double) throws {
        let estimates = try #require(fit.tasks)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        for (task, rows) in problem.tasks.enumerated() {
            let clusters = problem.codesByTask[task]
            let expected = Definitions.leastSquares(
                rows, featureCount: problem.featureCount, variance: variance, clusters: clusters)
            expectClose(
                estimates.coefficients(of: task), estimates.standardErrors(of: task), expected,
                condition: estimates.conditions[task], unit: unit)
            let degrees = variance == .cluster ? Set(clusters).count - 1 : rows.response.count - problem.featureCount
            #expect(estimates.degreesOfFreedom[task] == Double(degrees))
        }
    }

    @Test(
        "pool gives the least squares of all rows together", arguments: Candidate.all, VarianceEstimator.allCases)
    func pooled(candidate: Candidate, variance: VarianceEstimator) throws {
        for problem in Self.problems where problem.layout.rowCount > 0 {
            try candidate.run {
                try checkPooled(
                    Pooled(variance: variance).fit(problem, on: $0, reference: Self.reference), problem, variance,
                    unit: Double.ulpOfOne)
            } float: {
                try checkPooled(
                    Pooled(variance: variance).fit(problem, on: $0, reference: Self.reference), problem, variance,
                    unit: Double(Float.ulpOfOne))
            }
        }
    }

    private func checkPooled(_ fit: Fit, _ problem: ArrayProblem, _ variance: VarianceEstimator, unit: Double) throws {
        let center = try #require(fit.center)
        let codes = problem.clusterCodes ?? []
        let expected = Definitions.leastSquares(
            problem.pooledRows, featureCount: problem.featureCount, variance: variance, clusters: codes)
        expectClose(
            center.coefficients[...], center.standardErrors[...], expected, condition: center.condition, unit: unit)
        #expect(center.sampleCount == problem.layout.rowCount)
    }

    /// Coefficients agree within 16 eps cond^2 of their size, standard errors within four times that of theirs: the
    /// perturbation of a least-squares solution by a few roundings of each moment. The designs are well conditioned, so
    /// an estimate of the condition that hid errors would be found out.
    private func expectClose(
        _ coefficients: ArraySlice<Double>, _ errors: ArraySlice<Double>,
        _ expected: (coefficients: [Double], standardErrors: [Double]), condition: Double, unit: Double
    ) {
        let size = expected.coefficients.reduce(1) { max($0, abs($1)) }
        #expect(condition < 50)
        let tolerance = 16 * unit * condition * condition
        for (one, other) in zip(coefficients, expected.coefficients) { #expect(abs(one - other) <= tolerance * size) }
        for (one, other) in zip(errors, expected.standardErrors) { #expect(abs(one - other) <= 4 * tolerance * other) }
    }

    @Test("a task's fit does not depend on its place among the tasks", arguments: Candidate.all)
    func orderOfTasks(candidate: Candidate) throws {
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: (0..<37).map { 20 + 31 * $0 }, featureCount: 5, isWeighted: false))
        var reversed = problem
        reversed.tasks.reverse()
        try candidate.run {
            try checkReversed(problem, reversed, on: $0)
        } float: {
            try checkReversed(problem, reversed, on: $0)
        }
    }

    private func checkReversed<B: Backend>(_ problem: ArrayProblem, _ reversed: ArrayProblem, on backend: B) throws {
        let method = Individual(variance: .hc3)
        let forward = try #require(try method.fit(problem, on: backend, reference: Self.reference).tasks)
        let backward = try #require(try method.fit(reversed, on: backend, reference: Self.reference).tasks)
        for task in 0..<forward.taskCount {
            let other = forward.taskCount - 1 - task
            #expect(forward.coefficients(of: task).elementsEqual(backward.coefficients(of: other)))
            #expect(forward.standardErrors(of: task).elementsEqual(backward.standardErrors(of: other)))
        }
    }

    @Test("doubling all weights changes no coefficient and no standard error", arguments: VarianceEstimator.allCases)
    func scaleOfWeights(variance: VarianceEstimator) throws {
        var problem = Self.problems.first { $0.isWeighted } ?? Self.problems[0]
        problem.isWeighted = true
        var doubled = problem
        for task in doubled.tasks.indices { doubled.tasks[task].weights = problem.tasks[task].weights.map { 2 * $0 } }
        let one = try Individual(variance: variance).fit(problem, on: Self.reference, reference: Self.reference)
        let two = try Individual(variance: variance).fit(doubled, on: Self.reference, reference: Self.reference)
        let estimates = try #require(one.tasks)
        let others = try #require(two.tasks)
        // Powers of two change no rounding but those of the factor's square roots.
        for (a, b) in zip(estimates.coefficients, others.coefficients) { #expect(abs(a - b) <= 1e-12 * max(1, abs(a))) }
        for (a, b) in zip(estimates.standardErrors, others.standardErrors) { #expect(abs(a - b) <= 1e-12 * a) }
    }

    @Test("tells tasks that cannot be fitted from those that can", arguments: Candidate.all)
    func statuses(candidate: Candidate) throws {
        let problem = Self.troubled
        try candidate.run {
            try checkStatuses(Individual(variance: .hc1).fit(problem, on: $0, reference: Self.reference))
        } float: {
            try checkStatuses(Individual(variance: .hc1).fit(problem, on: $0, reference: Self.reference))
        }
    }

    private func checkStatuses(_ fit: Fit) throws {
        #expect(
            fit.statuses == [
                .ok, .tooFewRows, .collinear(feature: 2), .nonFinite, .nonFinite, .collinear(feature: 1), .tooFewRows,
                .ok, .nonFinite, .nonFinite,
            ])
        let estimates = try #require(fit.tasks)
        for (task, status) in fit.statuses.enumerated() {
            #expect(estimates.coefficients(of: task).allSatisfy { $0.isFinite == (status == .ok) })
            #expect(estimates.standardErrors(of: task).allSatisfy { $0.isFinite == (status == .ok) })
        }
    }

    @Test("pool leaves out tasks with values that are not finite", arguments: Candidate.all)
    func pooledWithoutBadTasks(candidate: Candidate) throws {
        let problem = Self.troubled
        var finite = problem
        finite.tasks = problem.tasks.filter { task in
            task.response.allSatisfy(\.isFinite) && task.design.allSatisfy { $0.allSatisfy(\.isFinite) }
        }
        for variance in [VarianceEstimator.iid, .hc1] {
            try candidate.run {
                try checkSame(Pooled(variance: variance), problem, finite, on: $0)
            } float: {
                try checkSame(Pooled(variance: variance), problem, finite, on: $0)
            }
        }
    }

    private func checkSame<B: Backend>(
        _ method: Pooled, _ problem: ArrayProblem, _ finite: ArrayProblem, on backend: B
    ) throws {
        let fit = try method.fit(problem, on: backend, reference: Self.reference)
        let expected = try #require(try method.fit(finite, on: backend, reference: Self.reference).center)
        let center = try #require(fit.center)
        #expect(fit.statuses.count { $0 == .nonFinite } == 4)
        #expect(center.sampleCount == expected.sampleCount)
        // The same sums in another order of blocks.
        let tolerance = 64 * Double(B.Scalar.ulpOfOne) * expected.condition * expected.condition
        for (a, b) in zip(center.coefficients, expected.coefficients) {
            #expect(abs(a - b) <= tolerance * max(1, abs(b)))
        }
        for (a, b) in zip(center.standardErrors, expected.standardErrors) { #expect(abs(a - b) <= 4 * tolerance * b) }
    }

    @Test("solves tasks that float does not carry again in double")
    func refit() throws {
        // The second feature is 1000 times as far from 0 as it is wide, in every second task.
        var stream = TestStream(seed: 77)
        let tasks = (0..<12).map { task in
            let design = (0..<60).map { _ in [1, (task % 2 == 0 ? 0 : 1000) + stream.symmetric(), stream.symmetric()] }
            return TaskRows(design: design, response: design.map { $0[1] - $0[2] + 0.1 * stream.symmetric() })
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: 3, isScaled: false)
        let backend = CPUBackend<Float>(parallel: Parallel(threadCount: 2))
        let single = try Individual().fit(problem, on: backend, reference: Self.reference)
        let double = try Individual().fit(problem, on: Self.reference, reference: Self.reference)
        #expect(single.refittedTaskCount == 6)
        let found = try #require(single.tasks)
        let expected = try #require(double.tasks)
        for task in 0..<12 {
            for (index, b) in expected.coefficients(of: task).enumerated() {
                let a = found.coefficients[task * 3 + index]
                #expect(abs(a - b) <= 0.01 * expected.standardErrors[task * 3 + index])
                if task % 2 == 1 { #expect(a == b) }
            }
        }
    }

    @Test("gives the residuals their due where they are small beside the response", arguments: Candidate.all)
    func smallResiduals(candidate: Candidate) throws {
        // Levels of tasks up to 10^9 with residuals of about 1: the moments alone know nothing of these.
        var stream = TestStream(seed: 8)
        let tasks = (0..<20).map { task in
            let design = (0..<30).map { _ in [1, stream.symmetric()] }
            let level = task % 2 == 0 ? 1e9 : 1e5
            return TaskRows(design: design, response: design.map { level * Double(task) + $0[1] + stream.symmetric() })
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: 2, isScaled: false)
        for method in [Individual(variance: .iid), Individual(variance: .hc1)] {
            var fit: Fit?
            try candidate.run {
                fit = try method.fit(problem, on: $0, reference: Self.reference)
            } float: {
                fit = try method.fit(problem, on: $0, reference: Self.reference)
            }
            let estimates = try #require(fit?.tasks)
            for (task, rows) in problem.tasks.enumerated() {
                // The same slopes without the level, which only the intercept feels.
                var levelled = rows
                let level = (rows.response.reduce(0, +) / 30).rounded()
                levelled.response = rows.response.map { $0 - level }
                let expected = Definitions.leastSquares(levelled, featureCount: 2, variance: method.variance)
                // The response carries its level's rounding, 2e-7 of a residual at most.
                let error = estimates.standardErrors(of: task)
                for (a, b) in zip(error, expected.standardErrors) { #expect(abs(a - b) <= 1e-5 * b) }
            }
        }
    }

    @Test("solves a pool that float does not carry in double", arguments: VarianceEstimator.allCases)
    func pooledRefit(variance: VarianceEstimator) throws {
        let backend = CPUBackend<Float>(parallel: Parallel(threadCount: 2))
        var stream = TestStream(seed: 9)
        // Nearly collinear for float, and nearly without residuals for float.
        for (spread, noise) in [(1e-3, 1.0), (1.0, 1e-4)] {
            let tasks = (0..<12).map { _ in
                let design = (0..<60).map { _ in
                    let a = stream.symmetric()
                    return [1, a, a + spread * stream.symmetric()]
                }
                return TaskRows(
                    design: design, response: design.map { 3 * $0[1] - $0[2] + noise * stream.symmetric() })
            }
            var problem = ArrayProblem(tasks: tasks, featureCount: 3, isScaled: false)
            problem.clusterCodes = (0..<720).map { UInt32($0 % 17) }
            let single = try Pooled(variance: variance).fit(problem, on: backend, reference: Self.reference)
            let double = try Pooled(variance: variance).fit(problem, on: Self.reference, reference: Self.reference)
            #expect(single.center == double.center)
            #expect(single.refittedTaskCount == 12)
        }
    }

    @Test("solves tasks that the normal equations do not carry by QR, and counts them", arguments: Candidate.all)
    func illConditioned(candidate: Candidate) throws {
        // In every second task the third feature is the second but for 1e-5 of it: condition about 2e5, and fitted.
        var stream = TestStream(seed: 21)
        let tasks = (0..<10).map { task in
            let design = (0..<40).map { _ in
                let a = stream.symmetric()
                return [1, a, task % 2 == 0 ? stream.symmetric() : a + 1e-5 * stream.symmetric()]
            }
            return TaskRows(design: design, response: design.map { $0[1] + 0.5 * $0[2] })
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: 3, isScaled: false)
        // In float they are solved again in double, from rows that float has not rounded.
        try candidate.run {
            let fit = try Individual().fit(problem, on: $0, reference: Self.reference)
            try checkIllConditioned(fit)
        } float: {
            let fit = try Individual().fit(problem, on: $0, reference: Self.reference)
            try checkIllConditioned(fit)
        }
    }

    private func checkIllConditioned(_ fit: Fit) throws {
        #expect(fit.count(of: "ok") == 10)
        #expect(fit.orthogonalizedTaskCount == 5 && fit.illConditionedTaskCount == 0)
        let estimates = try #require(fit.tasks)
        for task in stride(from: 1, to: 10, by: 2) {
            #expect(estimates.conditions[task] > 1e5)
            // The response is rounded once, and the solution is as good as the columns' condition lets it be.
            let tolerance = 4 * Double.ulpOfOne * estimates.conditions[task]
            for (found, expected) in zip(estimates.coefficients(of: task), [0, 1, 0.5]) {
                #expect(abs(found - expected) <= tolerance)
            }
        }
    }

    @Test("rows of weight 0 are no observations, in clusters either", arguments: VarianceEstimator.allCases)
    func zeroWeights(variance: VarianceEstimator) throws {
        var problem = ArrayProblem(RandomProblem(sampleCounts: [60, 80, 70], featureCount: 3, isWeighted: true))
        // Whole clusters of weight 0 among them.
        problem.clusterCodes = (0..<210).map { UInt32($0 % 12) }
        var shorter = problem
        shorter.clusterCodes = []
        for task in problem.tasks.indices {
            shorter.tasks[task] = TaskRows(design: [], response: [], weights: [])
            for (row, code) in problem.codesByTask[task].enumerated() {
                if code % 3 == 1 {
                    problem.tasks[task].weights[row] = 0
                } else {
                    shorter.tasks[task].design.append(problem.tasks[task].design[row])
                    shorter.tasks[task].response.append(problem.tasks[task].response[row])
                    shorter.tasks[task].weights.append(problem.tasks[task].weights[row])
                    shorter.clusterCodes?.append(code)
                }
            }
        }
        let found = try Individual(variance: variance).fit(problem, on: Self.reference, reference: Self.reference)
        let expected = try Individual(variance: variance).fit(shorter, on: Self.reference, reference: Self.reference)
        let estimates = try #require(found.tasks)
        let others = try #require(expected.tasks)
        #expect(estimates.degreesOfFreedom == others.degreesOfFreedom)
        for (a, b) in zip(estimates.coefficients, others.coefficients) { #expect(abs(a - b) <= 1e-12 * max(1, abs(b))) }
        for (a, b) in zip(estimates.standardErrors, others.standardErrors) { #expect(abs(a - b) <= 1e-12 * b) }
    }

    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// Tasks that are, in order: fine, too small, with a third feature twice the second, with a NaN in the response,
    /// with an infinity in the design, with a second feature that is constant, empty, fine, with a constant feature
    /// before one with an infinity, too small and with a NaN.
    static let troubled: ArrayProblem = {
        let random = RandomProblem(
            sampleCounts: [30, 3, 30, 30, 30, 30, 0, 30, 30, 2], featureCount: 4, isWeighted: false)
        var problem = ArrayProblem(random)
        for row in 0..<30 {
            problem.tasks[2].design[row][2] = 2 * problem.tasks[2].design[row][1]
            problem.tasks[5].design[row][1] = 3
            problem.tasks[8].design[row][1] = 3
        }
        problem.tasks[3].response[7] = .nan
        problem.tasks[4].design[20][3] = .infinity
        problem.tasks[8].design[20][3] = -.infinity
        problem.tasks[9].response[1] = .nan
        return problem
    }()
}
