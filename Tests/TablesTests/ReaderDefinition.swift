import Tables

/// The reader's definition: RFC 4180, byte by byte, and rows put into their tasks' lists.
enum ReaderDefinition {
    /// The fields of every record that is not blank, quotes taken off.
    static func records(_ bytes: [UInt8], delimiter: UInt8) -> [[[UInt8]]] {
        var records: [[[UInt8]]] = []
        var record: [[UInt8]] = []
        var field: [UInt8] = []
        var isQuoted = false
        var isInside = false
        var place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        func trimmed() -> [UInt8] {
            if isQuoted { return field }
            let blanks: Set<UInt8> = [32, 9]
            let start = field.drop { blanks.contains($0) }
            return Array(start.reversed().drop { blanks.contains($0) }.reversed())
        }
        func endField() {
            record.append(trimmed())
            field = []
            isQuoted = false
        }
        func endRecord() {
            if !isQuoted, field.last == 13 { field.removeLast() }
            let isBlank = record.isEmpty && field.isEmpty && !isQuoted
            endField()
            if !isBlank { records.append(record) }
            record = []
        }
        while place < bytes.count {
            let byte = bytes[place]
            if isInside {
                if byte != 34 {
                    field.append(byte)
                } else if place + 1 < bytes.count, bytes[place + 1] == 34 {
                    field.append(34)
                    place += 1
                } else {
                    isInside = false
                }
            } else if byte == 34, field.isEmpty, !isQuoted {
                isInside = true
                isQuoted = true
            } else if byte == delimiter {
                endField()
            } else if byte == 10 {
                endRecord()
            } else if !isQuoted {
                field.append(byte)
            }
            place += 1
        }
        if !field.isEmpty || !record.isEmpty || isQuoted { endRecord() }
        return records
    }

    /// What the store of a table should hold: the first column is the task, `isNumber` tells the others apart.
    static func snapshot(_ bytes: [UInt8], delimiter: UInt8, isNumber: [Bool], missing: [String]) -> ReaderSnapshot {
        let records = records(bytes, delimiter: delimiter).map { $0.map { String(decoding: $0, as: UTF8.self) } }
        let rows = records.dropFirst().enumerated().filter { row in !row.element.contains(where: missing.contains) }
        let names = rows.map { $0.element[0] }
        let isNumeric = names.allSatisfy { Double($0)?.isFinite ?? false }
        let tasks = Set(names).sorted { first, second in
            if isNumeric, let one = Double(first), let other = Double(second), one != other { return one < other }
            return first.utf8.lexicographicallyPrecedes(second.utf8)
        }
        let grouped = tasks.flatMap { task in rows.filter { $0.element[0] == task } }
        return ReaderSnapshot(
            tasks: tasks, sampleCounts: tasks.map { task in names.count { $0 == task } },
            names: Array(records[0].dropFirst()),
            values: isNumber.indices.map { column in
                grouped.map { row in
                    let text = row.element[column + 1]
                    let number = text.split(separator: " ").first.flatMap { Double($0) } ?? .nan
                    return isNumber[column] ? ReaderSnapshot.text(number) : "level \(text)"
                }
            },
            inputRows: grouped.map(\.offset), totalRowCount: records.count - 1)
    }
}
