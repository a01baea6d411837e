import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("ARMUL")
struct SlowARMULTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// Three tasks of four rows, whose solutions are known: at a strength of `lambda sqrt(2)` each task's penalty is
    /// `lambda`, since `sqrt(d / n) = sqrt(1 / 2)`.
    static let golden: ArrayProblem = {
        let rows: [([[Double]], [Double])] = [
            ([[1, 0], [0, 1], [1, 1], [1, -1]], [1, 2, 3, 0]), ([[2, 0], [0, 1], [1, 0], [0, 2]], [2, 1, 2, 2]),
            ([[1, 2], [2, 1], [0, 1], [1, 0]], [-4, 1, -3, 3]),
        ]
        return ArrayProblem(
            tasks: rows.map { TaskRows(design: $0.0, response: $0.1) }, featureCount: 2, isScaled: false)
    }()

    static func fit(_ armul: ARMUL, _ problem: ArrayProblem) throws -> Fit {
        try armul.fit(problem, on: reference, reference: reference)
    }

    static func coefficients(_ fit: Fit) throws -> [[Double]] {
        let tasks = try #require(fit.tasks)
        return (0..<tasks.taskCount).map { Array(tasks.coefficients(of: $0)) }
    }

    static func expectClose(_ found: [Double], _ expected: [Double], within tolerance: Double = 1e-10) {
        #expect(found.count == expected.count)
        for (one, other) in zip(found, expected) { #expect(abs(one - other) <= tolerance * max(1, abs(other))) }
    }

    // MARK: Golden values

    @Test("golden values: tasks, centre and objective", arguments: Candidate.all.filter(\.isDouble), GoldenFit.all)
    func golden(candidate: Candidate, expected: GoldenFit) throws {
        try candidate.run {
            try checkGolden($0, expected)
        } float: {
            try checkGolden($0, expected)
        }
    }

    private func checkGolden<B: Backend>(_ backend: B, _ expected: GoldenFit) throws {
        let armul = ARMUL(strength: expected.lambda * 2.0.squareRoot())
        let fit = try armul.fit(Self.golden, on: backend, reference: Self.reference)
        let found = try Self.coefficients(fit)
        let center = try #require(fit.center).coefficients
        Self.expectClose(center, expected.center)
        for (task, values) in expected.tasks.enumerated() {
            if let values {
                Self.expectClose(found[task], values)
            } else {
                #expect(found[task] == center)
            }
        }
        // Golden objectives are sums over the three tasks, ours have weights of one third.
        let certificate = try #require(fit.certificate)
        Self.expectClose([3 * certificate.objective], [expected.objective])
        #expect(certificate.hasConverged && certificate.residual <= 1e-12)
    }
}

/// A penalty with what minimises the objective of the golden tasks; nil for a task that is its centre.
struct GoldenFit: Sendable, CustomStringConvertible {
    let lambda: Double
    let tasks: [[Double]?]
    let center: [Double]
    let objective: Double

    var description: String { "lambda \(lambda)" }

    static let all = [
        GoldenFit(
            lambda: 0.25, tasks: [[1.297358082984, 1.335280347587], nil, [2.044456123132, -2.866283847332]],
            center: [1.261264880317, 1.002807509742], objective: 1.390904261897),
        GoldenFit(
            lambda: 0.5, tasks: [nil, nil, [1.815931412901, -2.547595085304]],
            center: [1.286848982976, 1.002730607528], objective: 2.373923255225),
        GoldenFit(
            lambda: 1, tasks: [nil, nil, [1.432942992351, -1.956377813877]],
            center: [1.278481662675, 0.750811864232], objective: 3.944589234049),
        GoldenFit(
            lambda: 2, tasks: [nil, nil, [0.988093465989, -1.000996790863]],
            center: [1.134428295940, 0.256700860153], objective: 5.902513043659),
        GoldenFit(
            lambda: 3, tasks: [nil, nil, [0.857480656402, -0.299555242451]],
            center: [0.881667128924, -0.204073896363], objective: 6.569124929986),
    ]
}
