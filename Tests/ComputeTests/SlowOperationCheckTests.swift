import Checks
import TestSupport
import Testing

@Suite("Operation checks")
struct SlowOperationCheckTests {
    @Test("pass on every backend", arguments: Candidate.all, OperationChecks.all.map(\.name))
    func pass(candidate: Candidate, name: String) throws {
        let result = try Self.result(name, on: candidate)
        #expect(result.error == nil)
        #expect(result.comparison.hasPassed, "\(result.comparison)")
    }

    @Test("find a wrong value in each operation", arguments: OperationChecks.all.map(\.name), [true, false])
    func findFaults(name: String, isDouble: Bool) throws {
        let result = try Self.result(name, on: Candidate(kind: .oneThread, isDouble: isDouble), hasFault: true)
        #expect(!result.hasPassed)
        #expect(result.comparison.worst > 1)
    }

    @Test("have names of their own")
    func names() {
        #expect(Set(OperationChecks.all.map(\.name)).count == OperationChecks.all.count)
    }

    private static func result(
        _ name: String, on candidate: Candidate, hasFault: Bool = false
    ) throws -> CheckResult {
        let check = try #require(OperationChecks.all.first { $0.name == name })
        var result: CheckResult?
        try candidate.run {
            result = CheckResult(of: check, on: $0, hasFault: hasFault)
        } float: {
            result = CheckResult(of: check, on: $0, hasFault: hasFault)
        }
        return try #require(result)
    }

    @Test("measure errors in tolerances, and take no missing value for a number")
    func comparisons() {
        func worst(_ found: Double, _ expected: Double, _ tolerance: Double) -> Double {
            var comparison = Comparison()
            comparison.compare(found, with: expected, within: tolerance)
            return comparison.worst
        }
        #expect(worst(1.5, 1, 0.25) == 2)
        #expect(worst(1, 1, 0) == 0)
        #expect(worst(1, 1.0.nextUp, 0) == .infinity)
        #expect(worst(.nan, .nan, 0) == 0)
        #expect(worst(.nan, 1, 1) == .infinity)
        #expect(worst(1, .nan, 1) == .infinity)
        #expect(worst(1, 2, .nan) == .infinity)
        #expect(worst(.infinity, .infinity, 0) == 0)
        #expect(worst(.infinity, 1, 1) == .infinity)
        #expect(!Comparison().hasPassed)
        var lengths = Comparison()
        lengths.compare([1, 2], with: [1, 2, 3], within: 1)
        #expect(!lengths.hasPassed)
    }
}
