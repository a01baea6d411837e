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
        try foldErrors(strength, of: problem, grid).reduce(0, +)
            / Double(problem.tasks.reduce(0) { $0 + $1.response.count })
    }

    /// The sum of squared errors in each fold.
    private func foldErrors(_ strength: Double, of problem: ArrayProblem, _ grid: StrengthGrid) throws -> [Double] {
        let folds = RowFolds(foldCount: grid.foldCount, seed: grid.seed)
        let foldOfRow = problem.tasks.indices.map { task in
            folds.folds(ofRows: 0..<problem.tasks[task].response.count, task: task)
        }
        var sums = Array(repeating: 0.0, count: grid.foldCount)
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
                sums[fold] += Definitions.residuals(heldOut, at: own).reduce(0) { $0 + $1 * $1 }
            }
        }
        return sums
    }

    @Test("compared with other methods, each fold has the strength that is best on the other folds")
    func comparison() throws {
        var validation = CrossValidation(methods: [.itl, .armul], foldCount: 4, seed: 7)
        validation.strengths = Self.grid
        let comparison = try validation.compare(Self.even, on: Self.reference)
        let errors = try Self.grid.multiples.map { try foldErrors($0, of: Self.even, Self.grid) }
        var sum = 0.0
        let chosen = try #require(comparison.penalties[.armul])
        for fold in 0..<4 {
            let others = errors.map { $0.reduce(0, +) - $0[fold] }
            let best = try #require(others.indices.min { others[$0] < others[$1] })
            #expect(chosen[fold].value == Self.grid.multiples[best])
            sum += errors[best][fold]
        }
        let found = try #require(comparison.compared.results.last)
        #expect(found.method == .armul)
        #expect(abs(found.meanError - sum / 180) <= 4096 * Double.ulpOfOne * (1 + sum / 180))
    }

    @Test("without a penalty it is itl; with one that nothing withstands, and no free intercept, it is pool")
    func comparisonLimits() throws {
        for (strength, intercept, method) in [
            (0.0, ARMUL.InterceptRole.free, ComparedMethod.itl), (1e6, .shared, .pool),
        ] {
            var validation = CrossValidation(methods: [method, .armul], foldCount: 4, seed: 7)
            validation.strengths = StrengthGrid(strengths: [strength])
            validation.intercept = intercept
            let results = try validation.compare(Self.even, on: Self.reference).compared.results
            #expect(results.count == 2)
            #expect(abs(results[1].change) <= 4096 * Double.ulpOfOne, "\(method)")
        }
        // Clusters and vectors as many as there can be are no constraint, and those of one are the centre.
        var validation = CrossValidation(methods: [.armul, .armulClustered], foldCount: 4, seed: 7)
        validation.strengths = Self.grid
        validation.clusterCounts = [1]
        let results = try validation.compare(Self.even, on: Self.reference).compared.results
        #expect(abs(results[1].change) <= 1e-9)
    }

    @Test("the number of clusters is chosen with the strength, of equals the smaller")
    func sizes() throws {
        var armul = ARMUL(
            structure: .clustered(ClusterStructure(count: 1)), penalty: .crossValidated(Self.grid))
        armul.sizes = [3, 1, 2]
        let fit = try Self.fit(armul, Self.even)
        let curve = try #require(fit.penaltyCurve)
        #expect(curve.map(\.size) == [1, 1, 1, 2, 2, 2, 3, 3, 3])
        #expect(curve.map(\.penalty) == Self.grid.multiples + Self.grid.multiples + Self.grid.multiples)
        for size in 1...3 {
            armul.structure = .clustered(ClusterStructure(count: size))
            armul.sizes = []
            let own = try #require(try Self.fit(armul, Self.even).penaltyCurve)
            #expect(own.map(\.error) == curve.filter { $0.size == size }.map(\.error))
        }
        let best = try #require(curve.min { $0.error < $1.error })
        // Three of the nine tasks are odd in the same way.
        #expect(best.size == 2)
        #expect(fit.penalty?.value == best.penalty && fit.penalty?.size == 2)
        #expect(try #require(fit.clusters).centers.count == 2)
        let strong = StrengthGrid(strengths: [100, .infinity])
        var tied = ARMUL(structure: .lowRank(rank: 1), penalty: .crossValidated(strong), intercept: .shared)
        // No more than all three coefficients can be combined: both are each task's own fit.
        tied.sizes = [7, 3]
        let found = try Self.fit(tied, Self.even)
        #expect(found.penalty?.size == 3 && found.penalty?.value == .infinity)
    }

    @Test("many tasks of a few rows, whose own fits are wild, do not keep clusters from being found")
    func seeds() throws {
        var problem = ArrayProblem(
            RandomProblem(
                sampleCounts: (0..<60).map { $0 < 20 ? 40 : 4 }, featureCount: 4, isWeighted: false))
        for task in problem.tasks.indices {
            let kind: Double = task % 2 == 0 ? 1 : -1
            for (row, x) in problem.tasks[task].design.enumerated() {
                problem.tasks[task].response[row] = kind * (x[1] + x[2]) + 0.3 * Double(row % 3 - 1)
            }
        }
        // One beginning, of whatever seed, has to do.
        for seed in 1...10 {
            let clusters = ClusterStructure(count: 2, restartCount: 1, seed: UInt64(seed))
            let fit = try Self.fit(ARMUL(structure: .clustered(clusters), strength: 2), problem)
            let labels = try #require(fit.clusters).labels.prefix(20)
            #expect(labels.indices.allSatisfy { labels[$0] == labels[$0 % 2] } && labels[0] != labels[1])
        }
    }

    @Test("a strength that is given leaves only the number of clusters to be chosen; within one error the fewest")
    func sizesAlone() throws {
        var armul = ARMUL(structure: .clustered(ClusterStructure(count: 1)), strength: 1.2)
        armul.sizes = [1, 2, 3]
        let fit = try Self.fit(armul, Self.even)
        let curve = try #require(fit.penaltyCurve)
        #expect(curve.map(\.size) == [1, 2, 3] && Set(curve.map(\.penalty)) == [1.2])
        #expect(fit.penalty?.origin == .crossValidated)
        armul.penalty = .crossValidated(StrengthGrid(strengths: [0.3, 1.2], rule: .oneStandardError))
        let simplest = try Self.fit(armul, Self.even)
        let points = try #require(simplest.penaltyCurve)
        let best = try #require(points.min { $0.error < $1.error })
        let allowed = points.filter { $0.error <= best.error + best.standardError }
        let fewest = try #require(allowed.compactMap(\.size).min())
        #expect(simplest.penalty?.size == fewest)
        #expect(simplest.penalty?.value == allowed.filter { $0.size == fewest }.map(\.penalty).max())
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
