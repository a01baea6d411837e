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
        while record < limit {
            // Only blank lines, as in every other place of a table: quotes after a lone return open no field.
            let isEnded = record[0] == UInt8(ascii: "\r") && record[1] == CsvBlockReader.newline
            guard isEnded || record[0] == CsvBlockReader.newline else { break }
            record += isEnded ? 2 : 1
        }
        guard record < limit else { return nil }
        let worker = TableWorker(index: 0, labelCount: 0)
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
            throw .data(source, line: line, "found no column '\(printable(name))'\(ColumnNames(names).hint(for: name))")
        }
        let fields =
            places.prefix(10).map { String($0 + 1) }.joined(separator: ", ") + (places.count > 10 ? ", ..." : "")
        throw .data(
            source, line: line,
            "column '\(printable(name))': found \(places.count) columns of this name (fields \(fields)); rename them")
    }
}
