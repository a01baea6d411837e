import Tables

extension ColumnStore {
    /// How many rows there were, and how many of them were left out for which columns.
    var rowsText: String {
        let rows = "\(sourceName): \(counted(totalRowCount, "row"))"
        if droppedRowCount == 0 { return rows }
        let missing = droppedByColumn.map { "\($0.column) \(counted($0.count))" }.joined(separator: ", ")
        return rows + ", \(counted(droppedRowCount)) dropped for missing values (\(missing))"
    }
}
