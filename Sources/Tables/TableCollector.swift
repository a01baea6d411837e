import Compute
import Synchronization

/// Puts pieces of a table, parsed several at a time, one after another into columns.
final class TableCollector {
    /// What places in the table are counted in.
    enum Places {
        case lines, elements

        /// The place after `count` others.
        func place(after count: Int) -> TablePlace {
            switch self {
            case .lines: .line(count + 1)
            case .elements: .element(count)
            }
        }
    }

    /// The rows that one worker parsed: its codes hold from `firstRow` to the next run's.
    private struct Run {
        var firstRow: Int
        var worker: Int
    }

    let plan: TablePlan
    private(set) var numbers: [ScratchColumn]
    private(set) var codes: [ScratchColumn]
    private(set) var inputRows: ScratchColumn?
    private(set) var rowCount = 0
    private(set) var recordCount = 0
    /// Lines, or elements of each array, that have been taken in.
    private(set) var placeCount: Int
    /// How often each wanted field is missing.
    private(set) var missingCounts: [Int]
    private(set) var firstNonFinite: [NonFiniteValue?]

    private let places: Places
    private let parallel: Parallel
    private let memoryLimit: Int
    private let blockShift: Int
    private var pieces: [TablePiece] = []
    private var workers: [TableWorker]
    private var runs: [Run] = []
    private var spilledBlocks = 0
    private var isSpilling = false

    /// - Parameters:
    ///   - placeCount: the lines above the first row of data.
    ///   - blockShift: a column's blocks are at most two to this power rows.
    init(
        plan: TablePlan, places: Places, placeCount: Int, parallel: Parallel, memoryLimit: Int, blockShift: Int,
        area: ScratchArea
    ) {
        self.plan = plan
        self.places = places
        self.placeCount = placeCount
        self.parallel = parallel
        self.memoryLimit = memoryLimit
        let blockShift = Self.blockShift(of: plan, memoryLimit: memoryLimit, atMost: blockShift)
        self.blockShift = blockShift
        func column(stride: Int) -> ScratchColumn {
            ScratchColumn(stride: stride, blockShift: blockShift, area: area)
        }
        numbers = (0..<plan.numberCount).map { _ in column(stride: 8) }
        codes = (0..<plan.labelCount).map { _ in column(stride: 4) }
        inputRows = plan.keepsInputRows ? column(stride: 4) : nil
        missingCounts = Array(repeating: 0, count: plan.fields.count)
        firstNonFinite = Array(repeating: nil, count: plan.numberCount)
        workers = (0..<parallel.threadCount).map { TableWorker(index: $0, labelCount: plan.labelCount) }
    }

    /// Blocks of so few rows that a block of every column takes a part of the memory: only full ones leave it.
    private static func blockShift(of plan: TablePlan, memoryLimit: Int, atMost largest: Int) -> Int {
        let rowBytes = 8 * plan.numberCount + 4 * plan.labelCount + (plan.keepsInputRows ? 4 : 0)
        var shift = largest
        while shift > 10, rowBytes << shift > memoryLimit / 4 { shift -= 1 }
        return shift
    }

    private var columns: [ScratchColumn] { numbers + codes + (inputRows.map { [$0] } ?? []) }

    /// Parses so many pieces and takes their rows in, in order.
    ///
    /// - Parameters:
    ///   - jobCount: how often `job` is called beside, on any thread, begun before the pieces.
    ///   - parse: fills the piece with this index; called on several threads, each time with a worker that no other
    ///     call has meanwhile.
    func collect(
        _ pieceCount: Int, jobCount: Int, parse: (Int, TableWorker, TablePiece) -> Void, job: (Int) -> Void
    ) throws(TableError) {
        while pieces.count < pieceCount { pieces.append(TablePiece(plan: plan)) }
        let idle = Mutex(Array(workers.indices))
        parallel.forEachBlock(jobCount + pieceCount) { block in
            guard block >= jobCount else { return job(block) }
            // No more pieces are parsed at once than there are threads, and there is a worker for each.
            guard let worker = idle.withLock({ $0.popLast() }) else { preconditionFailure("a worker a thread") }
            parse(block - jobCount, workers[worker], pieces[block - jobCount])
            idle.withLock { $0.append(worker) }
        }
        try takeIn(pieces.prefix(pieceCount))
    }

    private func takeIn(_ pieces: ArraySlice<TablePiece>) throws(TableError) {
        var firstRows: [Int] = []
        var firstRecords: [Int] = []
        for piece in pieces {
            if let fault = piece.fault { throw error(of: fault) }
            firstRows.append(rowCount)
            firstRecords.append(recordCount)
            if piece.rowCount > 0 { runs.append(Run(firstRow: rowCount, worker: piece.worker)) }
            for field in missingCounts.indices { missingCounts[field] += piece.missingCounts[field] }
            for slot in firstNonFinite.indices where firstNonFinite[slot] == nil {
                firstNonFinite[slot] = piece.firstNonFinite[slot].map {
                    NonFiniteValue(place: places.place(after: placeCount + $0.offset), text: $0.text)
                }
            }
            rowCount += piece.rowCount
            recordCount += piece.recordCount
            placeCount += piece.placeCount
            if recordCount > Self.mostRows {
                throw .data(
                    plan.source, line: placeCount, "found more than \(Self.mostRows) rows; split the table into several"
                )
            }
        }
        for column in columns { try column.extend(toHold: rowCount) }
        parallel.forEachBlock(pieces.count) { index in
            copy(pieces[index], toRow: firstRows[index], firstRecord: firstRecords[index])
        }
        try spillFullBlocks()
    }

    /// Rows are numbered in 32 bits.
    static let mostRows = Int(UInt32.max) - 1

    private func error(of fault: TablePiece.Fault) -> TableError {
        switch (places.place(after: placeCount + fault.offset), fault.column) {
        case (.line(let line), let column):
            .data(plan.source, line: line, (column.map { "column '\($0)': " } ?? "") + fault.message)
        case (.element(let index), let column):
            .data(plan.source, "\(column ?? "the table"), element \(index): \(fault.message)")
        }
    }

    private func copy(_ piece: TablePiece, toRow first: Int, firstRecord: Int) {
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
