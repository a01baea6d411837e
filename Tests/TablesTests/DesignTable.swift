import Compute
import Tables

/// A small table for tests: columns of numbers and of labels, rows already grouped by task.
struct DesignTable {
    var sampleCounts: [Int]
    var columns: [ColumnStore.Column] = []
    var values: [[Double]] = []

    var rowCount: Int { sampleCounts.reduce(0, +) }

    func with(_ name: String, _ numbers: [Double]) -> DesignTable {
        var table = self
        table.columns.append(ColumnStore.Column(name: name, kind: .numbers))
        table.values.append(numbers)
        return table
    }

    func with(_ name: String, levels: [String], codes: [Int]) -> DesignTable {
        var table = self
        table.columns.append(ColumnStore.Column(name: name, kind: .codes(levels: Labels(levels))))
        table.values.append(codes.map { Double($0) })
        return table
    }

    var store: ColumnStore {
        ColumnStore(
            layout: TaskLayout(sampleCounts: sampleCounts),
            taskLabels: Labels(sampleCounts.indices.map { "task \($0)" }), columns: columns, values: values)
    }

    /// Columns `y`, `x`, `z`, `w` of numbers and `g` (3 levels), `h` (2 levels) of labels.
    static func random(sampleCounts: [Int], seed: UInt64) -> DesignTable {
        var generator = SplitMix(state: seed)
        let table = DesignTable(sampleCounts: sampleCounts)
        let count = table.rowCount
        func numbers(_ range: ClosedRange<Double>) -> [Double] {
            (0..<count).map { _ in Double.random(in: range, using: &generator) }
        }
        return table.with("y", numbers(-100...300)).with("x", numbers(0.1...5)).with("z", numbers(1000...1001))
            .with("w", numbers(0...2).enumerated().map { $0.offset % 7 == 3 ? 0 : $0.element })
            .with(
                "g", levels: ["p", "q", "r"], codes: (0..<count).map { _ in Int.random(in: 0...2, using: &generator) }
            )
            .with("h", levels: ["no", "yes"], codes: (0..<count).map { _ in Int.random(in: 0...1, using: &generator) })
    }

    func column(_ name: String) -> [Double] { values[columns.firstIndex { $0.name == name } ?? 0] }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
