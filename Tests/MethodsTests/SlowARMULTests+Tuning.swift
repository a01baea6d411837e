import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

extension SlowARMULTests {
    /// Nine tasks of twenty rows, of which three are odd.
    private static let even: ArrayProblem = {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: Array(repeating: 20, count: 9), featureCount: 3, isWeighted: false))
        for task in [0, 4, 5] {
            problem.tasks[task].response = zip(problem.tasks[task].response, problem.tasks[task].design).map {
                $0 + 1.5 * $1[2]
            }
        }
        return problem
    }()

    private static let grid = StrengthGrid(strengths: [0.05, 0.3, 1.2], foldCount: 4, seed: 7)

    /// The squared error of the rows held out, over their number, from a fit of the others for each fold.
    private func heldOutError(_ strength: Double, of problem: ArrayProblem, _ grid: StrengthGrid) throws -> Double {
        let folds = RowFolds(foldCount: grid.foldCount, seed: grid.seed)
        let foldOfRow = problem.tasks.indices.map { task in
            folds.folds(ofRows: 0..<problem.tasks[task].response.count, task: task)
        }
        var (sum, count) = (0.0, 0)
        for fold in 0..<grid.foldCount {
            func rows(_ task: Int, _ isTaken: (Int) -> Bool) -> TaskRows {
                let taken = problem.tasks[task].response.indices.filter { isTaken(foldOfRow[task][$0]) }
                return TaskRows(
                    design: taken.map { problem.tasks[task].design[$0] },
                    response: taken.map { problem.tasks[task].response[$0] })
            }
            var training = problem
            training.tasks = problem.tasks.indices.map { rows($0) { $0 != fold } }
            // The penalty keeps the number of all rows: 15 of 20 are trained on.
            let fit = try Self.fit(ARMUL(strength: strength * 0.75.squareRoot()), training)
            for (task, own) in try Self.coefficients(fit).enumerated() {
                let heldOut = rows(task) { $0 == fold }
                sum += Definitions.residuals(heldOut, at: own).reduce(0) { $0 + $1 * $1 }
                count += heldOut.response.count
            }
        }
        return sum / Double(count)
    }

    @Test("the curve holds the errors of fits to the other rows, and its least is taken", arguments: Candidate.all)
    func curve(candidate: Candidate) throws {
        try candidate.run {
            try checkCurve($0)
        } float: {
            try checkCurve($0)
        }
    }

    private func checkCurve<B: Backend>(_ backend: B) throws {
        let armul = ARMUL(penalty: .crossValidated(Self.grid))
        let fit = try armul.fit(Self.even, on: backend, reference: Self.reference)
        let curve = try #require(fit.penaltyCurve)
        #expect(curve.map(\.penalty) == Self.grid.multiples)
        for point in curve {
            let expected = try heldOutError(point.penalty, of: Self.even, Self.grid)
            #expect(abs(point.error - expected) <= 4096 * Double(B.Scalar.ulpOfOne) * (1 + expected))
            #expect(point.standardError > 0 && point.standardError < point.error)
        }
        let best = try #require(curve.min { $0.error < $1.error })
        #expect(fit.penalty?.value == best.penalty)
        let given = try ARMUL(strength: best.penalty).fit(Self.even, on: backend, reference: Self.reference)
        // Moments of all folds together carry a few roundings more.
        let tolerance = 4096 * Double(B.Scalar.ulpOfOne)
        Self.expectClose(
            try #require(fit.tasks).coefficients, try #require(given.tasks).coefficients, within: tolerance)
    }

    @Test("the one-standard-error rule takes the greatest strength that is not clearly worse")
    func oneStandardError() throws {
        let strengths = (1...12).map { Double($0) / 10 }
        let fit = try Self.fit(
            ARMUL(penalty: .crossValidated(StrengthGrid(strengths: strengths, rule: .oneStandardError))), Self.even)
        let curve = try #require(fit.penaltyCurve)
        let best = try #require(curve.min { $0.error < $1.error })
        let chosen = try #require(fit.penalty).value
        #expect(chosen > best.penalty)
        for point in curve where point.penalty > chosen { #expect(point.error > best.error + best.standardError) }
        let own = try #require(curve.first { $0.penalty == chosen })
        #expect(own.error <= best.error + best.standardError)
    }

    @Test("of strengths with the same error the greatest is taken")
    func ties() throws {
        // All of them pool.
        let grid = StrengthGrid(strengths: [100, 1000, .infinity])
        let fit = try Self.fit(ARMUL(penalty: .crossValidated(grid)), Self.even)
        let curve = try #require(fit.penaltyCurve)
        #expect(Set(curve.map(\.error)).count == 1)
        #expect(fit.penalty == ChosenPenalty(value: .infinity, origin: .atBorder))
    }

    @Test("a task whose rows are all held out is predicted by the centre")
    func singleRows() throws {
        var problem = Self.even
        problem.tasks.append(TaskRows(design: [[1, 0.5, -0.25]], response: [3]))
        let fit = try Self.fit(ARMUL(penalty: .crossValidated(Self.grid)), problem)
        let without = try Self.fit(ARMUL(penalty: .crossValidated(Self.grid)), Self.even)
        #expect(fit.penalty?.origin != .notValidated)
        // One row more adds to the sum of squares.
        let (curve, other) = (try #require(fit.penaltyCurve), try #require(without.penaltyCurve))
        for (one, two) in zip(curve, other) { #expect(one.error * 181 > two.error * 180 * 0.9) }
        #expect(fit.statuses.allSatisfy { $0 == .ok })
    }
}
