import Compute

/// Reads a table of NumPy's arrays.
struct NpzTableReader {
    private let reader: TableReader
    private let file: InputFile
    private let format: ArrayFormat

    /// A row beyond this length is a table in the wrong order, or no table.
    private static let longestRow = 1 << 28

    init(_ reader: TableReader, _ file: InputFile, _ format: ArrayFormat) {
        self.reader = reader
        self.file = file
        self.format = format
    }

    func read() throws(TableError) -> ColumnStore {
        let catalog = try NpzCatalog(file, format)
        let rows = try catalog.column(named: reader.request.task).rowCount
        let wanted = reader.request.leavingOut { wanted in
            guard let column = try? catalog.column(named: wanted.name) else { return true }
            return wanted.role == .numbersIfAny && column.type.isText || column.rowCount != rows
        }
        let columns = try wantedColumns(wanted, of: catalog)
        let rowCount = try checkedRowCount(of: columns)
        let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.name, $0) })
        let request = try TableReaderColumns(wanted) {
            places[$0] ?? 0
        } holdText: { asked, _ in
            asked.map { columns[$0].type.isText }
        }
        let area = ScratchArea(folder: reader.scratchFolder)
        let plan = request.plan(
            source: file.name, names: columns.map(\.name), keepsInputRows: reader.request.keepsInputRows)
        let sources = try NpzSources(columns, of: catalog, scratchFolder: reader.scratchFolder) {
            () throws(TableError) in
            try reader.checkProgress(0, nil)
        }
        let collector = TableCollector(
            plan: plan, places: .elements, placeCount: 0, parallel: reader.parallel, memoryLimit: reader.memoryLimit,
            blockShift: reader.tuning.blockShift, area: area)
        try collect(rowCount, columns, sources, into: collector)
        try sources.finish()
        try collector.checkRows()
        return try collector.store(request, area: area, reader: reader) { () throws(TableError) in
            try reader.checkProgress(sources.byteCount, sources.byteCount)
        }
    }

    /// The columns that the request names, in the order of the file.
    private func wantedColumns(
        _ request: TableRequest, of catalog: NpzCatalog
    ) throws(TableError) -> [NpzColumn] {
        var columns = [try catalog.column(named: request.task)]
        for wanted in request.columns {
            let column = try catalog.column(named: wanted.name)
            if wanted.role == .numbers, column.type.isText {
                throw .data(
                    file.name,
                    "\(column.title) holds text where numbers should be; save it with .astype('f8'), or write "
                        + "C(\(printable(column.name))) in the formula if these are categories, "
                        + "or a --family of classes if it is the response")
            }
            if !columns.contains(where: { $0.name == column.name }) { columns.append(column) }
        }
        return columns.sorted { ($0.array, $0.index) < ($1.array, $1.index) }
    }

    private func checkedRowCount(of columns: [NpzColumn]) throws(TableError) -> Int {
        guard let first = columns.first else { return 0 }
        if let other = columns.first(where: { $0.rowCount != first.rowCount }) {
            throw .data(
                file.name,
                "\(first.title) has \(first.rowCount) rows and \(other.title) has \(other.rowCount); "
                    + "the columns of a table have the same number of them")
        }
        if first.rowCount == 0 {
            throw .data(file.name, "\(first.title) has no elements; a table needs at least one row of data")
        }
        if first.rowCount > TableCollector.mostRows {
            throw .data(
                file.name, "found more than \(TableCollector.mostRows) rows; split the table into several")
        }
        return first.rowCount
    }

    /// Parses the rows block by block, the next block being read meanwhile.
    private func collect(
        _ rowCount: Int, _ columns: [NpzColumn], _ sources: NpzSources, into collector: TableCollector
    ) throws(TableError) {
        let rowBytes = sources.series.map(\.rowBytes)
        let all = rowBytes.reduce(0) { min($0 + $1, Self.longestRow + 1) }
        guard all <= Self.longestRow else {
            throw .data(
                file.name,
                "a row of the wanted columns' arrays has more than \(byteText(Self.longestRow)); is it a table?")
        }
        let capacity = min(rowCount, max(1, reader.tuning.blockBytes / max(1, all)))
        let pieceRows = max(1, reader.tuning.pieceBytes / max(1, all))
        var current = NpzBlock(rowBytes: rowBytes, rowCapacity: capacity)
        var next = NpzBlock(rowBytes: rowBytes, rowCapacity: capacity < rowCount ? capacity : 0)
        var filler = NpzFiller(sources.series, current, rows: 0..<capacity)
        reader.parallel.forEachBlock(filler.jobCount) { filler.run($0) }
        try filler.check()
        let parser = NpzPieceParser(
            plan: collector.plan, columns: columns, seriesOfColumn: sources.seriesOfColumn, rowBytes: rowBytes)
        while true {
            let rows = current.rows
            let isLast = rows.upperBound == rowCount
            filler = NpzFiller(
                sources.series, next,
                rows: rows.upperBound..<(isLast ? rowCount : min(rowCount, rows.upperBound + capacity)))
            let pieces = (rows.count + pieceRows - 1) / pieceRows
            try collector.collect(pieces, jobCount: filler.jobCount) { index, worker, piece in
                let first = index * pieceRows
                parser.parse(first..<min(first + pieceRows, rows.count), of: current, with: worker, into: piece)
            } job: {
                filler.run($0)
            }
            try filler.check()
            let share = Double(rows.upperBound) / Double(rowCount)
            try reader.checkProgress(Int(Double(sources.byteCount) * share), sources.byteCount)
            if isLast { return }
            swap(&current, &next)
        }
    }
}

/// The reads that fill a block with rows, for several threads.
private final class NpzFiller {
    private let series: [NpzSeries]
    private let block: NpzBlock
    private let jobs: [(series: Int, range: Range<Int>)]
    private let errors: UnsafeMutableBufferPointer<TableError?>

    init(_ series: [NpzSeries], _ block: NpzBlock, rows: Range<Int>) {
        self.series = series
        self.block = block
        block.rows = rows
        var jobs: [(Int, Range<Int>)] = []
        for (index, series) in series.enumerated() where !rows.isEmpty {
            let bytes = rows.count * series.rowBytes
            let step = max(1, series.readBytes ?? bytes)
            for start in stride(from: 0, to: bytes, by: step) { jobs.append((index, start..<min(start + step, bytes))) }
        }
        self.jobs = jobs
        errors = .allocate(capacity: jobs.count)
        errors.initialize(repeating: nil)
    }

    deinit {
        errors.deinitialize()
        errors.deallocate()
    }

    var jobCount: Int { jobs.count }

    func run(_ index: Int) {
        let (place, range) = jobs[index]
        let start = block.rows.lowerBound * series[place].rowBytes
        do throws(TableError) {
            try series[place].read(
                start + range.lowerBound..<start + range.upperBound, into: block.bytes[place] + range.lowerBound)
        } catch {
            errors[index] = error
        }
    }

    /// - Throws: the error of the first read that had one.
    func check() throws(TableError) {
        if let error = errors.lazy.compactMap({ $0 }).first { throw error }
    }
}
