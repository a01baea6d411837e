import CPUFallback
import Compute
import Methods
import RealModule
import TestSupport
import Testing

/// The statistical cases of MOLAR's specification, by number.
@Suite("sparse heterogeneity")
struct SlowSparseHeterogeneityTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }
    static let normal = StudentT(degreesOfFreedom: .infinity)

    static func fit(_ estimator: some Estimator, _ problem: SparseProblem) throws -> Fit {
        try estimator.fit(problem, on: reference, reference: reference, progress: nil)
    }

    static func meanError(_ fit: Fit, _ problem: SparseProblem) throws -> Double {
        let found = try #require(fit.tasks).coefficients
        return zip(found, problem.truth).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(problem.layout.taskCount)
    }

    @Test("21: own estimates over their standard errors are normal")
    func estimatesAreNormal() throws {
        var problem = SparseProblem(taskCount: 300, rowCount: 40, featureCount: 4, deviation: 0.5, seed: 21)
        problem.knowsVariance = true
        let tasks = try #require(Self.fit(Individual(), problem).tasks)
        let standardized = tasks.coefficients.indices.map {
            (tasks.coefficients[$0] - problem.truth[$0]) / tasks.standardErrors[$0]
        }
        #expect(Sample.distance(standardized) { Self.normal.cumulative($0) } < 1.63)
    }

    @Test("22: residual sums are chi-square with n - d degrees of freedom")
    func variancesAreChiSquare() throws {
        let problem = SparseProblem(taskCount: 1000, rowCount: 9, featureCount: 5, deviation: 0.5, seed: 22)
        let tasks = try #require(Self.fit(Individual(), problem).tasks)
        let sums = tasks.errorVariances.map { $0 * 4 / (0.5 * 0.5) }
        // With four degrees the distribution is in closed form.
        #expect(Sample.distance(sums) { 1 - Double.exp(-$0 / 2) * (1 + $0 / 2) } < 1.63)
    }

    @Test("23: the error of own estimates is d sigma sqrt(2 / pi) E sqrt(v)")
    func ownError() throws {
        let (rows, features) = (120, 20)
        let problem = SparseProblem(taskCount: 500, rowCount: rows, featureCount: features, deviation: 0.3, seed: 23)
        let error = try Self.meanError(Self.fit(Individual(), problem), problem)
        // 1 / v is chi-square with n - d + 1 degrees.
        let half = Double(rows - features + 1) / 2
        let root = Double.exp(Double.logGamma(half - 0.5) - Double.logGamma(half)) / 2.0.squareRoot()
        let expected = Double(features) * 0.3 * (2 / Double.pi).squareRoot() * root
        // One task's error varies by about a fifth.
        #expect(abs(error / expected - 1) < 4 * 0.2 / 500.0.squareRoot())
    }

    @Test("25: a shared coefficient is called different with the chance that the threshold leaves")
    func falseAlarms() throws {
        var (count, total) = (0, 0)
        for seed in 0..<8 {
            let problem = SparseProblem(taskCount: 30, rowCount: 400, featureCount: 40, seed: UInt64(250 + seed))
            let differences = try #require(Self.fit(MOLAR(), problem).differences)
            count += differences.differingTaskCounts.reduce(0) { $0 + ($1 ?? 0) }
            total += 30 * 40
        }
        let rate = Double(count) / Double(total)
        // The estimate and the median of thirty go together a little.
        let deviation = (1 - (2 - Double.pi / 2) / 30).squareRoot()
        let expected = 2 * Self.normal.cumulative(-Double.log(30).squareRoot() / deviation)
        #expect(abs(rate - expected) < 4 * (expected / Double(total)).squareRoot())
        // Near the rate of a threshold in known errors, as the specification has it.
        #expect(abs(rate - 0.065) < 0.012)
    }

    @Test("26: without differences the median's variance is pi / 2 of a mean's")
    func medianVariance() throws {
        var squares: [Double] = []
        for seed in 0..<20 {
            let problem = SparseProblem(taskCount: 61, rowCount: 100, featureCount: 40, seed: UInt64(260 + seed))
            let center = try #require(Self.fit(MOLAR(weights: .equal), problem).center)
            for (found, expected) in zip(center.coefficients, problem.shared) {
                squares.append((found - expected) * (found - expected))
            }
        }
        // E v = 1 / (n - d - 1).
        let expected = Double.pi / 2 / 61 / Double(100 - 40 - 1)
        let found = squares.reduce(0, +) / Double(squares.count)
        #expect(abs(found / expected - 1) < 4 * (2 / Double(squares.count)).squareRoot())
    }
}
