import CPUFallback
import Compute
import Definitions
import Glibc
import Methods
import TestSupport
import Testing

@Suite("LASSO family")
struct SlowLassoFamilyTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 1)) }

    private func fit(_ lasso: Lasso, _ problem: ArrayProblem) throws -> Fit {
        try lasso.fit(problem, on: Self.reference, reference: Self.reference)
    }

    @Test("scikit-learn's LASSOs and elastic nets, tasks with fewer rows than columns too", arguments: Candidate.all)
    func scikitLearn(candidate: Candidate) throws {
        #expect(LassoFixture.all.count == 6)
        for fixture in LassoFixture.all {
            try candidate.run {
                try checkFixture(fixture, $0)
            } float: {
                try checkFixture(fixture, $0)
            }
        }
    }

    private func checkFixture<B: Backend>(_ fixture: LassoFixture, _ backend: B) throws {
        var lasso = Lasso(strength: 1)
        lasso.mixture = fixture.mixture
        let fit = try lasso.fit(fixture.problem, on: backend, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        let tasks = try #require(fit.tasks)
        for (task, expected) in fixture.expected.enumerated() {
            for (value, other) in zip(tasks.coefficients(of: task), expected) {
                #expect(abs(value - other) <= 1e-7 * max(1, abs(other)), "\(fixture), task \(task)")
                #expect((value == 0) == (other == 0), "\(fixture), task \(task)")
            }
        }
    }

    // MARK: The conditions of an optimum, from the rows

    /// An intercept and nine features; tasks of fewer rows than coefficients, of one row and of none.
    private static let problem = ArrayProblem(
        RandomProblem(sampleCounts: [40, 6, 25, 1, 33, 0, 61, 9, 50, 28], featureCount: 10, isWeighted: true))

    private static let kinds: [Lasso] = {
        var kinds: [Lasso] = []
        for center in [Lasso.Center.zero, .median, .trimmedMean] {
            for (mixture, standardizes, rate) in [
                (1.0, false, Lasso.Rate.coefficients), (0.5, false, .coefficientsAndRows), (0.75, true, .coefficients),
            ] {
                var lasso = Lasso(center: center, strength: 0.4)
                lasso.mixture = mixture
                lasso.standardizes = standardizes
                lasso.rate = rate
                kinds.append(lasso)
            }
        }
        return kinds
    }()

    @Test(
        "slopes of the rows balance the penalty, whose variance is the median of tasks' where one has none",
        arguments: kinds.indices)
    func conditions(kind: Int) throws {
        let (lasso, problem) = (Self.kinds[kind], Self.problem)
        let fit = try fit(lasso, problem)
        let center = try #require(fit.center).coefficients
        let own = try #require(try Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        let variances = problem.tasks.indices.map { task in
            problem.tasks[task].response.count > 10 ? own.errorVariances[task] : .nan
        }
        let known = variances.filter { !$0.isNaN }.sorted()
        #expect(known.count == 6)
        let units =
            lasso.standardizes ? deviations(of: problem.pooledRows) : problem.pooledRows.design[0].map { _ in 1 }
        var (zeros, rest) = (0, 0)
        for (task, rows) in problem.tasks.enumerated() {
            let beta = Array(try #require(fit.tasks).coefficients(of: task))
            if rows.response.isEmpty {
                #expect(fit.statuses[task] == .tooFewRows)
                #expect(beta == center)
                continue
            }
            #expect(fit.statuses[task] == .ok)
            let residuals = Definitions.residuals(rows, at: beta)
            let n = rows.weights.reduce(0, +)
            let variance = variances[task].isNaN ? known[known.count / 2] : variances[task]
            let count = lasso.rate == .coefficients ? 9 : 9 * n
            let lambda = 0.4 * (variance * log(count) / n).squareRoot()
            #expect(abs(zip(rows.weights, residuals).reduce(0) { $0 + $1.0 * $1.1 }) <= 1e-9)
            for k in 1..<10 {
                let u = (beta[k] - center[k]) * units[k]
                var slope = 0.0
                for row in residuals.indices { slope += rows.weights[row] * residuals[row] * rows.design[row][k] }
                slope /= n * units[k]
                let smooth = slope - lambda * (1 - lasso.mixture) * u
                let bound = lambda * lasso.mixture
                let failure = u == 0 ? max(0, abs(smooth) - bound) : abs(smooth - (u < 0 ? -bound : bound))
                // A few hundred roundings of sums of products of numbers of size 1 to 10.
                #expect(failure <= 1e-10)
                if u == 0 { zeros += 1 } else { rest += 1 }
            }
        }
        #expect(zeros > 2 && rest > 2)
        let certificate = try #require(fit.certificate)
        #expect(certificate.hasConverged && certificate.residual <= 1e-8)
    }

    private func deviations(of rows: TaskRows) -> [Double] {
        let weight = rows.weights.reduce(0, +)
        return rows.design[0].indices.map { feature in
            let mean = zip(rows.weights, rows.design).reduce(0) { $0 + $1.0 * $1.1[feature] } / weight
            let square = zip(rows.weights, rows.design).reduce(0) {
                $0 + $1.0 * ($1.1[feature] - mean) * ($1.1[feature] - mean)
            }
            return feature == 0 ? 1 : (square / weight).squareRoot()
        }
    }

    @Test("16: the penalty that keeps all at the centre is the largest slope there, and no less")
    func greatest() throws {
        // Specification, test 16: lambda >= max |(c - G g) / n| gives the centre.
        var problem = SlowMOLARTests.problem(taskCount: 1, featureCount: 6)
        let rows = problem.tasks[0]
        let n = Double(rows.response.count)
        let slopes = (0..<6).map { k in abs(zip(rows.design, rows.response).reduce(0) { $0 + $1.0[k] * $1.1 }) / n }
        let largest = try #require(slopes.max())
        for (share, isAtCenter) in [(1 + 1e-9, true), (1 - 1e-6, false)] {
            problem.errorVariances = [largest * largest * share * share * n / log(6)]
            let fit = try fit(Lasso(strength: 1, intercept: .shared), problem)
            #expect(try #require(fit.tasks).coefficients.allSatisfy { $0 == 0 } == isAtCenter)
        }
    }

    @Test("with orthogonal features it is the least-squares estimate, softly shrunk towards the centre")
    func orthogonal() throws {
        // Hadamard's rows, twice: the Gram is 16 times the identity.
        let signs = (0..<8).map { row in (0..<4).map { ((row & ($0 + 1)).nonzeroBitCount) % 2 == 0 ? 1.0 : -1 } }
        var stream = TestStream(seed: 3)
        let tasks = (0..<5).map { task in
            TaskRows(
                design: signs + signs,
                response: (signs + signs).map { row in
                    row[0] - 0.5 * row[1] + Double(task % 2) * row[2] + 0.3 * stream.symmetric()
                })
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: 4, isScaled: false)
        let fit = try fit(Lasso(center: .median, strength: 1, intercept: .shared), problem)
        let own = try #require(try Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        let center = try #require(fit.center).coefficients
        for task in 0..<5 {
            let lambda = (own.errorVariances[task] * log(4) / 16).squareRoot()
            for k in 0..<4 {
                let away = own.coefficients[task * 4 + k] - center[k]
                let shrunken = away < 0 ? min(0, away + lambda) : max(0, away - lambda)
                let found = try #require(fit.tasks).coefficients[task * 4 + k]
                #expect(abs(found - center[k] - shrunken) <= 1e-12)
            }
        }
    }

    // MARK: Tasks

    @Test(
        "neither the order of tasks nor a bad one matters to the others", arguments: [Lasso.Center.zero, .trimmedMean])
    func others(center: Lasso.Center) throws {
        var lasso = Lasso(center: center, strength: 0.5)
        lasso.mixture = 0.75
        let problem = Self.problem
        let plain = try #require(try fit(lasso, problem).tasks)
        var (turned, spoiled) = (problem, problem)
        turned.tasks.reverse()
        spoiled.tasks.insert(
            TaskRows(
                design: problem.tasks[0].design, response: problem.tasks[0].response.map { _ in .nan },
                weights: problem.tasks[0].weights), at: 3)
        let (other, rest) = (try fit(lasso, turned), try fit(lasso, spoiled))
        #expect(rest.statuses[3] == .nonFinite)
        #expect(rest.count(of: "ok") == 9)
        for task in problem.tasks.indices {
            let own = plain.coefficients(of: task)
            // The mean of the centre's intercepts, which an empty task gets, depends on the order of its sum.
            let isEmpty = problem.tasks[task].response.isEmpty
            for (one, two) in zip(own, try #require(other.tasks).coefficients(of: 9 - task)) {
                #expect(abs(one - two) <= 1e-13 * max(1, abs(one)))
            }
            let spoiledOwn = try #require(rest.tasks).coefficients(of: task < 3 ? task : task + 1)
            if !isEmpty { #expect(Array(own) == Array(spoiledOwn)) }
        }
    }

    @Test("without a task that has more rows than coefficients, variances are those of responses")
    func allSmall() throws {
        let problem = ArrayProblem(RandomProblem(sampleCounts: [8, 5, 10], featureCount: 10, isWeighted: false))
        let fit = try fit(Lasso(strength: 0.2), problem)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        for (task, rows) in problem.tasks.enumerated() {
            let n = Double(rows.response.count)
            let mean = rows.response.reduce(0, +) / n
            let variance = rows.response.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
            let lambda = 0.2 * (variance * log(9) / n).squareRoot()
            let beta = Array(try #require(fit.tasks).coefficients(of: task))
            let residuals = Definitions.residuals(rows, at: beta)
            for k in 1..<10 {
                let slope = residuals.indices.reduce(0) { $0 + residuals[$1] * rows.design[$1][k] } / n
                #expect(abs(slope) <= lambda + 1e-10)
                if beta[k] != 0 { #expect(abs(slope - (beta[k] < 0 ? -lambda : lambda)) <= 1e-10) }
            }
        }
        // No task has an estimate that a median could be of.
        #expect(try self.fit(Lasso(center: .median), problem).centerStatus == .tooFewRows)
    }

    @Test("a feature that is constant in a task has no slope there, whatever rounding leaves of it")
    func constant() throws {
        var problem = Self.problem
        for row in problem.tasks[0].design.indices {
            problem.tasks[0].design[row][4] = 0.1
            problem.tasks[0].design[row][5] = 1e6 / 3
        }
        let fit = try fit(Lasso(strength: 0), problem)
        #expect(fit.statuses[0] == .ok)
        let tasks = try #require(fit.tasks)
        #expect(tasks.coefficients[4] == 0 && tasks.coefficients[5] == 0)
        #expect(tasks.coefficients[3] != 0)
    }

    // MARK: The strength

    private static let grid = StrengthGrid(strengths: [0.05, 0.3, 1, 3], foldCount: 3, seed: 5)

    @Test(
        "cross-validation chooses what a loop over folds does", arguments: [Lasso.Center.zero, .median],
        [StrengthGrid.Rule.least, .oneStandardError])
    func crossValidation(center: Lasso.Center, rule: StrengthGrid.Rule) throws {
        let grid = StrengthGrid(strengths: Self.grid.multiples, foldCount: 3, seed: 5, rule: rule)
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: [40, 22, 31, 27, 18, 55], featureCount: 5, isWeighted: true))
        let fit = try fit(Lasso(center: center, penalty: .crossValidated(grid)), problem)
        let curve = try #require(fit.penaltyCurve)
        #expect(curve.map(\.penalty) == grid.multiples)

        // Penalties of a fold keep the variance and the rows of all.
        let own = try #require(try Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        let folds = RowFolds(foldCount: 3, seed: 5)
        func part(_ fold: Int, heldOut: Bool) -> ArrayProblem {
            var part = problem
            for task in problem.tasks.indices {
                let rows = problem.tasks[task]
                let places = folds.folds(ofRows: rows.response.indices, task: task)
                let kept = places.indices.filter { (places[$0] == fold) == heldOut }
                part.tasks[task] = TaskRows(
                    design: kept.map { rows.design[$0] }, response: kept.map { rows.response[$0] },
                    weights: kept.map { rows.weights[$0] })
            }
            return part
        }
        func weight(_ rows: TaskRows) -> Double { rows.weights.reduce(0, +) }
        for (place, strength) in grid.multiples.enumerated() {
            var (errors, weights) = ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
            for fold in 0..<3 {
                var training = part(fold, heldOut: false)
                training.errorVariances = problem.tasks.indices.map { task in
                    own.errorVariances[task] * weight(training.tasks[task]) / weight(problem.tasks[task])
                }
                // The centre knows no variances.
                var known = Lasso.Center.zero
                if center == .median {
                    let bare = try MOLAR().fit(
                        part(fold, heldOut: false), on: Self.reference, reference: Self.reference)
                    known = .given(try #require(bare.center).coefficients)
                }
                let found = try self.fit(Lasso(center: known, strength: strength), training)
                for (task, rows) in part(fold, heldOut: true).tasks.enumerated() {
                    let beta = Array(try #require(found.tasks).coefficients(of: task))
                    for (w, r) in zip(rows.weights, Definitions.residuals(rows, at: beta)) {
                        errors[fold] += w * r * r
                        weights[fold] += w
                    }
                }
            }
            let mean = errors.reduce(0, +) / weights.reduce(0, +)
            #expect(abs(curve[place].error - mean) <= 1e-9 * mean)
            let spread = (0..<3).reduce(0.0) { sum, fold in
                let away = errors[fold] - mean * weights[fold]
                return sum + away * away
            }
            let error = (spread * 3 / 2).squareRoot() / weights.reduce(0, +)
            #expect(abs(curve[place].standardError - error) <= 1e-9 * error)
        }
        let least = try #require(curve.map(\.error).min())
        let best = try #require(curve.last { $0.error == least })
        let chosen =
            rule == .least ? best : try #require(curve.last { $0.error <= least + best.standardError })
        #expect(fit.penalty?.value == chosen.penalty)
        let alone = try self.fit(Lasso(center: center, strength: chosen.penalty), problem)
        for (one, other) in zip(try #require(fit.tasks).coefficients, try #require(alone.tasks).coefficients) {
            #expect(abs(one - other) <= 1e-12 * max(1, abs(one)))
        }
    }

    @Test("in several shards the fit and its curve have the same bits", arguments: Candidate.all)
    func shards(candidate: Candidate) throws {
        guard candidate.isDouble else { return }
        var lasso = Lasso(center: .zero, penalty: .crossValidated(Self.grid))
        lasso.standardizes = true
        try candidate.run {
            try checkShards(candidate, $0, lasso)
        } float: { _ in
        }
    }

    private func checkShards<B: Backend>(_ candidate: Candidate, _ backend: B, _ lasso: Lasso) throws {
        let block = backend.sumBlockSize
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: (0..<2 * block + 3).map { 4 + $0 % 3 }, featureCount: 2, isWeighted: true))
        let whole = try lasso.fit(problem, on: backend, reference: Self.reference)
        var small = candidate
        small.memoryBytes = lasso.arrayCount * triangleCount(3) * MemoryLayout<B.Scalar>.stride * block
        try small.run {
            let found = try lasso.fit(problem, on: $0, reference: Self.reference)
            #expect(found.tasks?.coefficients == whole.tasks?.coefficients)
            #expect(found.penaltyCurve == whole.penaltyCurve)
            #expect(found.statuses == whole.statuses)
        } float: { _ in
        }
    }

    @Test("compared by folds, a strength is chosen by the others: the family beside ARMUL")
    func comparison() throws {
        let problem = ArrayProblem(
            RandomProblem(sampleCounts: [40, 22, 31, 27, 18, 55], featureCount: 5, isWeighted: false))
        var validation = CrossValidation(methods: [.itl, .lasso, .elasticNet, .rm, .ml], foldCount: 3, seed: 5)
        validation.strengths = Self.grid
        let comparison = try validation.compare(problem, on: Self.reference)
        #expect(comparison.compared.taskCount == 6)
        #expect(comparison.compared.results.count == 5)
        for method in [ComparedMethod.lasso, .elasticNet, .rm, .ml] {
            #expect(comparison.penalties[method]?.count == 3)
        }
        // Without a penalty the family is least squares.
        validation.strengths = StrengthGrid(strengths: [0], foldCount: 3, seed: 5)
        let free = try validation.compare(problem, on: Self.reference).compared.results
        for result in free.dropFirst() { #expect(abs(result.meanError - free[0].meanError) <= 1e-9) }
    }
}
