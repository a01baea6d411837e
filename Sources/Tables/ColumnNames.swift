/// The columns that a table has, for a message about one that it has not.
package struct ColumnNames {
    private let names: [String]
    private let count: Int

    /// - Parameter count: how many there are, where `names` are but the first.
    init(_ names: [String], count: Int? = nil) {
        self.names = names
        self.count = count ?? names.count
    }

    /// The name that may be meant, and all there are.
    func hint(for name: String) -> String {
        let listed = names.prefix(40).map { printable($0, atMost: 60) }.joined(separator: ", ")
        let more = count > 40 ? " and \(count - 40) more" : ""
        let nearest = names.map { (name: $0, distance: Self.editDistance($0, name)) }.min { $0.distance < $1.distance }
        var guess = ""
        if let nearest, nearest.distance <= max(1, name.count / 3) {
            guess = " (did you mean '\(printable(nearest.name))'?)"
        }
        return "\(guess); the columns are: \(listed)\(more)"
    }

    /// The fewest letters to insert, delete or replace to turn one name into the other, whatever their case.
    package static func editDistance(_ first: String, _ second: String) -> Int {
        let one = Array(first.lowercased().unicodeScalars.prefix(100))
        let other = Array(second.lowercased().unicodeScalars.prefix(100))
        var distances = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var diagonal = distances[0]
            distances[0] = row + 1
            for (column, otherLetter) in other.enumerated() {
                let replaced = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = distances[column + 1]
                distances[column + 1] = min(replaced, diagonal + 1, distances[column] + 1)
            }
        }
        return distances[other.count]
    }
}
