import Compute

/// Reads a table of text.
struct CsvTableReader {
    private let reader: TableReader
    private let source: ByteSource

    init(_ reader: TableReader, _ source: ByteSource) {
        self.reader = reader
        self.source = source
    }

    private var request: TableRequest { reader.request }
    private var tuning: TableReader.Tuning { reader.tuning }

    func read() throws(TableError) -> ColumnStore {
        var delimiter = Self.delimiter(of: reader.path)
        let blocks = CsvBlockReader(
            source: source, delimiter: delimiter ?? UInt8(ascii: ","), blockBytes: tuning.blockBytes,
            pieceBytes: tuning.pieceBytes)
        let first = CsvBlock(capacity: tuning.blockBytes)
        try blocks.fill(first, after: nil)
        if ArrayFormat(openingOf: UnsafeBufferPointer(start: first.bytes, count: first.count)) != nil {
            throw .data(
                source.name,
                "found NumPy arrays where text was expected: they are not read from standard input or out of gzip; "
                    + "name an unpacked .npz or .npy file")
        }
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
        let present = request.leavingOut { !header.names.contains($0.name) }
        let columns = try TableReaderColumns(present, place: header.place) { places, missing throws(TableError) in
            try holdText(places, missing, in: first, after: header, blocks)
        }
        let area = ScratchArea(folder: reader.scratchFolder)
        let plan = columns.plan(source: source.name, names: header.names, keepsInputRows: request.keepsInputRows)
        let collector = TableCollector(
            plan: plan, places: .lines, placeCount: header.lineFeeds, parallel: reader.parallel,
            memoryLimit: reader.memoryLimit, blockShift: tuning.blockShift, area: area)
        let parser = CsvPieceParser(plan: plan, delimiter: blocks.delimiter, fieldCount: header.names.count)
        try parse(first, from: header.end, blocks, parser, into: collector)
        return try collector.store(columns, area: area, reader: reader, checkStop: checkStop)
    }

    private func checkStop() throws(TableError) { try reader.checkProgress(source.bytesRead, source.byteCount) }

    /// Parses the file's blocks, the next one being read meanwhile.
    private func parse(
        _ first: CsvBlock, from start: Int, _ blocks: CsvBlockReader, _ parser: CsvPieceParser,
        into collector: TableCollector
    ) throws(TableError) {
        var current = first
        var next = CsvBlock(capacity: first.isLast ? 0 : tuning.blockBytes)
        var start = start
        while true {
            try checkRecordEnd(in: current, from: start, lineCount: collector.placeCount, source: source.name)
            let ends = current.cuts.filter { $0 > start }
            var failure: TableError?
            try collector.collect(ends.count, jobCount: current.isLast ? 0 : 1) { index, worker, piece in
                let from = index == 0 ? start : ends[index - 1]
                parser.parse(from: current.bytes + from, to: current.bytes + ends[index], with: worker, into: piece)
            } job: { _ in
                do throws(TableError) { try blocks.fill(next, after: current) } catch { failure = error }
            }
            if let failure { throw failure }
            try checkStop()
            if current.isLast {
                try checkQuotes(in: current, from: current.end, lineCount: collector.placeCount, source: source.name)
                break
            }
            swap(&current, &next)
            start = 0
        }
        if collector.recordCount == 0 {
            throw .data(source.name, "found a header and no rows; a table needs at least one row of data")
        }
        try collector.checkRows()
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

    private func holdText(
        _ places: [Int], _ missing: MissingTexts, in block: CsvBlock, after header: CsvHeader,
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
