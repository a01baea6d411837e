import Foundation

/// Estimates as `fit` writes them and as the fixtures hold them.
struct TidyTable {
    struct Line {
        var values: [String: Double]
        var counts: [String]
        var status: String
    }

    struct Key: Hashable {
        var task: String
        var term: String
    }

    static let quantities = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]

    private(set) var lines: [Key: Line] = [:]

    /// - Parameter isIncluded: by the line's fields in order.
    init(_ table: Lines, isIncluded: ([String]) -> Bool = { _ in true }) {
        let tasks = table.texts("task")
        let terms = table.texts("term")
        let statuses = table.texts("status")
        let columns = Self.quantities.map { ($0, table.numbers($0)) }
        let counts = ["n", "df"].map { table.texts($0) }
        for row in table.rows.indices where isIncluded(table.rows[row]) {
            lines[Key(task: tasks[row], term: terms[row])] = Line(
                values: Dictionary(uniqueKeysWithValues: columns.map { ($0.0, $0.1[row]) }),
                counts: counts.map { $0[row] }, status: statuses.isEmpty ? "" : statuses[row])
        }
    }
}
