import Compute
import Synchronization

/// Parses a table's blocks into columns in input order, several pieces at a time.
final class CsvTableParser {
    /// The rows that one worker parsed: its codes hold from `firstRow` to the next run's.
    private struct Run {
        var firstRow: Int
        var worker: Int
    }

    let plan: CsvPlan
    private(set) var numbers: [ScratchColumn]
    private(set) var codes: [ScratchColumn]
    private(set) var inputRows: ScratchColumn?
    private(set) var rowCount = 0
    private(set) var recordCount = 0
    private(set) var lineCount: Int
    /// How often each wanted field is missing.
    private(set) var missingCounts: [Int]
    private(set) var firstNonFinite: [NonFiniteValue?]

    private let parallel: Parallel
    private let memoryLimit: Int
    private let blockShift: Int
    private var pieces: [CsvPiece] = []
    private var workers: [CsvWorker]
    private var runs: [Run] = []
    private var spilledBlocks = 0
    private var isSpilling = false

    /// - Parameter lineCount: the lines above the first record of data.
    init(
        plan: CsvPlan, lineCount: Int, parallel: Parallel, memoryLimit: Int, blockShift: Int, area: ScratchArea
    ) {
        self.plan = plan
        self.lineCount = lineCount
        self.parallel = parallel
        self.memoryLimit = memoryLimit
        self.blockShift = blockShift
        func column(stride: Int) -> ScratchColumn {
            ScratchColumn(stride: stride, blockShift: blockShift, area: area)
        }
        numbers = (0..<plan.numberCount).map { _ in column(stride: 8) }
        codes = (0..<plan.labelCount).map { _ in column(stride: 4) }
        inputRows = plan.keepsInputRows ? column(stride: 4) : nil
        missingCounts = Array(repeating: 0, count: plan.fields.count)
        firstNonFinite = Array(repeating: nil, count: plan.numberCount)
        workers = (0..<parallel.threadCount).map { CsvWorker(index: $0, labelCount: plan.labelCount) }
    }

    private var columns: [ScratchColumn] { numbers + codes + (inputRows.map { [$0] } ?? []) }

    /// Parses the records of `block` from byte `start` on, while `meanwhile` runs beside.
    func consume(_ block: CsvBlock, from start: Int, meanwhile: () -> Void) throws(TableError) {
        let ends = block.cuts.filter { $0 > start }
        while pieces.count < ends.count { pieces.append(CsvPiece(plan: plan)) }
        let parser = CsvPieceParser(plan: plan)
        let idle = Mutex(Array(workers.indices))
        parallel.forEachBlock(ends.count + 1) { task in
            if task == 0 {
                meanwhile()
                return
            }
            // No more pieces are parsed at once than there are threads, and there is a worker for each.
            guard let worker = idle.withLock({ $0.popLast() }) else { preconditionFailure("a worker a thread") }
            let piece = task - 1
            let from = piece == 0 ? start : ends[piece - 1]
            parser.parse(
                from: block.bytes + from, to: block.bytes + ends[piece], with: workers[worker], into: pieces[piece])
            idle.withLock { $0.append(worker) }
        }
        try collect(pieces.prefix(ends.count))
    }

    private func collect(_ pieces: ArraySlice<CsvPiece>) throws(TableError) {
        var firstRows: [Int] = []
        var firstRecords: [Int] = []
        for piece in pieces {
            if let fault = piece.fault {
                throw .data(plan.source, line: lineCount + fault.line + 1, fault.message)
            }
            firstRows.append(rowCount)
            firstRecords.append(recordCount)
            if piece.rowCount > 0 { runs.append(Run(firstRow: rowCount, worker: piece.worker)) }
            for field in missingCounts.indices { missingCounts[field] += piece.missingCounts[field] }
            for slot in firstNonFinite.indices where firstNonFinite[slot] == nil {
                firstNonFinite[slot] = piece.firstNonFinite[slot].map {
                    NonFiniteValue(line: lineCount + $0.line + 1, text: $0.text)
                }
            }
            rowCount += piece.rowCount
            recordCount += piece.recordCount
            lineCount += piece.lineCount
            if recordCount > Int(UInt32.max) - 1 {
                throw .data(
                    plan.source, line: lineCount, "found more than 4294967294 rows; split the table into several")
            }
        }
        for column in columns { try column.extend(toHold: rowCount) }
        parallel.forEachBlock(pieces.count) { index in
            copy(pieces[index], toRow: firstRows[index], firstRecord: firstRecords[index])
        }
        try spillFullBlocks()
    }

    private func copy(_ piece: CsvPiece, toRow first: Int, firstRecord: Int) {
        let rows = first..<first + piece.rowCount
        for (slot, column) in numbers.enumerated() {
            column.write(rows, from: piece.numbers + slot * piece.rowCapacity)
        }
        for (slot, column) in codes.enumerated() {
            column.write(rows, from: piece.codes + slot * piece.rowCapacity)
        }
        if let inputRows {
            for row in 0..<piece.rowCount { piece.inputRows[row] += UInt32(firstRecord) }
            inputRows.write(rows, from: piece.inputRows)
        }
    }

    /// Moves full blocks to the scratch file once the columns, and a second copy of one, would exceed the memory.
    private func spillFullBlocks() throws(TableError) {
        let rowBytes = columns.reduce(8) { $0 + $1.stride }
        if !isSpilling, rowCount <= memoryLimit / rowBytes { return }
        isSpilling = true
        let full = rowCount >> blockShift
        for column in columns { try column.spill(spilledBlocks..<full) }
        spilledBlocks = full
    }

    /// Replaces the workers' codes of every column of labels by the labels' places in ascending order.
    ///
    /// - Returns: the labels of each column.
    func settleLabels() throws(TableError) -> [Labels] {
        pieces = []
        var labels: [Labels] = []
        for (slot, column) in codes.enumerated() {
            let grouping = GroupingLabels(workers.map { $0.tables[slot] }, parallel: parallel)
            labels.append(grouping.labels)
            try column.forEachBlock(parallel, isChanged: true) { block, memory in
                translate(
                    memory.assumingMemoryBound(to: UInt32.self), rows: column.rows(ofBlock: block, of: rowCount),
                    places: grouping.places)
            }
        }
        workers = []
        return labels
    }

    private func translate(_ codes: UnsafeMutablePointer<UInt32>, rows: Range<Int>, places: [[UInt32]]) {
        var run = firstRun(after: rows.lowerBound) - 1
        var row = rows.lowerBound
        while row < rows.upperBound {
            let end = run + 1 < runs.count ? min(runs[run + 1].firstRow, rows.upperBound) : rows.upperBound
            places[runs[run].worker].withUnsafeBufferPointer { places in
                for place in row - rows.lowerBound..<end - rows.lowerBound { codes[place] = places[Int(codes[place])] }
            }
            row = end
            run += 1
        }
    }

    /// The first run that begins after `row`.
    private func firstRun(after row: Int) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].firstRow <= row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Hands the columns out, so that each can be freed as soon as it has been grouped.
    func takeColumns() -> (numbers: [ScratchColumn], codes: [ScratchColumn], inputRows: ScratchColumn?) {
        defer {
            numbers = []
            codes = []
            inputRows = nil
        }
        return (numbers, codes, inputRows)
    }
}
