import CPUFallback
import Compute
import Methods
import TestSupport
import Testing

@Suite("known variances of errors")
struct KnownVarianceTests {
    @Test("scale LASSO's penalties in the place of estimated ones", arguments: [Lasso.Center.zero, .trimmedMean])
    func lasso(center: Lasso.Center) throws {
        let reference = CPUBackend<Double>(parallel: Parallel(threadCount: 1))
        func coefficients(_ problem: ArrayProblem, strength: Double) throws -> [Double] {
            let lasso = Lasso(center: center, strength: strength, intercept: .shared)
            return try #require(try lasso.fit(problem, on: reference, reference: reference).tasks).coefficients
        }
        let estimated = LassoTests.problem
        let own = try #require(try Individual().fit(estimated, on: reference, reference: reference).tasks)
        var known = estimated
        known.errorVariances = own.errorVariances.map { 4 * $0 }
        // Solutions are as near to their optimum as sweeps of 1e-12 bring them.
        let tolerance = 1e-9
        let doubled = try coefficients(estimated, strength: 0.4)
        for (found, expected) in zip(try coefficients(known, strength: 0.2), doubled) {
            #expect(abs(found - expected) <= tolerance)
        }
        #expect(try coefficients(estimated, strength: 0.2) != doubled)
    }
}
