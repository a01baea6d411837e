import Compute
import Definitions
import Testing

@Suite("Selection from runs")
struct RunSelectionTests {
    /// Values in each run: on both sides of where selection is direct, and of where the sample grows.
    static let counts = [[1], [7, 0, 2], [2048], [2049], [1000, 3000, 5], [20_000], [9000, 30_000]]

    @Test("finds what sorting does", arguments: counts, Kind.allCases)
    func matchesSorting(counts: [Int], kind: Kind) {
        let (runs, sorted) = draw(counts, kind)
        let total = sorted.reduce(0) { $0 + $1.weight }
        for (low, high) in [(1, 1), (total / 2 + 1, total / 2 + 1), (total / 3 + 1, total / 2 + 1), (1, total)] {
            let found = runs.orderStatistics(low: low, high: high)
            for (rank, statistic) in [(low, found.low), (high, found.high)] {
                var below: UInt64 = 0
                let value = sorted.first {
                    below += $0.weight
                    return below >= rank
                }?.value
                #expect(statistic.value == value)
                #expect(statistic.below == sorted.reduce(0) { $0 + ($1.value < statistic.value ? $1.weight : 0) })
                #expect(statistic.through == sorted.reduce(0) { $0 + ($1.value <= statistic.value ? $1.weight : 0) })
            }
        }
    }

    enum Kind: CaseIterable {
        case distinct, fewValues, sameValue, rising, oneHeavy
    }

    private func draw(_ counts: [Int], _ kind: Kind) -> (runs: [WeightedRun], sorted: [WeightedValue]) {
        var stream = TestStream(seed: 11)
        var memory = RunMemory()
        var all: [WeightedValue] = []
        let runs = counts.map { count in
            var run = memory.makeRun(capacity: count)
            for place in 0..<count {
                let random = stream.next()
                let value =
                    switch kind {
                    case .distinct, .oneHeavy: Double(random >> 11)
                    case .fewValues: Double(random >> 62)
                    case .sameValue: 3.0
                    case .rising: Double(all.count)
                    }
                let weight = kind == .oneHeavy && place == count / 2 ? 1 << 40 : random % 100 + 1
                run.append(value, weight: weight)
                all.append(WeightedValue(value: value, weight: weight))
            }
            return run
        }
        return (runs, all.sorted { $0.value < $1.value })
    }
}
