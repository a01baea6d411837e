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

/// Quantiles of numbers, missing ones left out, with linear interpolation (R's type 7).
struct Quantiles {
    private let sorted: [Double]

    init(_ values: [Double]) { sorted = values.filter { !$0.isNaN }.sorted() }

    /// NaN where there are no values.
    func at(_ share: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        let place = share * Double(last)
        let below = Int(place)
        let above = min(below + 1, last)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
}
