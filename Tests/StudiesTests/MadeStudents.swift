import Compute
import Studies
import Tables

/// Students in memory: some countries of so many rows, of which the variables are computed.
struct MadeStudents {
    var countries = ["A", "B", "C"]
    var rowsPerCountry = 300
    /// The levels of the answers; the empty one is missing.
    var levels: [String: [String]] = [
        "gender": ["female", "male"], "computer": ["no", "yes"], "room": ["no", "yes"],
    ]
    /// The level that a row has of a variable, from its number.
    var level: (_ variable: String, _ row: Int) -> Int = { variable, row in
        row / (variable == "gender" ? 1 : variable == "computer" ? 2 : 4) % 2
    }
    var escs: (_ row: Int) -> Double = { row in Double(row * row % 31) }
    /// The score of a row: of its country's number, whether it is female, has a computer, and `escs`.
    var score: (_ country: Int, _ row: Int, _ isFemale: Double, _ hasComputer: Double, _ escs: Double) -> Double

    private static let texts = [
        "gender", "computer", "internet", "desk", "room", "dishwasher", "mother_educ", "father_educ", "book",
    ]

    var store: ColumnStore {
        let rowCount = countries.count * rowsPerCountry
        var columns: [ColumnStore.Column] = []
        var values: [[Double]] = []
        for text in Self.texts {
            let own = levels[text] ?? ["same"]
            columns.append(ColumnStore.Column(name: text, kind: .codes(levels: Labels(own))))
            values.append((0..<rowCount).map { levels[text] == nil ? 0 : Double(level(text, $0)) })
        }
        columns += ["escs", "math"].map { ColumnStore.Column(name: $0, kind: .numbers) }
        values.append((0..<rowCount).map(escs))
        let female = levels["gender"]?.firstIndex(of: "female")
        let computer = levels["computer"]?.firstIndex(of: "yes")
        values.append(
            (0..<rowCount).map { row in
                score(
                    row / rowsPerCountry, row, level("gender", row) == female ? 1 : 0,
                    level("computer", row) == computer ? 1 : 0, escs(row))
            })
        return ColumnStore(
            layout: TaskLayout(sampleCounts: countries.map { _ in rowsPerCountry }), taskLabels: Labels(countries),
            columns: columns, values: values)
    }

    func data() throws -> StudentData { try StudentData(store, parallel: Parallel(threadCount: 2)) }
}
