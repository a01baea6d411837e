/// What to read from a table.
public struct TableRequest: Sendable {
    /// How a column is read.
    public enum Role: Sendable {
        /// As numbers; text in it is an error.
        case numbers
        /// As categories, whatever it looks like.
        case labels
        /// As numbers unless more than half of the column's values in the first 10,000 rows are not numbers (missing
        /// ones do not count); then as categories. Text further down in a column of numbers is an error.
        case infer
        /// As numbers, where the table has such a column; what is missing or no number there is NaN, and drops no row.
        case numbersIfAny
        /// As categories, where the table has such a column; what is missing there is an empty label, and drops no row.
        case labelsIfAny

        /// Whether a row may miss the column's value, and a table the column.
        var mayMiss: Bool { self == .numbersIfAny || self == .labelsIfAny }
    }

    /// The column that says which task a row belongs to; it is always read as labels.
    public var task: String
    /// The other columns, and how each is read. One name may come several times, also the task's.
    public var columns: [(name: String, role: Role)]
    /// The texts that stand for a missing value. A row that misses a value in any of the columns is dropped.
    public var missing: [String]
    /// Whether the store is to know which data row of the file each of its rows is.
    public var keepsInputRows: Bool

    public init(
        task: String, columns: [(name: String, role: Role)], missing: [String] = ["NA", ""],
        keepsInputRows: Bool = false
    ) {
        self.task = task
        self.columns = columns
        self.missing = missing
        self.keepsInputRows = keepsInputRows
    }

    /// The request without columns that may be absent and are.
    func leavingOut(_ isAbsent: ((name: String, role: Role)) -> Bool) -> TableRequest {
        var request = self
        request.columns.removeAll { $0.role.mayMiss && isAbsent($0) }
        return request
    }
}
