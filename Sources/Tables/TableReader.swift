public import Compute

/// Reads a table of text into a store of columns that is grouped by task.
///
/// The first line that is not blank names the columns. Fields are separated by commas (`.csv`) or tabs (`.tsv`); for
/// other names and standard input by tabs if the first line holds one and no comma. A field in double quotes may hold
/// delimiters, line ends and, doubled, quotes; blanks around a field without quotes are not part of it. Lines end with
/// LF or CRLF, a UTF-8 byte order mark and blank lines are skipped, and gzip is known by its first bytes. Labels must be
/// UTF-8. Columns that nobody asks for are skipped: text after a closing quote in them is no error. What is read does
/// not depend on the number of threads or the memory.
public struct TableReader {
    /// Called now and then, by one thread at a time but not always the same, with the bytes read so far and their
    /// total, where it is known; returns false to stop.
    public typealias Progress = (_ bytesRead: Int, _ byteCount: Int?) -> Bool

    /// Sizes that change how the work is cut, and how much of a table tells what its columns hold.
    package struct Tuning {
        /// Bytes read at a time.
        package var blockBytes = 1 << 23
        /// Bytes parsed by a thread at a time.
        package var pieceBytes = 1 << 17
        /// A column's blocks in memory or in the scratch file are two to this power rows.
        package var blockShift = 18
        /// The rows that tell what an inferred column holds.
        package var inferenceRows = 10_000
        /// The bytes that tell it when so many rows are longer, and among which a header must begin.
        package var inferenceBytes = 1 << 26

        package init() {}
    }

    private let path: String
    private let request: TableRequest
    private let parallel: Parallel
    private let memoryLimit: Int
    private let scratchFolder: String
    private let progress: Progress
    package var tuning = Tuning()

    /// - Parameters:
    ///   - path: a file, or `-` for standard input.
    ///   - memoryLimit: the bytes that columns may take in memory while they are grouped, a second copy of one
    ///     included; larger ones go to a scratch file.
    ///   - scratchFolder: where that file is made; by default what `TMPDIR` names, or `/tmp`.
    public init(
        path: String, request: TableRequest, parallel: Parallel = Parallel(), memoryLimit: Int = .max,
        scratchFolder: String? = nil, progress: @escaping Progress = { _, _ in true }
    ) {
        self.path = path
        self.request = request
        self.parallel = parallel
        self.memoryLimit = memoryLimit
        self.scratchFolder = scratchFolder ?? ScratchFile.usualFolder
        self.progress = progress
    }

    /// Reads the whole table.
    ///
    /// Memory peaks at the columns' own bytes, a second copy of one and 4 bytes a row, as long as that is within the
    /// limit.
    ///
    /// - Throws: ``TableError`` for input that cannot be opened, for data that are not a table of what the request asks
    ///   for, for a scratch file that cannot be written, and when `progress` stops the run.
    public func read() throws(TableError) -> ColumnStore {
        let source = try ByteSource(path: path, progress: progress)
        var delimiter = Self.delimiter(of: path)
        let blocks = CsvBlockReader(
            source: source, delimiter: delimiter ?? UInt8(ascii: ","), blockBytes: tuning.blockBytes,
            pieceBytes: tuning.pieceBytes)
        let first = CsvBlock(capacity: tuning.blockBytes)
        try blocks.fill(first, after: nil)
        while !first.isLast, !first.cuts.isEmpty, first.isBlank, first.count < tuning.inferenceBytes {
            try blocks.complete(first, to: 2 * first.count)
        }
        if delimiter == nil {
            delimiter = Self.delimiter(of: first)
            blocks.delimiter = delimiter ?? blocks.delimiter
            try blocks.complete(first, to: first.count)
        }
        if first.count == 0 {
            throw .data(source.name, "found an empty file; a table begins with a line that names its columns")
        }
        try checkRecordEnd(in: first, from: 0, lineCount: 0, source: source.name)
        guard let header = CsvHeader(of: first, delimiter: blocks.delimiter, source: source.name) else {
            if first.isLast { try checkQuotes(in: first, from: 0, lineCount: 0, source: source.name) }
            throw .data(source.name, "found only blank lines; a table begins with a line that names its columns")
        }
        let columns = try TableReaderColumns(request, header: header) { places, missing throws(TableError) in
            try holdText(places, missing, in: first, after: header, blocks)
        }
        let plan = columns.plan(
            for: header, delimiter: blocks.delimiter, keepsInputRows: request.keepsInputRows)
        let area = ScratchArea(folder: scratchFolder)
        let parser = CsvTableParser(
            plan: plan, lineCount: header.lineFeeds, parallel: parallel, memoryLimit: memoryLimit,
            blockShift: blockShift(of: plan), area: area)
        try parse(first, from: header.end, blocks, parser, source)
        return try group(parser, columns, area, source)
    }

    /// Blocks of so few rows that a block of every column takes a part of the memory: only full ones leave it.
    private func blockShift(of plan: CsvPlan) -> Int {
        let rowBytes = 8 * plan.numberCount + 4 * plan.labelCount + (plan.keepsInputRows ? 4 : 0)
        var shift = tuning.blockShift
        while shift > 10, rowBytes << shift > memoryLimit / 4 { shift -= 1 }
        return shift
    }

    /// Parses the file's blocks, the next one being read meanwhile.
    private func parse(
        _ first: CsvBlock, from start: Int, _ blocks: CsvBlockReader, _ parser: CsvTableParser, _ source: ByteSource
    ) throws(TableError) {
        var current = first
        var next = CsvBlock(capacity: first.isLast ? 0 : tuning.blockBytes)
        var start = start
        while true {
            try checkRecordEnd(in: current, from: start, lineCount: parser.lineCount, source: source.name)
            var failure: TableError?
            try parser.consume(current, from: start) {
                guard !current.isLast else { return }
                do throws(TableError) { try blocks.fill(next, after: current) } catch { failure = error }
            }
            if let failure { throw failure }
            try checkProgress(source)
            if current.isLast {
                try checkQuotes(in: current, from: current.end, lineCount: parser.lineCount, source: source.name)
                break
            }
            swap(&current, &next)
            start = 0
        }
        try checkRows(parser)
    }

    /// - Throws: ``TableError/Kind/interrupted`` when the run is to stop.
    private func checkProgress(_ source: ByteSource) throws(TableError) {
        guard progress(source.bytesRead, source.byteCount) else {
            throw TableError(.interrupted, "stopped while reading '\(printable(source.name))'")
        }
    }

    /// - Parameters:
    ///   - start: where the block's first byte that has not been parsed is.
    ///   - lineCount: the lines above it.
    /// - Throws: ``TableError/Kind/data`` when the block's first record has no end.
    private func checkRecordEnd(
        in block: CsvBlock, from start: Int, lineCount: Int, source: String
    ) throws(TableError) {
        guard block.cuts.isEmpty else { return }
        try checkQuotes(in: block, from: start, lineCount: lineCount, source: source)
        if block.isLast { return }
        throw .data(
            source, line: lineCount + 1,
            "found no line end within \(byteText(block.count)); is this a table of text?")
    }

    /// - Throws: ``TableError/Kind/data`` when a quoted field has no end.
    private func checkQuotes(in block: CsvBlock, from start: Int, lineCount: Int, source: String) throws(TableError) {
        guard let quote = block.openQuote else { return }
        let bytes = UnsafePointer(block.bytes)
        throw .data(
            source, line: lineCount + CsvPieceParser.lineFeeds(from: bytes + start, to: bytes + quote) + 1,
            "found a quote that opens a field and is never closed; close it, or write a quote inside quotes twice")
    }

    private func checkRows(_ parser: CsvTableParser) throws(TableError) {
        let source = parser.plan.source
        if parser.recordCount == 0 {
            throw .data(source, "found a header and no rows; a table needs at least one row of data")
        }
        if parser.rowCount == 0 {
            let counts = zip(parser.plan.names, parser.missingCounts).filter { $0.1 > 0 }.map {
                "'\(printable($0.0))' in \($0.1)"
            }
            throw .data(
                source,
                "found no complete row among \(parser.recordCount): missing is \(counts.joined(separator: ", ")); "
                    + "leave such columns out, or correct --na")
        }
    }

    private func holdText(
        _ places: [Int], _ missing: CsvMissingTexts, in block: CsvBlock, after header: CsvHeader,
        _ blocks: CsvBlockReader
    ) throws(TableError) -> [Bool] {
        let inference = CsvTypeInference(
            places: places, delimiter: blocks.delimiter, missing: missing, rowLimit: tuning.inferenceRows)
        while true {
            let isEnough = block.isLast || block.count >= tuning.inferenceBytes
            if let answer = inference.holdText(in: block, from: header.end, isEnough: isEnough) { return answer }
            try blocks.complete(block, to: 2 * block.count)
        }
    }

    /// Puts the parsed rows in order of their tasks.
    private func group(
        _ parser: CsvTableParser, _ request: TableReaderColumns, _ area: ScratchArea, _ source: ByteSource
    ) throws(TableError) -> ColumnStore {
        let labels = try parser.settleLabels()
        let rowCount = parser.rowCount
        var (numbers, codes, inputRows) = parser.takeColumns()
        let grouping = try GroupingByTask(
            tasks: codes[request.taskSlot], rowCount: rowCount, taskCount: labels[request.taskSlot].count,
            passBytes: memoryLimit / 2, area: area, parallel: parallel)
        for slot in numbers.indices {
            try checkProgress(source)
            numbers[slot] = try grouping.moved(numbers[slot])
        }
        for slot in codes.indices where slot != request.taskSlot {
            try checkProgress(source)
            codes[slot] = try grouping.moved(codes[slot])
        }
        if let places = inputRows { inputRows = try grouping.moved(places) }
        if request.columns.contains(where: { !$0.holdsNumbers && $0.slot == request.taskSlot }) {
            codes[request.taskSlot] = try grouping.taskCodes(like: codes[request.taskSlot])
        }
        let missing = zip(parser.plan.names, parser.missingCounts).filter { $0.1 > 0 }
        return ColumnStore(
            layout: grouping.layout, taskLabels: labels[request.taskSlot],
            columns: request.columns.map { column in
                ColumnStore.Column(
                    name: column.name, kind: column.holdsNumbers ? .numbers : .codes(levels: labels[column.slot]))
            },
            values: request.columns.map { $0.holdsNumbers ? numbers[$0.slot] : codes[$0.slot] },
            inputPlaces: inputRows,
            origin: ColumnStore.Origin(
                sourceName: parser.plan.source, totalRowCount: parser.recordCount,
                missingCounts: missing.map { ColumnStore.MissingCount(column: $0.0, count: $0.1) },
                firstNonFinite: request.columns.map { $0.holdsNumbers ? parser.firstNonFinite[$0.slot] : nil }))
    }

    /// What separates fields in a file of this name, if the name tells.
    private static func delimiter(of path: String) -> UInt8? {
        var name = path.lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        if name.hasSuffix(".csv") { return UInt8(ascii: ",") }
        return name.hasSuffix(".tsv") ? UInt8(ascii: "\t") : nil
    }

    /// What separates fields in a file that begins with this block: tabs if its first line holds one and no comma.
    private static func delimiter(of block: CsvBlock) -> UInt8 {
        let bytes = UnsafeBufferPointer(start: block.bytes, count: block.count)
        let line = bytes.drop { $0 == CsvBlockReader.newline || $0 == UInt8(ascii: "\r") }
            .prefix { $0 != CsvBlockReader.newline }
        return line.contains(UInt8(ascii: "\t")) && !line.contains(UInt8(ascii: ","))
            ? UInt8(ascii: "\t") : UInt8(ascii: ",")
    }
}
