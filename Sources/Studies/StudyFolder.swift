import Tables

/// The folder that holds a study's results: its text, a file for each batch of units that are done, and, once all are,
/// the tables made of these.
///
/// Each file appears whole or not at all, so that a run that is killed loses the batch it was at and nothing else.
public struct StudyFolder: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    var studyPath: String { "\(path)/study.toml" }
    var partsPath: String { "\(path)/parts" }
    var runsPath: String { "\(path)/runs" }
    public var resultsPath: String { "\(path)/results.csv" }
    public var arraysPath: String { "\(path)/results.npz" }
    public var summaryPath: String { "\(path)/summary.csv" }
    public var runPath: String { "\(path)/run.json" }

    /// The text of the study whose results the folder holds; nil where it holds none.
    public func studyText() throws(TableError) -> String? {
        try FolderFiles.read(studyPath).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Makes the folder ready for the results of a study.
    ///
    /// - Throws: ``TableError`` where it holds something else.
    func prepare(for study: Study) throws(TableError) {
        if let text = try studyText() {
            guard text == study.text else {
                throw TableError(
                    .data, "'\(path)' holds the results of another study, '\(studyPath)'; name another folder with -o")
            }
        } else {
            // What a run that was killed at its very beginning leaves has a hidden name.
            let names = (FolderFiles.names(in: path) ?? []).filter { !$0.hasPrefix(".") }
            if let name = names.first {
                throw TableError(
                    .data, "'\(path)' is not empty and holds no study (it has '\(name)'); name another folder with -o")
            }
            try FolderFiles.make(path)
            var text = OutputText()
            text.append(study.text)
            try FolderFiles.write(text, to: studyPath)
        }
        try FolderFiles.make(partsPath)
        try FolderFiles.make(runsPath)
    }

    /// The parts that are there, in no special order.
    ///
    /// - Throws: ``TableError`` where one is damaged.
    func parts(of study: Study) throws(TableError) -> [StudyPart] {
        var parts: [StudyPart] = []
        for name in FolderFiles.names(in: partsPath) ?? [] where name.hasSuffix(".csv") && !name.hasPrefix(".") {
            let file = "\(partsPath)/\(name)"
            guard let bytes = try FolderFiles.read(file) else { continue }
            guard let part = StudyPart(bytes, of: study) else {
                throw TableError(.data, "'\(file)' is damaged; remove it, and run the sweep with --resume")
            }
            parts.append(part)
        }
        return parts
    }

    /// The units that are done.
    func finishedUnits(of study: Study) throws(TableError) -> Set<StudyUnit> {
        Set(try parts(of: study).flatMap(\.units))
    }

    func write(_ part: StudyPart) throws(TableError) {
        guard let first = part.units.first else { return }
        let name = "\(padded(first.cell, 7))-\(padded(first.replication, 8)).csv"
        try FolderFiles.write(part.text, to: "\(partsPath)/\(name)")
    }
}

/// The results of some units: a first line that names them, then each unit's rows.
struct StudyPart: Sendable {
    let units: [StudyUnit]
    /// The rows of each unit, as they stand in the table of results.
    let rows: [[UInt8]]

    init(units: [StudyUnit], rows: [[UInt8]]) {
        self.units = units
        self.rows = rows
    }

    private static let mark = "units"

    var text: OutputText {
        var text = OutputText()
        text.append(Self.mark)
        // Runs of one cell's replications, as `3:0-99`.
        var place = 0
        while place < units.count {
            let first = units[place]
            var last = first
            while place + 1 < units.count,
                units[place + 1] == StudyUnit(cell: last.cell, replication: last.replication + 1)
            {
                place += 1
                last = units[place]
            }
            text.append(" \(first.cell):\(first.replication)-\(last.replication)")
            place += 1
        }
        text.append("\n")
        for row in rows { text.append(bytes: row) }
        return text
    }

    /// Reads what `text` has written; nil where it is not that.
    init?(_ bytes: [UInt8], of study: Study) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, let first = lines.first else { return nil }
        let words = String(decoding: first, as: UTF8.self).split(separator: " ")
        guard words.first == Self.mark[...] else { return nil }
        var units: [StudyUnit] = []
        for word in words.dropFirst() {
            let numbers = word.split { $0 == ":" || $0 == "-" }.compactMap { Int($0) }
            guard numbers.count == 3, numbers[0] < study.cells.count, numbers[1] <= numbers[2],
                numbers[2] < study.replicationCount
            else { return nil }
            units += (numbers[1]...numbers[2]).map { StudyUnit(cell: numbers[0], replication: $0) }
        }
        let count = study.rowsPerUnit
        guard !units.isEmpty, lines.count == 1 + units.count * count else { return nil }
        self.units = units
        rows = units.indices.map { unit in
            lines[1 + unit * count..<1 + (unit + 1) * count].flatMap { Array($0) + [UInt8(ascii: "\n")] }
        }
    }
}

func padded(_ number: Int, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
