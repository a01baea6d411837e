import Glibc

/// Parses one piece of a table's text: whole records.
struct CsvPieceParser {
    let plan: TablePlan
    let delimiter: UInt8
    /// The number of fields of every record.
    let fieldCount: Int

    /// Parses the records from `start` to `end` into `piece`, and stops at the first fault.
    func parse(
        from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, with worker: TableWorker, into piece: TablePiece
    ) {
        piece.placeCount = Self.lineFeeds(from: start, to: end)
        // A record holds at least its delimiters and a line feed; one more may begin that turns out to be too short.
        piece.reset(rowCapacity: min(piece.placeCount, (end - start) / fieldCount + 1))
        piece.worker = worker.index
        worker.reserveScratch(end - start)
        worker.reserveRows(piece.rowCapacity)
        parseRecords(from: start, to: end, with: worker, into: piece, checksLabels: false)
        for (slot, table) in worker.tables.enumerated() {
            table.writeCodes(
                of: worker.labelStarts + slot * worker.rowCapacity,
                lengths: worker.labelLengths + slot * worker.rowCapacity, count: piece.rowCount,
                into: piece.codes + slot * piece.rowCapacity)
        }
        if worker.tables.contains(where: \.holdsInvalidText) {
            parseRecords(from: start, to: end, with: worker, into: piece, checksLabels: true)
        }
    }

    /// - Parameter checksLabels: whether a complete row with a label that is not UTF-8 is a fault. Each distinct label
    ///   is looked at once; only where one is bad are the records parsed again, to find the first of them.
    private func parseRecords(
        from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, with worker: TableWorker,
        into piece: TablePiece,
        checksLabels: Bool
    ) {
        var scratch = worker.scratch
        plan.fields.withUnsafeBufferPointer { fields in
            var place = start
            var row = 0
            var record = 0
            while place < end {
                if place[0] == CsvBlockReader.newline {
                    place += 1
                    continue
                }
                if place[0] == UInt8(ascii: "\r"), place[1] == CsvBlockReader.newline {
                    place += 2
                    continue
                }
                var isComplete = true
                guard
                    let next = parseRecord(
                        at: place, fields: fields, row: row, from: start, with: worker, into: piece,
                        scratch: &scratch, isComplete: &isComplete)
                else { break }
                if checksLabels, isComplete, faultsLabels(of: place, row: row, from: start, worker, piece) { break }
                place = next
                if isComplete {
                    if plan.keepsInputRows { piece.inputRows[row] = UInt32(truncatingIfNeeded: record) }
                    row += 1
                }
                record += 1
            }
            piece.rowCount = row
            piece.recordCount = record
        }
    }

    /// Returns the next record's start, or nil after a fault.
    @inline(__always)
    private func parseRecord(
        at record: UnsafePointer<UInt8>, fields: UnsafeBufferPointer<TablePlan.Field>, row: Int,
        from start: UnsafePointer<UInt8>, with worker: TableWorker, into piece: TablePiece,
        scratch: inout UnsafeMutablePointer<UInt8>,
        isComplete: inout Bool
    ) -> UnsafePointer<UInt8>? {
        var place = record
        var index = 0
        var hasNonFinite = false
        for (order, field) in fields.enumerated() {
            while index < field.index {
                place = CsvField.skip(place, delimiter: delimiter)
                guard place[0] == delimiter else { return ragged(record, from: start, piece) }
                place += 1
                index += 1
            }
            var isMissing = false
            var text: CsvField?
            if field.numberSlot >= 0 {
                var value = 0.0
                if !plan.missing.includesNumber, let stop = NumberParser.prefix(place, into: &value),
                    isFieldEnd(stop)
                {
                    if field.labelSlot < 0 { place = stop }
                } else {
                    let slow = CsvField(at: place, delimiter: delimiter, scratch: &scratch)
                    text = slow
                    if !slow.isMalformed, plan.missing.contains(slow.bytes) {
                        isMissing = true
                    } else if !slow.isMalformed, let number = NumberParser.number(slow.start, count: slow.count) {
                        value = number
                    } else if field.mayMiss, !slow.isMalformed {
                        isMissing = true
                    } else {
                        return fault(textIn: order, slow, of: record, from: start, piece)
                    }
                    place = slow.end
                }
                if isMissing, field.mayMiss {
                    value = .nan
                    isMissing = false
                } else if !value.isFinite {
                    hasNonFinite = true
                }
                if !isMissing { piece.numbers[field.numberSlot * piece.rowCapacity + row] = value }
            }
            if field.labelSlot >= 0 {
                let label = text ?? CsvField(at: place, delimiter: delimiter, scratch: &scratch)
                if label.isMalformed { return fault(textIn: order, label, of: record, from: start, piece) }
                let lacksLabel = plan.missing.contains(label.bytes)
                isMissing = isMissing || lacksLabel && !field.mayMiss
                worker.labelStarts[field.labelSlot * worker.rowCapacity + row] = label.start
                worker.labelLengths[field.labelSlot * worker.rowCapacity + row] = lacksLabel ? 0 : label.count
                place = label.end
            }
            if isMissing {
                isComplete = false
                piece.missingCounts[order] += 1
            }
            if index + 1 < fieldCount {
                guard place[0] == delimiter else { return ragged(record, from: start, piece) }
                place += 1
            }
            index += 1
        }
        while index < fieldCount {
            place = CsvField.skip(place, delimiter: delimiter)
            index += 1
            if index < fieldCount {
                guard place[0] == delimiter else { return ragged(record, from: start, piece) }
                place += 1
            }
        }
        if place[0] == delimiter { return ragged(record, from: start, piece) }
        if isComplete, hasNonFinite { noteNonFinite(in: record, row: row, from: start, scratch, piece) }
        return place + (place[0] == CsvBlockReader.newline ? 1 : 2)
    }

    @inline(__always)
    private func isFieldEnd(_ place: UnsafePointer<UInt8>) -> Bool {
        let byte = place[0]
        return byte == delimiter || byte == CsvBlockReader.newline
            || byte == UInt8(ascii: "\r") && place[1] == CsvBlockReader.newline
    }

    // MARK: What is rare

    @inline(never)
    private func noteNonFinite(
        in record: UnsafePointer<UInt8>, row: Int, from start: UnsafePointer<UInt8>,
        _ scratch: UnsafeMutablePointer<UInt8>, _ piece: TablePiece
    ) {
        var place = record
        var index = 0
        // Not written to: text with doubled quotes is no number, and only numbers are read again.
        var scratch = scratch
        for field in plan.fields where field.numberSlot >= 0 {
            while index < field.index {
                place = CsvField.skip(place, delimiter: delimiter) + 1
                index += 1
            }
            let value = piece.numbers[field.numberSlot * piece.rowCapacity + row]
            if value.isFinite || piece.firstNonFinite[field.numberSlot] != nil { continue }
            let text = CsvField(at: place, delimiter: delimiter, scratch: &scratch)
            piece.firstNonFinite[field.numberSlot] = TablePiece.Finding(
                offset: Self.lineFeeds(from: start, to: place), text: printable(text.bytes))
        }
    }

    /// Notes the record's first label that is not UTF-8, and returns whether there is one.
    @inline(never)
    private func faultsLabels(
        of record: UnsafePointer<UInt8>, row: Int, from start: UnsafePointer<UInt8>, _ worker: TableWorker,
        _ piece: TablePiece
    ) -> Bool {
        var place = record
        var index = 0
        for (order, field) in plan.fields.enumerated() where field.labelSlot >= 0 {
            while index < field.index {
                place = CsvField.skip(place, delimiter: delimiter) + 1
                index += 1
            }
            let slot = field.labelSlot * worker.rowCapacity + row
            let label = UnsafeBufferPointer(start: worker.labelStarts[slot], count: worker.labelLengths[slot])
            if LabelTable.isText(label) { continue }
            piece.fault = TablePiece.Fault(
                offset: Self.lineFeeds(from: start, to: place), column: printable(plan.names[order]),
                message: "found '\(printable(label))', which is not UTF-8; "
                    + "convert the table first: iconv -f latin1 -t utf-8")
            return true
        }
        return false
    }

    /// Notes that the record has too few or too many fields.
    @inline(never)
    private func ragged(
        _ record: UnsafePointer<UInt8>, from start: UnsafePointer<UInt8>, _ piece: TablePiece
    ) -> UnsafePointer<UInt8>? {
        let count = countedFields(of: record)
        let separator = delimiter == UInt8(ascii: "\t") ? "tab" : "comma"
        let remedy =
            count < fieldCount
            ? "write the missing ones, empty if they have no value" : "quote the field that holds a \(separator)"
        piece.fault = TablePiece.Fault(
            offset: Self.lineFeeds(from: start, to: record),
            message: "found \(fieldText(count)) where the header has \(fieldCount); \(remedy)")
        return nil
    }

    private func countedFields(of record: UnsafePointer<UInt8>) -> Int {
        var count = 1
        var place = CsvField.skip(record, delimiter: delimiter)
        while place[0] == delimiter {
            place = CsvField.skip(place + 1, delimiter: delimiter)
            count += 1
        }
        return count
    }

    /// Notes text where a number should be, or text after a closing quote.
    @inline(never)
    private func fault(
        textIn order: Int, _ text: CsvField, of record: UnsafePointer<UInt8>,
        from start: UnsafePointer<UInt8>, _ piece: TablePiece
    ) -> UnsafePointer<UInt8>? {
        // An unquoted comma shifts the fields: that is then the news.
        if !text.isMalformed, countedFields(of: record) != fieldCount { return ragged(record, from: start, piece) }
        let name = printable(plan.names[order])
        let found = printable(text.bytes)
        let missing =
            text.bytes.contains(UInt8(ascii: ","))
            ? "--na cannot name it, as it splits at commas; write "
            : "write --na \(shellWord(found)) if it marks a missing value, or "
        piece.fault = TablePiece.Fault(
            offset: Self.lineFeeds(from: start, to: text.end) - Self.lineFeeds(in: text), column: name,
            message: text.isMalformed
                ? "found text after the closing quote of '\(found)'; write a quote inside quotes twice"
                : "found '\(found)' where a number should be; \(missing)C(\(name)) in the formula if these are "
                    + "categories, or a --family of classes if it is the response")
        return nil
    }

    private func fieldText(_ count: Int) -> String { count == 1 ? "1 field" : "\(count) fields" }

    private func shellWord(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"):
                    true
                default: byte == UInt8(ascii: "-") || byte >= 0x80
                }
            }
        if isPlain { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    static func lineFeeds(from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>) -> Int {
        var place = start
        var total = 0
        while place < end, let found = memchr(place, Int32(CsvBlockReader.newline), end - place) {
            total += 1
            place = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
        }
        return total
    }

    private static func lineFeeds(in text: CsvField) -> Int { text.bytes.count { $0 == CsvBlockReader.newline } }
}
