import CPUFallback
import Compute
import Definitions
import Methods
import Synchronization
import TestSupport
import Testing

@Suite("Cross-validation")
struct SlowCrossValidationTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }
    static let problem = ArrayProblem(
        RandomProblem(sampleCounts: [40, 25, 33, 60, 21, 5, 19, 50, 1], featureCount: 3, isWeighted: true))

    @Test("the errors of itl and pool are those of fits without each fold's rows", arguments: Candidate.all)
    func bruteForce(candidate: Candidate) throws {
        try candidate.run {
            try check(on: $0)
        } float: {
            try check(on: $0)
        }
    }

    private func check<B: Backend>(on backend: B) throws {
        let problem = Self.problem
        let comparison = try CrossValidation(methods: [.itl, .pool], foldCount: 4, seed: 9).compare(
            problem, on: backend, reference: Self.reference)
        // The task of 5 rows has 3 or 4 left without a fold, and the last one none.
        #expect(comparison.compared.taskCount == 7)
        #expect(comparison.others?.taskCount == 2)
        #expect(comparison.leftOutTaskCount == 0)
        let expected = errors(foldCount: 4, seed: 9)
        let compared = [0, 1, 2, 3, 4, 6, 7]
        let weight = compared.reduce(0.0) { $0 + problem.tasks[$1].weights.reduce(0, +) }
        let totals = expected.map { sums in compared.reduce(0.0) { $0 + sums[$1] } / weight }
        // Moments of these designs, of condition below 30, lose less than three digits to rounding.
        let tolerance = 1000 * Double(B.Scalar.ulpOfOne)
        for (result, total) in zip(comparison.compared.results, totals) {
            #expect(abs(result.meanError - total) <= tolerance * total)
        }
        for (result, sums) in zip(comparison.compared.results, expected) {
            let deviations = compared.map {
                sums[$0] - result.meanError * problem.tasks[$0].weights.reduce(0, +)
            }
            let variance = 7.0 / 6 * deviations.reduce(0) { $0 + $1 * $1 } / (weight * weight)
            #expect(abs(result.standardError - variance.squareRoot()) <= 100 * tolerance * result.standardError)
        }
        let pool = comparison.compared.results[1]
        let differences = compared.map { expected[1][$0] - (1 + pool.change) * expected[0][$0] }
        let denominator = compared.reduce(0.0) { $0 + expected[0][$1] }
        let changeError = (7.0 / 6 * differences.reduce(0) { $0 + $1 * $1 }).squareRoot() / denominator
        #expect(abs(pool.changeError - changeError) <= 100 * tolerance * changeError)
        #expect(abs(pool.change - (totals[1] / totals[0] - 1)) <= 4 * tolerance)
        let better = compared.count { expected[1][$0] < expected[0][$0] }
        #expect(pool.betterShare == Double(better) / 7)
    }

    /// The sum of squared errors of each task under itl and pool, each row predicted by a fit without its fold.
    private func errors(foldCount: Int, seed: UInt64) -> [[Double]] {
        let problem = Self.problem
        let folds = RowFolds(foldCount: foldCount, seed: seed)
        let assigned = problem.tasks.enumerated().map { task, rows in
            folds.folds(ofRows: 0..<rows.response.count, task: task)
        }
        var own = problem.tasks.map { _ in 0.0 }
        var pooled = own
        for fold in 0..<foldCount {
            let training = problem.tasks.enumerated().map { task, rows in
                subset(rows, assigned[task].map { $0 != fold })
            }
            let held = problem.tasks.enumerated().map { task, rows in subset(rows, assigned[task].map { $0 == fold }) }
            let all = TaskRows(
                design: training.flatMap(\.design), response: training.flatMap(\.response),
                weights: training.flatMap(\.weights))
            let shared = coefficients(all)
            for task in held.indices {
                pooled[task] += squares(held[task], at: shared)
                own[task] +=
                    training[task].response.count > 3 ? squares(held[task], at: coefficients(training[task])) : .nan
            }
        }
        return [own, pooled]
    }

    private func subset(_ rows: TaskRows, _ isTaken: [Bool]) -> TaskRows {
        let chosen = rows.response.indices.filter { isTaken[$0] }
        return TaskRows(
            design: chosen.map { rows.design[$0] }, response: chosen.map { rows.response[$0] },
            weights: chosen.map { rows.weights[$0] })
    }

    private func coefficients(_ rows: TaskRows) -> [Double] {
        let joint = Definitions.jointGram(rows, featureCount: 3)
        return Definitions.solve(joint.prefix(3).map { Array($0.prefix(3)) }, joint.prefix(3).map { $0[3] })
    }

    private func squares(_ rows: TaskRows, at coefficients: [Double]) -> Double {
        zip(rows.weights, Definitions.residuals(rows, at: coefficients)).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    }

    @Test("does not depend on shards or threads")
    func shards() throws {
        let one = CPUBackend<Double>(parallel: Parallel(threadCount: 1), memoryBytes: 1)
        let counts = (0..<2 * one.sumBlockSize - 3).map { 8 + $0 % 5 }
        let problem = ArrayProblem(RandomProblem(sampleCounts: counts, featureCount: 2, isWeighted: false))
        let validation = CrossValidation(foldCount: 3)
        let whole = try validation.compare(problem, on: Self.reference)
        let sharded = try validation.compare(problem, on: one)
        for (a, b) in zip(whole.compared.results, sharded.compared.results) {
            #expect(a.meanError == b.meanError && a.standardError == b.standardError)
            #expect(a.change == b.change && a.betterShare == b.betterShare)
        }
        #expect(whole.penalties == sharded.penalties)
        #expect(whole.compared.results.count == ComparedMethod.usual.count)
    }

    @Test("a method that fits no task is named, and does not keep the others from being compared")
    func useless() throws {
        var problem = Self.problem
        problem.tasks = problem.tasks.map { task in
            TaskRows(design: task.design.map { [$0[0], $0[1], 2 * $0[1]] }, response: task.response)
        }
        let comparison = try CrossValidation(methods: [.itl, .pool, .ridgeZero], foldCount: 3).compare(
            problem, on: Self.reference)
        #expect(comparison.unfittedMethods == [.itl, .pool])
        #expect(comparison.compared.results.map(\.method) == [.ridgeZero])
        #expect(comparison.compared.taskCount > 0)
    }

    @Test("tells how far rounding goes where tasks are far apart")
    func rounding() throws {
        var problem = Self.problem
        let near = try CrossValidation(methods: [.itl]).compare(problem, on: Self.reference)
        #expect(near.roundingError < 1e-12)
        for task in problem.tasks.indices {
            problem.tasks[task].response = problem.tasks[task].response.map { $0 + 1e8 * Double(task) }
        }
        let far = try CrossValidation(methods: [.itl]).compare(problem, on: Self.reference)
        let error = abs(far.compared.results[0].meanError - near.compared.results[0].meanError)
        #expect(far.roundingError > 1 && error < 16 * far.roundingError)
    }

    @Test("can be stopped between the fits")
    func interruption() throws {
        let rowCount = Self.problem.layout.rowCount
        let seen = Mutex(0)
        let progress = PassProgress { rows in
            seen.withLock {
                $0 += rows
                return $0 < rowCount
            }
        }
        #expect(throws: ComputeError.interrupted) {
            try CrossValidation().compare(Self.problem, on: Self.reference, progress: progress)
        }
        #expect(seen.withLock { $0 } == rowCount)
    }

    @Test("tells that tasks that share all coefficients gain from each other, and tasks that share none do not")
    func tells() throws {
        let shared = try results(spread: 0)
        let apart = try results(spread: 3)
        for method in [ComparedMethod.pool, .ridgePool, .molarHard, .molarSoft] {
            let gain = try #require(shared[method])
            #expect(gain.change < -2 * gain.changeError)
        }
        let loss = try #require(apart[.pool])
        #expect(loss.change > 2 * loss.changeError)
        let ridge = try #require(apart[.ridgePool])
        #expect(ridge.change < 2 * ridge.changeError)
    }

    /// Of 60 tasks of 12 rows and four coefficients, which differ by up to `spread`.
    private func results(spread: Double) throws -> [ComparedMethod: Comparison.Result] {
        var stream = TestStream(seed: 77)
        let tasks = (0..<60).map { _ in
            let beta = (0..<4).map { 1 + Double($0) + spread * stream.symmetric() }
            let design = (0..<12).map { _ in [1] + (0..<3).map { _ in stream.symmetric() } }
            let response = design.map { row in zip(row, beta).reduce(stream.symmetric()) { $0 + $1.0 * $1.1 } }
            return TaskRows(design: design, response: response)
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: 4)
        let comparison = try CrossValidation().compare(problem, on: Self.reference)
        return Dictionary(uniqueKeysWithValues: comparison.compared.results.map { ($0.method, $0) })
    }
}
