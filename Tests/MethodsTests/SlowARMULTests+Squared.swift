import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

/// The squared distance of the paper's Section 2.3.
extension SlowARMULTests {
    /// Tasks whose means of two rows are given, and the strength at which a task's penalty is `lambda`: `sqrt(d / n)` is
    /// `sqrt(1 / 2)`.
    private func squaredMeans(_ means: [Double], lambda: Double) throws -> [Double] {
        let problem = ArrayProblem(
            tasks: means.map { TaskRows(design: [[1], [1]], response: [$0 - 1, $0 + 1]) }, featureCount: 1,
            isScaled: false)
        return try #require(Self.fit(ARMUL(strength: lambda * 2.0.squareRoot()).squared, problem).tasks).coefficients
    }

    @Test("means go to their mean by the same share, as Lemma 2.2 has it, and James and Stein's")
    func means() throws {
        Self.expectClose(try squaredMeans([0, 0, 10], lambda: 0.25), [0, 0, 10].map { 10 / 3 + ($0 - 10 / 3) / 1.25 })
        Self.expectClose(try squaredMeans([1, 2, 3, 4, 10], lambda: 1.0 / 24), [1.12, 2.08, 3.04, 4, 9.76])
    }

    @Test("coefficients and centre solve the linear system of all tasks", arguments: Candidate.all)
    func system(candidate: Candidate) throws {
        try candidate.run {
            try checkSystem($0)
        } float: {
            try checkSystem($0)
        }
    }

    private func checkSystem<B: Backend>(_ backend: B) throws {
        let (problem, strength) = (Self.problem, 0.7)
        let armul = ARMUL(strength: strength, intercept: .shared).squared
        let fit = try armul.fit(problem, on: backend, reference: Self.reference)
        let (count, width) = (problem.tasks.count, problem.featureCount)
        let sums = problem.tasks.map { $0.weights.reduce(0, +) }
        // Unknowns: every task's coefficients, then the centre's.
        var matrix = Array(repeating: Array(repeating: 0.0, count: (count + 1) * width), count: (count + 1) * width)
        var right = Array(repeating: 0.0, count: (count + 1) * width)
        for (task, rows) in problem.tasks.enumerated() {
            let penalty = strength * (Double(width) / sums[task]).squareRoot() * sums[task]
            for one in 0..<width {
                let place = task * width + one
                for (row, x) in rows.design.enumerated() {
                    right[place] += rows.weights[row] * x[one] * rows.response[row]
                    for other in 0..<width {
                        matrix[place][task * width + other] += rows.weights[row] * x[one] * x[other]
                    }
                }
                matrix[place][place] += penalty
                matrix[place][count * width + one] -= penalty
                matrix[count * width + one][place] -= penalty
                matrix[count * width + one][count * width + one] += penalty
            }
        }
        let expected = Definitions.solve(matrix, right)
        let found = try #require(fit.tasks).coefficients + (try #require(fit.center).coefficients)
        // The system's condition is some hundreds.
        let tolerance = 1e5 * Double(B.Scalar.ulpOfOne)
        Self.expectClose(found, expected, within: tolerance)
    }

    @Test("between 0 and infinity it goes from each task's own fit to the pooled one")
    func squaredLimits() throws {
        let own = try Individual().fit(Self.solvable, on: Self.reference, reference: Self.reference)
        let none = try Self.fit(ARMUL(strength: 0, intercept: .shared).squared, Self.solvable)
        Self.expectClose(try #require(none.tasks).coefficients, try #require(own.tasks).coefficients)
        let pooled = try Pooled().fit(Self.solvable, on: Self.reference, reference: Self.reference)
        let all = try Self.fit(ARMUL(strength: .infinity, intercept: .shared).squared, Self.solvable)
        Self.expectClose(try #require(all.center).coefficients, try #require(pooled.center).coefficients)
        for task in try Self.coefficients(all) { #expect(task == all.center?.coefficients) }
        for fit in [none, all] { #expect(try abs(#require(fit.certificate?.dualityGap)) < 1e-12) }
    }

    @Test(
        "clusters and subspaces are stationary, and with one cluster are the centre",
        arguments: [ARMUL.Structure.clustered(ClusterStructure(count: 2)), .lowRank(rank: 2)])
    func squaredStructures(structure: ARMUL.Structure) throws {
        for strength in [0.1, 2] {
            let fit = try Self.fit(ARMUL(structure: structure, strength: strength).squared, Self.problem)
            let certificate = try #require(fit.certificate)
            #expect(certificate.hasConverged && certificate.residual <= 1e-10)
            let one = ARMUL(structure: .clustered(ClusterStructure(count: 1)), strength: strength).squared
            let vanilla = ARMUL(strength: strength).squared
            Self.expectClose(
                try #require(Self.fit(one, Self.problem).tasks).coefficients,
                try #require(Self.fit(vanilla, Self.problem).tasks).coefficients)
        }
    }

    @Test("strengths to choose from are multiples of the features' mean square")
    func squaredGrid() throws {
        var stretched = Self.solvable
        for task in stretched.tasks.indices {
            for row in stretched.tasks[task].design.indices {
                for feature in 1..<4 { stretched.tasks[task].design[row][feature] *= 8 }
            }
        }
        let armul = ARMUL(penalty: .crossValidated(StrengthGrid())).squared
        let (one, other) = (try Self.fit(armul, Self.solvable), try Self.fit(armul, stretched))
        let (curve, scaled) = (try #require(one.penaltyCurve), try #require(other.penaltyCurve))
        Self.expectClose(scaled.map(\.penalty), curve.map { 64 * $0.penalty })
        Self.expectClose([try #require(curve.last).penalty / curve[0].penalty], [250_000])
        Self.expectClose(scaled.map(\.error), curve.map(\.error), within: 1e-8)
    }
}
