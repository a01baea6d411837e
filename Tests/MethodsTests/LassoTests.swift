import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("LASSO")
struct LassoTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 1)) }
    static let problem = SlowMOLARTests.problem(taskCount: 7, featureCount: 5)

    @Test("16: without a penalty it is least squares, with a large one the centre")
    func limits() throws {
        let own = try #require(
            try Individual().fit(Self.problem, on: Self.reference, reference: Self.reference).tasks)
        let none = try #require(try fit(strength: 0).tasks)
        for (found, expected) in zip(none.coefficients, own.coefficients) { #expect(abs(found - expected) < 1e-9) }

        let much = try fit(strength: 1e6)
        let center = try #require(much.center).coefficients
        // Not even the largest slope of the smooth part at the centre beats the penalty.
        for task in 0..<7 { #expect(Array(try #require(much.tasks).coefficients(of: task)) == center) }
        let median = try MOLAR(intercept: .shared).fit(Self.problem, on: Self.reference, reference: Self.reference)
        #expect(center == median.center?.coefficients)
    }

    @Test("towards zero and a trimmed mean too", arguments: [Lasso.Center.zero, .trimmedMean])
    func centers(kind: Lasso.Center) throws {
        func found(_ strength: Double?) throws -> Fit {
            try Lasso(center: kind, strength: strength, intercept: .shared).fit(
                Self.problem, on: Self.reference, reference: Self.reference)
        }
        let own = try #require(
            try Individual().fit(Self.problem, on: Self.reference, reference: Self.reference).tasks)
        let none = try #require(try found(0).tasks)
        for (value, expected) in zip(none.coefficients, own.coefficients) { #expect(abs(value - expected) < 1e-9) }
        let center = try #require(try found(nil).center).coefficients
        for k in 0..<5 {
            let values = (0..<7).map { own.coefficients(of: $0)[$0 * 5 + k] }
            let expected =
                kind == .zero
                ? 0 : Definitions.trimmedMean(values, weights: values.map { _ in 1 }, share: 0.2)
            #expect(abs(center[k] - expected) < 1e-12)
        }
        let all = try #require(try found(1e6).tasks)
        for task in 0..<7 { #expect(Array(all.coefficients(of: task)) == center) }
    }

    @Test("a long sweep over a few coefficients ends where one over all does: correlated features, most at zero")
    func correlated() throws {
        let random = RandomProblem(sampleCounts: [60, 80], featureCount: 20, isWeighted: false)
        var problem = ArrayProblem(random)
        for task in 0..<2 {
            for row in problem.tasks[task].design.indices {
                for feature in 2..<20 {
                    problem.tasks[task].design[row][feature] =
                        0.1 * problem.tasks[task].design[row][feature] + problem.tasks[task].design[row][1]
                }
            }
        }
        let fit = try Lasso(strength: 0.3).fit(problem, on: Self.reference, reference: Self.reference)
        #expect(fit.statuses == [.ok, .ok])
        let own = try #require(
            try Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        for (task, rows) in problem.tasks.enumerated() {
            let beta = Array(try #require(fit.tasks).coefficients(of: task))
            #expect(beta.contains(0))
            let residuals = Definitions.residuals(rows, at: beta)
            let n = Double(residuals.count)
            // log(19)
            let lambda = 0.3 * (own.errorVariances[task] * 2.9444389791664403 / n).squareRoot()
            for k in 0..<20 {
                let slope = zip(rows.design, residuals).reduce(0) { $0 + $1.0[k] * $1.1 } / n
                let expected =
                    k == 0 ? 0 : beta[k] == 0 ? max(-lambda, min(lambda, slope)) : beta[k] < 0 ? -lambda : lambda
                #expect(abs(slope - expected) <= 1e-9)
            }
        }
    }

    @Test("meets the conditions of an optimum", arguments: [0.05, 0.35, 2])
    func conditions(strength: Double) throws {
        let fit = try fit(strength: strength)
        let center = try #require(fit.center).coefficients
        let own = try #require(
            try Individual().fit(Self.problem, on: Self.reference, reference: Self.reference).tasks)
        var atCenter = 0
        for (task, rows) in Self.problem.tasks.enumerated() {
            let beta = Array(try #require(fit.tasks).coefficients(of: task))
            let residuals = Definitions.residuals(rows, at: beta)
            let n = Double(residuals.count)
            // log(5)
            let lambda = strength * (own.errorVariances[task] * 1.6094379124341003 / n).squareRoot()
            for k in 0..<5 {
                let slope = zip(rows.design, residuals).reduce(0) { $0 + $1.0[k] * $1.1 } / n
                if beta[k] == center[k] {
                    atCenter += 1
                    #expect(abs(slope) <= lambda + 1e-10)
                } else {
                    #expect(abs(slope - (beta[k] < center[k] ? -lambda : lambda)) <= 1e-10)
                }
            }
        }
        #expect(atCenter > 0)
    }

    @Test("a free intercept has no penalty, and the scaling of columns does not matter")
    func intercept() throws {
        let random = RandomProblem(sampleCounts: [40, 25, 33, 60, 21], featureCount: 4, isWeighted: true)
        let scaled = try Lasso(center: .median, strength: 1).fit(
            ArrayProblem(random, isScaled: true), on: Self.reference, reference: Self.reference)
        var identity = ArrayProblem(random, isScaled: true)
        identity.scaling = .identity(featureCount: 4, intercept: 0)
        let plain = try Lasso(center: .median, strength: 1).fit(identity, on: Self.reference, reference: Self.reference)
        let tasks = try #require(scaled.tasks)
        for (one, other) in zip(tasks.coefficients, try #require(plain.tasks).coefficients) {
            #expect(abs(one - other) <= 1e-9)
        }
        for (task, rows) in random.tasks.enumerated() {
            let residuals = Definitions.residuals(rows, at: Array(tasks.coefficients(of: task)))
            #expect(abs(zip(rows.weights, residuals).reduce(0) { $0 + $1.0 * $1.1 }) <= 1e-9 * 60)
        }
    }

    private func fit(strength: Double) throws -> Fit {
        let fit = try Lasso(center: .median, strength: strength, intercept: .shared).fit(
            Self.problem, on: Self.reference, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        return fit
    }
}
