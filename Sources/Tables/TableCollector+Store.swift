import Compute

extension TableCollector {
    /// - Throws: ``TableError/Kind/data`` when every row misses a value.
    func checkRows() throws(TableError) {
        guard rowCount == 0 else { return }
        let counts = zip(plan.names, missingCounts).filter { $0.1 > 0 }.map { "'\(printable($0.0))' in \($0.1)" }
        throw .data(
            plan.source,
            "found no complete row among \(recordCount): missing is \(counts.joined(separator: ", ")); "
                + "leave such columns out, or correct --na")
    }

    /// Puts the rows that have been taken in into the order of their tasks; nothing is left here.
    func store(
        _ request: TableReaderColumns, area: ScratchArea, reader: TableReader,
        checkStop: () throws(TableError) -> Void
    ) throws(TableError) -> ColumnStore {
        let labels = try settleLabels()
        var (numbers, codes, inputRows) = takeColumns()
        let grouping = try GroupingByTask(
            tasks: codes[request.taskSlot], rowCount: rowCount, taskCount: labels[request.taskSlot].count,
            passBytes: reader.memoryLimit / 2, area: area, parallel: reader.parallel)
        for slot in numbers.indices {
            try checkStop()
            numbers[slot] = try grouping.moved(numbers[slot])
        }
        for slot in codes.indices where slot != request.taskSlot {
            try checkStop()
            codes[slot] = try grouping.moved(codes[slot])
        }
        if let places = inputRows { inputRows = try grouping.moved(places) }
        if request.columns.contains(where: { !$0.holdsNumbers && $0.slot == request.taskSlot }) {
            codes[request.taskSlot] = try grouping.taskCodes(like: codes[request.taskSlot])
        }
        let missing = zip(plan.names, missingCounts).filter { $0.1 > 0 }
        return ColumnStore(
            layout: grouping.layout, taskLabels: labels[request.taskSlot],
            columns: request.columns.map { column in
                ColumnStore.Column(
                    name: column.name, kind: column.holdsNumbers ? .numbers : .codes(levels: labels[column.slot]))
            },
            values: request.columns.map { $0.holdsNumbers ? numbers[$0.slot] : codes[$0.slot] },
            inputPlaces: inputRows,
            origin: ColumnStore.Origin(
                sourceName: plan.source, totalRowCount: recordCount,
                missingCounts: missing.map { ColumnStore.MissingCount(column: $0.0, count: $0.1) },
                firstNonFinite: request.columns.map { $0.holdsNumbers ? firstNonFinite[$0.slot] : nil }))
    }
}
