/// What a study varies: each of its blocks gives every combination of its lists' values.
///
/// `[grid]` is one block, `[[grid]]` one of several, whose cells follow each other. A block's last list varies fastest.
struct StudyGrid: Sendable {
    typealias Values = [(path: [String], value: StudyValue)]

    private var blocks: [[(path: [String], values: [StudyValue])]] = []
    let line: Int

    init(_ value: StudyValue?, file: String) throws(StudyError) {
        line = value?.line ?? 1
        guard let value else {
            blocks = [[]]
            return
        }
        let tables: [StudyValue]
        if case .list(let elements) = value.content { tables = elements } else { tables = [value] }
        for element in tables {
            guard case .table(let table) = element.content else {
                throw StudyError(
                    file: file, line: element.line, "'grid' is a table of lists, [grid], not \(element.found)")
            }
            blocks.append(try Self.lists(of: table, below: [], file: file))
        }
        guard blocks.allSatisfy({ !$0.isEmpty }), !blocks.isEmpty else {
            throw StudyError(file: file, line: line, "the grid is empty; give it a list, as design.rows = [100, 200]")
        }
    }

    private static func lists(
        of table: StudyTable, below path: [String], file: String
    ) throws(StudyError) -> [(path: [String], values: [StudyValue])] {
        var lists: [(path: [String], values: [StudyValue])] = []
        for (key, value) in table.entries {
            let own = path + key.split(separator: ".").map { String($0) }
            switch value.content {
            case .list(let values):
                guard !values.isEmpty else {
                    throw StudyError(
                        file: file, line: value.line, "the grid's '\(own.joined(separator: "."))' is empty")
                }
                lists.append((own, values))
            case .table(let inner): lists += try Self.lists(of: inner, below: own, file: file)
            default:
                throw StudyError(
                    file: file, line: value.line,
                    "the grid's '\(own.joined(separator: "."))' is a list of values, not \(value.found)")
            }
        }
        return lists
    }

    var cellCount: Int {
        blocks.reduce(0) { sum, block in
            let (cells, _) = block.reduce((1, false)) { product, list in
                let (cells, overflows) = product.0.multipliedReportingOverflow(by: list.values.count)
                return (overflows || product.1 ? .max / 2 : cells, overflows || product.1)
            }
            return min(sum + cells, .max / 2)
        }
    }

    /// The values of each cell.
    var cells: [Values] {
        blocks.flatMap { block in
            block.reduce([[]]) { cells, list in
                cells.flatMap { cell in list.values.map { cell + [(list.path, $0)] } }
            }
        }
    }

    /// Where the cells of each block are, and what it varies.
    var studyBlocks: [StudyBlock] {
        var start = 0
        return blocks.map { block in
            let count = block.reduce(1) { $0 * $1.values.count }
            defer { start += count }
            return StudyBlock(cells: start..<start + count, paths: block.map(\.path))
        }
    }

    /// What is varied, each once, in order; a name that two share is the whole path.
    ///
    /// - Parameter base: the study without its grid.
    func factors(base: StudyTable) -> [Factor] {
        var paths: [[String]] = []
        for (path, _) in blocks.joined() where !paths.contains(path) { paths.append(path) }
        return paths.map { path in
            let last = path[path.count - 1]
            let isAlone = paths.count { $0[$0.count - 1] == last } == 1
            return Factor(
                name: isAlone ? last : path.joined(separator: "."), path: path,
                base: base.value(at: path[...])?.shortText ?? "")
        }
    }
}

/// The cells that one block of a study's grid gives.
struct StudyBlock: Sendable {
    let cells: Range<Int>
    /// Where what it varies stands in a study.
    let paths: [[String]]
}

extension StudyValue {
    /// The value as a field of results.
    var shortText: String {
        switch content {
        case .text(let text): text
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .flag(let value): "\(value)"
        case .other(let kind): kind
        case .list(let values): values.map(\.shortText).joined(separator: " ")
        case .table(let table): table.entries.map { "\($0.key)=\($0.value.shortText)" }.joined(separator: " ")
        }
    }
}
