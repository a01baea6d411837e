import Compute
import Methods
import TestSupport
import Testing

@Suite("ARMUL beside cvxpy")
struct ARMULFixtureTests {
    @Test("has all problems to compare with")
    func count() {
        #expect(ARMULFixture.all.count == 10)
    }

    @Test("tasks, centre and objective", arguments: Candidate.all.filter(\.isDouble), ARMULFixture.all)
    func optimum(candidate: Candidate, fixture: ARMULFixture) throws {
        try candidate.run {
            try check($0, fixture)
        } float: {
            try check($0, fixture)
        }
    }

    private func check<B: Backend>(_ backend: B, _ fixture: ARMULFixture) throws {
        var armul = ARMUL(strength: fixture.strength, intercept: fixture.freeIntercept ? .free : .shared)
        armul.loss = fixture.loss == "squared" ? .squared : .logistic
        let fit = try armul.fit(fixture.problem, on: backend, reference: SlowARMULTests.reference)
        let center = try #require(fit.center).coefficients.suffix(fixture.center.count)
        SlowARMULTests.expectClose(
            try #require(fit.tasks).coefficients, fixture.coefficients.flatMap { $0 }, within: 1e-6)
        SlowARMULTests.expectClose(Array(center), fixture.center, within: 1e-6)
        SlowARMULTests.expectClose([try #require(fit.certificate).objective], [fixture.objective], within: 1e-10)
    }
}
