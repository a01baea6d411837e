import Compute

/// A column that has one number for all rows of a task, as what a task counts.
public struct TaskNumbers: Sendable {
    /// One a task.
    public let values: [Double]

    /// - Parameters:
    ///   - name: of a column of numbers.
    ///   - use: what the numbers are, for messages.
    ///   - mayBeZero: whether 0 is one of them, if not for all tasks.
    /// - Throws: ``TableError`` of kind `data` where a task has two numbers, or one that is negative or not finite.
    public init(of name: String, use: String, mayBeZero: Bool, store: ColumnStore) throws(TableError) {
        let column = try numberColumn(name, role: use, store: store)
        let offsets = store.layout.offsets
        let title = "\(use) '\(printable(name))'"
        var values = Array(repeating: Double.nan, count: store.layout.taskCount)
        try forEachNumber(of: column, store: store) { row, task, value throws(TableError) in
            guard value.isFinite, value > 0 || value == 0 && mayBeZero else {
                throw dataError(
                    store,
                    "\(title): found \(value) in task '\(printable(store.taskLabels[task]))'; one that is finite and "
                        + (mayBeZero ? "at least 0 is needed" : "above 0 is needed"))
            }
            guard row == offsets[task] || value == values[task] else {
                throw dataError(
                    store,
                    "\(title): found \(values[task]) and \(value) in task '\(printable(store.taskLabels[task]))', which can "
                        + "have one")
            }
            values[task] = value
        }
        guard values.contains(where: { $0 > 0 }) else {
            throw dataError(store, "\(title) is 0 for all tasks; at least one above 0 is needed")
        }
        self.values = values
    }
}
