import Compute
import Definitions
import TestSupport
import Testing

@Suite("Elastic nets of quadratics")
struct SlowElasticNetTests {
    @Test("are those of the definition", arguments: Candidate.all, NetProblem.adversarial)
    func definition(candidate: Candidate, problem: NetProblem) throws {
        try candidate.run {
            try checkDefinition($0, problem)
        } float: {
            try checkDefinition($0, problem)
        }
    }

    private func checkDefinition<B: Backend>(_ backend: B, _ problem: NetProblem) throws {
        let found = try backend.elasticNet(of: problem)
        found.compare(with: problem, B.Scalar.self) { value, expected, tolerance in
            #expect(abs(value - expected) <= tolerance)
        }
    }

    /// Orders that the CPU path handles in packs, and those that it does not.
    static let orders = [6, 70]

    @Test(
        "of the identity are the linear term, shrunk: exactly 0 up to the threshold", arguments: Candidate.all, orders)
    func identity(candidate: Candidate, order: Int) throws {
        try candidate.run {
            try checkIdentity($0, order)
        } float: {
            try checkIdentity($0, order)
        }
    }

    private func checkIdentity<B: Backend>(_ backend: B, _ order: Int) throws {
        let gram = (0..<order).map { row in (0..<order).map { $0 == row ? 2.0 : 0 } }
        let q = (0..<order).map { Double($0 - order / 2) / 4 }
        let problem = NetProblem(
            grams: [gram], linear: TaskValues(taskCount: 1, width: order, values: q),
            thresholds: TaskValues(taskCount: 1, columnCount: 3, width: 1, values: [.infinity, 1, 0]), mixture: 0.5)
        let found = try backend.elasticNet(of: problem)
        #expect(found.coefficients.vector(0, 0).allSatisfy { $0 == 0 })
        for k in 0..<order {
            let shrunken = q[k] < 0 ? min(0, q[k] + 0.5) : max(0, q[k] - 0.5)
            #expect(abs(found.coefficients[0, 1, k] - shrunken / 2.5) <= 2 * Double(B.Scalar.ulpOfOne) * abs(q[k]))
            #expect((found.coefficients[0, 1, k] == 0) == (abs(q[k]) <= 0.5))
            #expect(abs(found.coefficients[0, 2, k] - q[k] / 2) <= 2 * Double(B.Scalar.ulpOfOne) * abs(q[k]))
        }
        for column in 0..<3 {
            #expect(found.violations[0, column, 0] <= 8 * Double(B.Scalar.ulpOfOne))
        }
    }

    @Test("meet the conditions where columns depend on each other or are 0", arguments: Candidate.all, orders)
    func dependent(candidate: Candidate, order: Int) throws {
        try candidate.run {
            try checkDependent($0, order)
        } float: {
            try checkDependent($0, order)
        }
    }

    private func checkDependent<B: Backend>(_ backend: B, _ order: Int) throws {
        // Gram matrices of three rows: of rank 3, with linear terms in their range. The second feature is 0 throughout.
        var stream = TestStream(seed: UInt64(order))
        let taskCount = 11
        var (grams, linear) = ([[[Double]]](), [Double]())
        for _ in 0..<taskCount {
            let rows = (0..<3).map { _ in (0..<order).map { $0 == 1 ? 0 : (stream.symmetric() * 64).rounded() / 64 } }
            let y = (0..<3).map { _ in (stream.symmetric() * 64).rounded() / 64 }
            grams.append(
                (0..<order).map { one in
                    (0..<order).map { other in
                        (0..<3).reduce(0) { $0 + rows[$1][one] * rows[$1][other] }
                    }
                })
            linear += (0..<order).map { k in (0..<3).reduce(0) { $0 + rows[$1][k] * y[$1] } }
        }
        let problem = NetProblem(
            grams: grams, linear: TaskValues(taskCount: taskCount, width: order, values: linear),
            thresholds: TaskValues(taskCount: 1, columnCount: 3, width: 1, values: [0.5, 0.25, 0.125]), mixture: 1)
        let found = try checkConditions(backend, problem)
        for task in 0..<taskCount {
            for column in 0..<3 { #expect(found.vector(task, column)[1] == 0) }
        }
    }

    /// Gram matrices of rows whose features follow three latent factors, as numbers that float holds; the first five features
    /// have an effect of 1. Plain descents take tens of thousands of sweeps.
    private static func latentFactors(taskCount: Int, order: Int) -> NetProblem {
        var stream = TestStream(seed: UInt64(31 * order + taskCount))
        let (rowCount, factorCount) = (2 * order, 3)
        var (grams, linear) = ([[[Double]]](), [Double]())
        for _ in 0..<taskCount {
            let loadings = (0..<factorCount).map { _ in (0..<order).map { _ in stream.normal() } }
            var gram = Array(repeating: Array(repeating: 0.0, count: order), count: order)
            var cross = Array(repeating: 0.0, count: order)
            for _ in 0..<rowCount {
                var x = (0..<order).map { _ in 0.05 * stream.normal() }
                for loading in loadings {
                    let score = stream.normal()
                    for k in 0..<order { x[k] += score * loading[k] }
                }
                let y = x[..<5].reduce(stream.normal(), +)
                for row in 0..<order {
                    cross[row] += x[row] * y / Double(rowCount)
                    for column in 0..<order { gram[row][column] += x[row] * x[column] / Double(rowCount) }
                }
            }
            grams.append(gram.map { $0.map { Double(Float($0)) } })
            linear += cross.map { Double(Float($0)) }
        }
        return NetProblem(
            grams: grams, linear: TaskValues(taskCount: taskCount, width: order, values: linear),
            thresholds: TaskValues(taskCount: 1, columnCount: 2, width: 1, values: [1 / 32, 1 / 256]), mixture: 1)
    }

    @Test(
        "meet the conditions where features follow a few latent factors", arguments: Candidate.all,
        orders.map { $0 + 24 })
    func correlated(candidate: Candidate, order: Int) throws {
        let problem = Self.latentFactors(taskCount: 11, order: order)
        try candidate.run {
            try checkCorrelated($0, problem)
        } float: {
            try checkCorrelated($0, problem)
        }
    }

    private func checkCorrelated<B: Backend>(_ backend: B, _ problem: NetProblem) throws {
        let found = try checkConditions(backend, problem)
        for task in 0..<problem.taskCount {
            for column in 0..<problem.columnCount {
                let u = found.vector(task, column)
                #expect(u.contains { $0 == 0 } && u.contains { $0 != 0 })
            }
        }
    }

    /// Solves a problem, and looks at the conditions of its optimum.
    private func checkConditions<B: Backend>(_ backend: B, _ problem: NetProblem) throws -> TaskValues {
        let found = try backend.elasticNet(of: problem).coefficients
        for task in 0..<problem.taskCount {
            for column in 0..<problem.columnCount {
                let u = found.vector(task, column)
                let allowance = problem.allowance(task, column, at: u, B.Scalar.self)
                let failures = Definitions.elasticNetFailures(
                    problem.grams[task], linear: problem.linear.vector(task),
                    threshold: problem.thresholds[0, column, 0], mixture: problem.mixture, at: u)
                for k in u.indices { #expect(failures[k] <= allowance[k]) }
            }
        }
        return found
    }

    @Test("of correlated features are to the bit what each task has alone", arguments: Candidate.all)
    func alone(candidate: Candidate) throws {
        let problem = Self.latentFactors(taskCount: 11, order: 30)
        try candidate.run {
            try checkAlone($0, problem)
        } float: {
            try checkAlone($0, problem)
        }
    }

    private func checkAlone<B: Backend>(_ backend: B, _ problem: NetProblem) throws {
        let together = try backend.elasticNet(of: problem)
        for task in 0..<problem.taskCount {
            var single = problem
            single.grams = [problem.grams[task]]
            single.linear = TaskValues(taskCount: 1, width: problem.order, values: problem.linear.vector(task))
            let alone = try backend.elasticNet(of: single)
            for column in 0..<problem.columnCount {
                #expect(alone.coefficients.vector(0, column) == together.coefficients.vector(task, column))
            }
        }
    }

    @Test("a path's last column is what it is alone, to its tolerance", arguments: Candidate.all)
    func path(candidate: Candidate) throws {
        try candidate.run {
            try checkPath($0)
        } float: {
            try checkPath($0)
        }
    }

    private func checkPath<B: Backend>(_ backend: B) throws {
        let whole = NetProblem(taskCount: 9, order: 12, columnCount: 4, mixture: 0.75)
        let found = try backend.elasticNet(of: whole)
        for column in 0..<4 {
            var single = whole
            single.thresholds = TaskValues(
                taskCount: 9, width: 1, values: (0..<9).map { whole.thresholds[$0, column, 0] })
            let alone = try backend.elasticNet(of: single)
            for task in 0..<9 {
                let least = Definitions.eigen(whole.grams[task]).values[0]
                let (one, other) = (found.coefficients.vector(task, column), alone.coefficients.vector(task))
                let allowance = whole.allowance(task, column, at: one, B.Scalar.self)
                #expect(Definitions.distance(one, other) <= 2 * Definitions.norm(allowance) / least)
                if column == 0 { #expect(one == other) }
            }
        }
    }

    @Test(
        "do not depend on neighbours to the bit, and have no violation where a number is none",
        arguments: Candidate.all,
        orders)
    func neighbours(candidate: Candidate, order: Int) throws {
        try candidate.run {
            try checkNeighbours($0, order)
        } float: {
            try checkNeighbours($0, order)
        }
    }

    private func checkNeighbours<B: Backend>(_ backend: B, _ order: Int) throws {
        let plain = NetProblem(taskCount: 35, order: order, columnCount: 2, mixture: 1)
        var spoiled = plain
        spoiled.grams[2][4][1] = .nan
        spoiled.grams[7][3][3] = .nan
        spoiled.linear.values[11 * order + 3] = .nan
        spoiled.thresholds.values[33 * 2] = .nan
        // Some take more sweeps than others.
        spoiled.grams[5] = spoiled.grams[5].map { $0.map { $0 + 100 } }
        spoiled.thresholds.values[6 * 2] = 0.001
        let (whole, found) = (try backend.elasticNet(of: plain), try backend.elasticNet(of: spoiled))
        for task in 0..<35 where task != 5 && task != 6 {
            for column in 0..<2 {
                let isBad = [2, 7, 11].contains(task) || (task, column) == (33, 0)
                if isBad {
                    #expect(found.violations[task, column, 0].isNaN)
                } else if task != 33 {
                    #expect(found.coefficients.vector(task, column) == whole.coefficients.vector(task, column))
                    #expect(found.violations[task, column, 0] == whole.violations[task, column, 0])
                }
            }
        }
    }

    @Test("linear terms and thresholds of one task, or of one column, serve all", arguments: Candidate.all, orders)
    func repeated(candidate: Candidate, order: Int) throws {
        try candidate.run {
            try checkRepeated($0, order)
        } float: {
            try checkRepeated($0, order)
        }
    }

    private func checkRepeated<B: Backend>(_ backend: B, _ order: Int) throws {
        var shared = NetProblem(taskCount: 19, order: order, columnCount: 2, mixture: 1)
        let q = shared.linear.vector(4)
        let limits = shared.thresholds.vector(4, 0) + shared.thresholds.vector(4, 1)
        var written = shared
        shared.linear = TaskValues(taskCount: 1, width: order, values: q)
        shared.thresholds = TaskValues(taskCount: 1, columnCount: 2, width: 1, values: limits)
        written.linear = TaskValues(
            taskCount: 19, columnCount: 2, width: order, values: (0..<38).flatMap { _ in q })
        written.thresholds = TaskValues(
            taskCount: 19, columnCount: 2, width: 1, values: (0..<19).flatMap { _ in limits })
        let (one, other) = (try backend.elasticNet(of: shared), try backend.elasticNet(of: written))
        #expect(one.coefficients.values == other.coefficients.values)
        #expect(one.violations.values == other.violations.values)
    }

    @Test("an answer that the sweeps do not reach is told by its violation")
    func unreached() throws {
        // Without a penalty the objective has no least along what the matrix takes to 0.
        let problem = NetProblem(
            grams: [Array(repeating: Array(repeating: 1, count: 4), count: 4)],
            linear: TaskValues(taskCount: 1, width: 4, values: [1, 0, 0, -1]),
            thresholds: TaskValues(taskCount: 1, width: 1, values: [0]), mixture: 1)
        try Candidate(kind: .oneThread, isDouble: true).run {
            let found = try $0.elasticNet(of: problem)
            #expect(found.violations[0, 0, 0] > 1e-3)
        } float: { _ in
        }
    }
}
