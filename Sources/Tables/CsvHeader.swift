/// The first record of a table: its columns' names.
struct CsvHeader {
    let source: String
    let names: [String]
    /// Its line in the file, from 1.
    let line: Int
    /// Where the records of data begin in the block it was read from, and the line feeds before.
    let end: Int
    let lineFeeds: Int

    /// Reads the first record of `block` that is not blank, or nothing if all are.
    init?(of block: CsvBlock, delimiter: UInt8, source: String) {
        let start = UnsafePointer(block.bytes)
        let limit = start + block.end
        var record = start
        while record < limit, record[0] == CsvBlockReader.newline || record[0] == UInt8(ascii: "\r") { record += 1 }
        guard record < limit else { return nil }
        let worker = CsvWorker(index: 0, labelCount: 0)
        worker.reserveScratch(block.end)
        var scratch = worker.scratch
        var names: [String] = []
        var place = record
        while true {
            let field = CsvField(at: place, delimiter: delimiter, scratch: &scratch)
            names.append(String(decoding: field.bytes, as: UTF8.self))
            place = field.end
            if place[0] != delimiter { break }
            place += 1
        }
        place += place[0] == CsvBlockReader.newline ? 1 : 2
        self.names = names
        self.source = source
        line = 1 + CsvPieceParser.lineFeeds(from: start, to: record)
        end = place - start
        lineFeeds = CsvPieceParser.lineFeeds(from: start, to: place)
    }

    /// The place of the one column with this name.
    ///
    /// - Throws: ``TableError/Kind/data`` when there is none, or more than one.
    func place(of name: String) throws(TableError) -> Int {
        let places = names.indices.filter { names[$0] == name }
        if let place = places.first, places.count == 1 { return place }
        if places.isEmpty {
            throw .data(source, line: line, "found no column '\(printable(name))'\(hint(for: name))")
        }
        let fields = places.map { String($0 + 1) }.joined(separator: ", ")
        throw .data(
            source, line: line,
            "column '\(printable(name))': found \(places.count) columns of this name (fields \(fields)); rename them")
    }

    private func hint(for name: String) -> String {
        let listed = names.prefix(40).map { printable($0, atMost: 60) }.joined(separator: ", ")
        let more = names.count > 40 ? " and \(names.count - 40) more" : ""
        let nearest = names.map { (name: $0, distance: Self.editDistance($0, name)) }.min { $0.distance < $1.distance }
        var guess = ""
        if let nearest, nearest.distance <= max(1, name.count / 3) {
            guess = " (did you mean '\(printable(nearest.name))'?)"
        }
        return "\(guess); the columns are: \(listed)\(more)"
    }

    /// The fewest letters to insert, delete or replace to turn one name into the other, whatever their case.
    static func editDistance(_ first: String, _ second: String) -> Int {
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
