/// Turns rows of arrays into a piece of a table.
struct NpzPieceParser {
    let plan: TablePlan
    private let columns: [NpzColumn]
    private let seriesOfColumn: [Int]
    private let rowBytes: [Int]
    /// What stands for a missing value besides NaN.
    private let missingNumbers: [Double]

    init(plan: TablePlan, columns: [NpzColumn], seriesOfColumn: [Int], rowBytes: [Int]) {
        self.plan = plan
        self.columns = columns
        self.seriesOfColumn = seriesOfColumn
        self.rowBytes = rowBytes
        missingNumbers = plan.missing.numbers
    }

    /// Parses `rows` of a block into `piece`.
    func parse(_ rows: Range<Int>, of block: NpzBlock, with worker: TableWorker, into piece: TablePiece) {
        piece.reset(rowCapacity: rows.count)
        piece.worker = worker.index
        piece.placeCount = rows.count
        piece.recordCount = rows.count
        worker.reserveRows(rows.count)
        worker.reserveScratch(
            plan.fields.reduce(0) { $0 + ($1.labelSlot >= 0 ? textBytes(columns[$1.index].type) : 0) } * rows.count)
        withUnsafeTemporaryAllocation(of: Bool.self, capacity: rows.count) { isMissing in
            guard let isMissing = isMissing.baseAddress else { return }
            isMissing.initialize(repeating: false, count: rows.count)
            var scratch = worker.scratch
            var hasMissing = false
            for (order, field) in plan.fields.enumerated() {
                let count = parse(field, rows, of: block, worker, piece, &scratch, isMissing)
                piece.missingCounts[order] = count
                if count > 0 { hasMissing = true }
            }
            noteNonFinite(rows.count, isMissing, piece)
            piece.rowCount = rows.count
            if plan.keepsInputRows {
                for row in 0..<rows.count { piece.inputRows[row] = UInt32(truncatingIfNeeded: row) }
            }
            if hasMissing { close(up: isMissing, worker, piece) }
            for (slot, table) in worker.tables.enumerated() {
                table.writeCodes(
                    of: worker.labelStarts + slot * worker.rowCapacity,
                    lengths: worker.labelLengths + slot * worker.rowCapacity, count: piece.rowCount,
                    into: piece.codes + slot * piece.rowCapacity)
            }
            if worker.tables.contains(where: \.holdsInvalidText) { faultLabels(isMissing, rows.count, worker, piece) }
        }
    }

    /// Parses one column, marks the rows that miss a value and returns how many do.
    private func parse(
        _ field: TablePlan.Field, _ rows: Range<Int>, of block: NpzBlock, _ worker: TableWorker, _ piece: TablePiece,
        _ scratch: inout UnsafeMutablePointer<UInt8>, _ isMissing: UnsafeMutablePointer<Bool>
    ) -> Int {
        let column = columns[field.index]
        let series = seriesOfColumn[field.index]
        let values = NpyValues(
            start: UnsafeRawPointer(block.bytes[series] + rows.lowerBound * rowBytes[series] + column.offset),
            stride: rowBytes[series], count: rows.count, type: column.type)
        var count = 0
        if field.numberSlot >= 0 {
            let numbers = piece.numbers + field.numberSlot * piece.rowCapacity
            values.write(into: numbers)
            if field.mayMiss {
                for row in 0..<rows.count where missingNumbers.contains(numbers[row]) { numbers[row] = .nan }
            } else {
                count = markMissing(numbers, rows.count, isMissing)
            }
        }
        if field.labelSlot >= 0 {
            let starts = worker.labelStarts + field.labelSlot * worker.rowCapacity
            let lengths = worker.labelLengths + field.labelSlot * worker.rowCapacity
            values.writeTexts(starts: starts, lengths: lengths, scratch: &scratch)
            if field.mayMiss {
                forEachMissing(starts, lengths, rows.count, column.type) { lengths[$0] = 0 }
            } else {
                var labelCount = 0
                forEachMissing(starts, lengths, rows.count, column.type) { row in
                    isMissing[row] = true
                    labelCount += 1
                }
                count = max(count, labelCount)
            }
        }
        return count
    }

    /// Marks the rows whose number stands for a missing value, and returns how many there are.
    private func markMissing(
        _ numbers: UnsafePointer<Double>, _ rowCount: Int, _ isMissing: UnsafeMutablePointer<Bool>
    ) -> Int {
        if missingNumbers.isEmpty, Self.areFinite(numbers, rowCount) { return 0 }
        var count = 0
        for row in 0..<rowCount where numbers[row].isNaN || missingNumbers.contains(numbers[row]) {
            isMissing[row] = true
            count += 1
        }
        return count
    }

    /// Calls `body` with the rows whose text stands for a missing value.
    private func forEachMissing(
        _ starts: UnsafePointer<UnsafePointer<UInt8>>, _ lengths: UnsafePointer<Int>, _ rowCount: Int, _ type: NpyType,
        _ body: (Int) -> Void
    ) {
        let compares = type.isText || type.kind == .bool || plan.missing.includesNumber
        for row in 0..<rowCount {
            // NaN has no text.
            let isNaN = !type.isText && lengths[row] == 0
            guard
                isNaN || compares && plan.missing.contains(UnsafeBufferPointer(start: starts[row], count: lengths[row]))
            else { continue }
            body(row)
        }
    }

    /// Whether no number is infinite or NaN.
    private static func areFinite(_ numbers: UnsafePointer<Double>, _ count: Int) -> Bool {
        let exponent: UInt64 = 0x7FF << 52
        // Without an early end, so that it is done several numbers at a time.
        var odd: UInt64 = 0
        for row in 0..<count { odd |= numbers[row].bitPattern & exponent == exponent ? 1 : 0 }
        return odd == 0
    }

    private func textBytes(_ type: NpyType) -> Int { type.isText ? type.byteCount : 32 }

    private func noteNonFinite(_ count: Int, _ isMissing: UnsafeMutablePointer<Bool>, _ piece: TablePiece) {
        for slot in 0..<plan.numberCount {
            let numbers = piece.numbers + slot * piece.rowCapacity
            guard !Self.areFinite(numbers, count),
                let row = (0..<count).first(where: { !numbers[$0].isFinite && !isMissing[$0] })
            else {
                continue
            }
            piece.firstNonFinite[slot] = TablePiece.Finding(offset: row, text: numbers[row].description)
        }
    }

    /// Moves the complete rows together.
    private func close(up isMissing: UnsafeMutablePointer<Bool>, _ worker: TableWorker, _ piece: TablePiece) {
        let count = piece.rowCount
        var complete = 0
        for row in 0..<count where !isMissing[row] {
            for slot in 0..<plan.numberCount {
                let numbers = piece.numbers + slot * piece.rowCapacity
                numbers[complete] = numbers[row]
            }
            for slot in 0..<plan.labelCount {
                let first = slot * worker.rowCapacity
                worker.labelStarts[first + complete] = worker.labelStarts[first + row]
                worker.labelLengths[first + complete] = worker.labelLengths[first + row]
            }
            piece.inputRows[complete] = UInt32(truncatingIfNeeded: row)
            complete += 1
        }
        piece.rowCount = complete
    }

    /// Notes the first label of a complete row that is not text.
    private func faultLabels(
        _ isMissing: UnsafeMutablePointer<Bool>, _ count: Int, _ worker: TableWorker, _ piece: TablePiece
    ) {
        let rows = (0..<count).filter { !isMissing[$0] }
        for (place, row) in rows.enumerated() {
            for field in plan.fields where field.labelSlot >= 0 {
                let slot = field.labelSlot * worker.rowCapacity + place
                let label = UnsafeBufferPointer(start: worker.labelStarts[slot], count: worker.labelLengths[slot])
                if LabelTable.isText(label) { continue }
                let column = columns[field.index]
                let remedy =
                    column.type.kind == .bytes
                    ? "which is not UTF-8; save it as text: np.char.decode(x, 'latin1')"
                    : "which is no Unicode text; save the array again"
                piece.fault = TablePiece.Fault(
                    offset: row, column: column.title, message: "found '\(printable(label))', \(remedy)")
                return
            }
        }
    }
}
