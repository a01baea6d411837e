import Compute

/// A column of weights.
struct DesignWeights: Sendable {
    let column: Int
    /// The number of positive ones of each task.
    let positiveCounts: [Int]
    /// The power of two that brings the mean of the positive ones into [1, 2).
    let scale: Double
}

/// Checks a column of weights, counts the positive ones of each task and finds their scale.
func positiveWeights(of name: String, store: ColumnStore) throws(TableError) -> DesignWeights {
    let column = try numberColumn(name, role: "a weight", store: store)
    var counts = Array(repeating: 0, count: store.layout.taskCount)
    var sum = 0.0
    try forEachNumber(of: column, store: store) { _, task, value throws(TableError) in
        guard value >= 0, value.isFinite else {
            throw dataError(
                store,
                "weights '\(printable(name))': found \(value) in task '\(printable(store.taskLabels[task]))'; "
                    + "weights must be finite and at least 0")
        }
        if value > 0 { counts[task] += 1 }
        sum += value
    }
    guard store.layout.rowCount == 0 || counts.contains(where: { $0 > 0 }) else {
        throw dataError(store, "weights '\(printable(name))' are all 0; at least one row must have a positive weight")
    }
    let mean = min(sum / Double(max(1, counts.reduce(0, +))), .greatestFiniteMagnitude)
    let exponent = mean > 0 ? min(max(mean.exponent, -1023), 1023) : 0
    return DesignWeights(
        column: column, positiveCounts: counts, scale: Double(sign: .plus, exponent: -Int(exponent), significand: 1))
}

/// Calls `body` with each row, its task and its number of a column of numbers, in order.
func forEachNumber(
    of column: Int, store: ColumnStore,
    _ body: (_ row: Int, _ task: Int, _ value: Double) throws(TableError) -> Void
) throws(TableError) {
    let offsets = store.layout.offsets
    var task = 0
    var values = Array(repeating: 0.0, count: DesignBlock.capacity)
    for rows in store.layout.blocksOfRows {
        try tableRead(into: &values) { base throws(ComputeError) in
            try store.readNumbers(column: column, rows: rows, into: base)
        }
        for row in rows {
            while row >= offsets[task + 1] { task += 1 }
            try body(row, task, values[row - rows.lowerBound])
        }
    }
}

/// Counts the rows in which some factor has a label that is none of its levels.
func countUnknownLevels(of plan: DesignPlan, store: ColumnStore) throws(TableError) -> Int {
    let suspects = plan.factors.filter { $0.levelOfCode?.contains(DesignPlan.Factor.unknown) == true }
    guard !suspects.isEmpty else { return 0 }
    var codes = Array(repeating: UInt32(0), count: DesignBlock.capacity)
    var count = 0
    for rows in store.layout.blocksOfRows {
        var isUnknown = Array(repeating: false, count: rows.count)
        for factor in suspects {
            try tableRead(into: &codes) { base throws(ComputeError) in
                try store.readCodes(column: factor.storeColumn, rows: rows, into: base)
            }
            guard let levelOfCode = factor.levelOfCode else { continue }
            for row in isUnknown.indices where levelOfCode[Int(codes[row])] == DesignPlan.Factor.unknown {
                isUnknown[row] = true
            }
        }
        count += isUnknown.count { $0 }
    }
    return count
}

extension TaskLayout {
    /// All rows in ranges of at most a block's capacity.
    fileprivate var blocksOfRows: some Sequence<Range<Int>> {
        stride(from: 0, to: rowCount, by: DesignBlock.capacity).lazy.map {
            $0..<Swift.min($0 + DesignBlock.capacity, rowCount)
        }
    }
}

/// Reads into an array, with a failure as the error of the data layer.
private func tableRead<Value>(
    into values: inout [Value], _ read: (UnsafeMutablePointer<Value>) throws(ComputeError) -> Void
) throws(TableError) {
    do throws(ComputeError) {
        try values.withUnsafeMutableBufferPointer { buffer throws(ComputeError) in
            if let base = buffer.baseAddress { try read(base) }
        }
    } catch {
        throw TableError(.noInput, error.description)
    }
}
