/// Rows of numbers under a header, in aligned columns, for a terminal.
struct TextTable {
    let text: String

    init(corner: String, header: [String], names: [String], rows: [[Double]]) {
        self.init(corner: corner, header: header, names: names, fields: rows.map { $0.map(alignedNumber) })
    }

    /// - Parameter cells: rows of texts.
    init(corner: String, header: [String], names: [String], fields cells: [[String]]) {
        let nameWidth = ([corner] + names).map(\.count).max() ?? 0
        let widths = header.indices.map { column in
            ([header[column]] + cells.map { $0[column] }).map(\.count).max() ?? 0
        }
        func line(_ name: String, _ fields: [String]) -> String {
            let columns = zip(fields, widths).map { String(repeating: " ", count: $1 - $0.count + 2) + $0 }
            return name + String(repeating: " ", count: nameWidth - name.count) + columns.joined() + "\n"
        }
        text = line(corner, header) + zip(names, cells).map { line($0, $1) }.joined()
    }
}
