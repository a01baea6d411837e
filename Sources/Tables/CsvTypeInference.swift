/// Tells columns of numbers from columns of text by their first rows.
struct CsvTypeInference {
    /// The places of the columns in question, ascending.
    let places: [Int]
    let delimiter: UInt8
    let missing: MissingTexts
    let rowLimit: Int

    /// For each place, whether its column holds text: whether more than half of its values are not numbers.
    ///
    /// Missing values do not count; a column without values holds numbers.
    ///
    /// - Returns: nil when `block` has fewer rows than are wanted, unless that `isEnough`.
    func holdText(in block: CsvBlock, from start: Int, isEnough: Bool) -> [Bool]? {
        var textCounts = places.map { _ in 0 }
        var valueCounts = places.map { _ in 0 }
        let worker = TableWorker(index: 0, labelCount: 0)
        worker.reserveScratch(block.end)
        var place = UnsafePointer(block.bytes) + start
        let end = UnsafePointer(block.bytes) + block.end
        var rowCount = 0
        while place < end, rowCount < rowLimit {
            if place[0] == CsvBlockReader.newline {
                place += 1
                continue
            }
            if place[0] == UInt8(ascii: "\r"), place[1] == CsvBlockReader.newline {
                place += 2
                continue
            }
            var index = 0
            var order = 0
            var scratch = worker.scratch
            while true {
                let field = CsvField(at: place, delimiter: delimiter, scratch: &scratch)
                if order < places.count, index == places[order] {
                    if !missing.contains(field.bytes) {
                        valueCounts[order] += 1
                        if NumberParser.number(field.start, count: field.count) == nil { textCounts[order] += 1 }
                    }
                    order += 1
                }
                place = field.end
                if place[0] != delimiter { break }
                place += 1
                index += 1
            }
            rowCount += 1
            place += place[0] == CsvBlockReader.newline ? 1 : 2
        }
        if rowCount < rowLimit, !isEnough { return nil }
        return zip(textCounts, valueCounts).map { 2 * $0 > $1 }
    }
}
