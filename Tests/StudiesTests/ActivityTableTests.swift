import Studies
import Testing

@Suite("the table of activities")
struct ActivityTableTests {
    private typealias Outcome = ActivityExperiment.Outcome

    /// A repetition in which every method has the paper's error, but for those that are given.
    private func repetition(_ errors: [Int: Double] = [:], size: Int = 1, strength: Double = 0.1) -> [Outcome] {
        ActivityMethod.all.enumerated().map { place, method in
            Outcome(error: errors[place] ?? method.published.mean, size: size, strength: strength)
        }
    }

    @Test("has means, deviations over all repetitions, and what was chosen most often")
    func lines() throws {
        let table = ActivityTable([
            repetition([0: 1], size: 2, strength: 0.1), repetition([0: 3], size: 3, strength: 0.2),
            repetition([0: 5], size: 3, strength: 0.1), repetition([0: 7], size: 2, strength: 0.3),
        ])
        #expect(table.lines[0].error.mean == 4)
        #expect(table.lines[0].error.deviation == 5.0.squareRoot())
        #expect(table.lines[0].size == nil)
        let strength = try #require(table.lines[0].strength)
        #expect(strength.value == 0.1 && strength.count == 2)
        // Of two that were chosen as often, the smaller.
        let size = try #require(table.lines[1].size)
        #expect(size.value == 2 && size.count == 2)
        // Own fits have nothing to choose.
        #expect(table.lines[3].size == nil && table.lines[3].strength == nil)
    }

    @Test("says which methods are in another order than in the paper")
    func ranking() {
        #expect(ActivityTable([repetition()]).swapped.isEmpty)
        let swapped = ActivityTable([repetition([4: 1.96])]).swapped
        #expect(swapped.map(\.0) == ["clustered MTL"] && swapped.map(\.1) == ["pooling"])
        // Equal errors are no ranking.
        let equal = ActivityTable([repetition([1: 0.8])]).swapped
        #expect(equal.map(\.0) == ["ARMUL, low-rank"] && equal.map(\.1) == ["ARMUL, clustered"])
    }
}
