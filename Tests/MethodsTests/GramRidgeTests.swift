import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("ridge of own estimates")
struct GramRidgeTests {
    private static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 1)) }

    /// The last column of the third task is constant beside an intercept, and so is its sum with the first.
    private static var dependent: ArrayProblem {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: (0..<7).map { 20 + 5 * $0 }, featureCount: 4, isWeighted: true))
        problem.tasks[2].design = problem.tasks[2].design.map { Array($0.prefix(3)) + [1.25] }
        return problem
    }

    @Test("estimates and variances are those of the Gram with rho tr(G) / d on its diagonal", arguments: Candidate.all)
    func definition(candidate: Candidate) throws {
        let random = RandomProblem(sampleCounts: (0..<7).map { 20 + 5 * $0 }, featureCount: 4, isWeighted: true)
        let problem = ArrayProblem(random, isScaled: false)
        func check(_ backend: some Backend, within tolerance: Double) throws {
            for share in [1e-3, 0.3] {
                var individual = Individual()
                individual.ridge = share
                let fit = try individual.fit(problem, on: backend, reference: Self.reference)
                #expect(fit.ridgedTasks.isEmpty)
                let found = try #require(fit.tasks)
                for (task, rows) in problem.tasks.enumerated() {
                    let expected = Self.estimates(rows, share: share)
                    for k in 0..<4 {
                        let place = 4 * task + k
                        let unit = expected.standardErrors[k]
                        #expect(abs(found.coefficients[place] - expected.coefficients[k]) <= tolerance * unit)
                        #expect(abs(found.standardErrors[place] - unit) <= tolerance * unit)
                    }
                }
            }
        }
        try candidate.run {
            try check($0, within: 1e-10)
        } float: {
            try check($0, within: 1e-3)
        }
    }

    /// From the formulas as they are written.
    private static func estimates(
        _ rows: TaskRows, share: Double
    ) -> (coefficients: [Double], standardErrors: [Double]) {
        let joint = Definitions.jointGram(rows, featureCount: 4)
        var gram = joint.prefix(4).map { Array($0.prefix(4)) }
        let size = share * gram.indices.reduce(0.0) { $0 + gram[$1][$1] } / 4
        for k in 0..<4 { gram[k][k] += size }
        let beta = Definitions.solve(gram, joint.prefix(4).map { $0[4] })
        let residuals = Definitions.residuals(rows, at: beta)
        let sum = zip(rows.weights, residuals).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
        let variance = sum / Double(residuals.count - 4)
        let inverse = Definitions.inverse(gram)
        return (beta, beta.indices.map { (variance * inverse[$0][$0]).squareRoot() })
    }

    @Test(
        "a task whose columns depend on each other is fitted, counted, and drawn to the centre",
        arguments: Candidate.all)
    func dependentColumns(candidate: Candidate) throws {
        let problem = Self.dependent
        let without = try MOLAR().fit(problem, on: Self.reference, reference: Self.reference)
        #expect(without.statuses[2] == .collinear(feature: 3))
        // What its rows tell of the other columns, with the last one left out.
        var fewer = problem
        fewer.tasks = [problem.tasks[2]]
        fewer.tasks[0].design = fewer.tasks[0].design.map { Array($0.prefix(3)) }
        fewer.featureCount = 3
        fewer.scaling = .identity(featureCount: 3)
        let alone = try #require(
            try Individual().fit(fewer, on: Self.reference, reference: Self.reference).tasks)
        func check(_ backend: some Backend) throws {
            var molar = MOLAR()
            molar.ridge = 1e-8
            let fit = try molar.fit(problem, on: backend, reference: Self.reference)
            #expect(fit.statuses.allSatisfy { $0 == .ok })
            #expect(fit.ridgedTasks == [2])
            let differences = try #require(fit.differences)
            for k in 1..<3 {
                let own = differences.ownCoefficients[8 + k]
                #expect(abs(own - alone.coefficients[k]) <= 1e-5 * alone.standardErrors[k])
            }
            let tasks = try #require(fit.tasks)
            #expect(tasks.coefficients[11] == fit.center?.coefficients[3])
            #expect(tasks.coefficients[11] != 0)
            // It has no vote in what the others share.
            let (centers, others) = (try #require(fit.center).coefficients, try #require(without.center).coefficients)
            for (one, other) in zip(centers, others) { #expect(abs(one - other) <= 1e-3 * abs(other)) }
        }
        try candidate.run {
            try check($0)
        } float: {
            try check($0)
        }
    }
}
