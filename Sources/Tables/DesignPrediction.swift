public import Compute

extension Design {
    /// Calls `body` with blocks of rows and their features, row-major, `featureCount` values a row on the user's scale.
    ///
    /// `body` is called from several threads at once, once for each row of the store, and must write only what belongs
    /// to its rows. The values are valid until it returns. Rows with a label that is no level hold NaN.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the store cannot be read, or what `body` throws.
    public func forEachRowBlock(
        parallel: Parallel, _ body: (Range<Int>, UnsafePointer<Double>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        try forEachBlock(of: 0..<layout.rowCount, parallel: parallel) { block, rows throws(ComputeError) in
            let values = UnsafeMutablePointer<Double>.allocate(capacity: rows.count * featureCount)
            defer { values.deallocate() }
            for feature in 0..<featureCount {
                let column = block.feature(feature)
                for row in 0..<rows.count { values[row * featureCount + feature] = column[row] }
            }
            try body(rows, UnsafePointer(values))
        }
    }

    /// The response of each row of the store, which the design must have been made with; NaN where it is missing.
    ///
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the store cannot be read.
    public func responses(parallel: Parallel) throws(ComputeError) -> [Double] {
        let rowCount = layout.rowCount
        let responses = UnsafeMutablePointer<Double>.allocate(capacity: max(1, rowCount))
        defer { responses.deallocate() }
        try forEachBlock(of: 0..<rowCount, parallel: parallel) { block, rows throws(ComputeError) in
            (responses + rows.lowerBound).update(from: block.response(), count: rows.count)
        }
        return Array(UnsafeBufferPointer(start: responses, count: rowCount))
    }

    /// The products of each row of the store with its task's columns of coefficients.
    ///
    /// - Parameters:
    ///   - coefficients: `taskCount x columnCount x featureCount` values in the order of this store's tasks; NaN where a
    ///     task has none.
    ///   - columnCount: one, or a column a class.
    /// - Returns: `columnCount` values a row of the store; NaN where coefficients or features are missing.
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the store cannot be read.
    public func predictions(
        coefficients: [Double], columnCount: Int = 1, parallel: Parallel
    ) throws(ComputeError) -> [Double] {
        let size = columnCount * featureCount
        precondition(coefficients.count == layout.taskCount * size, "one coefficient a task, column and feature")
        let count = layout.rowCount * columnCount
        let predictions = UnsafeMutablePointer<Double>.allocate(capacity: max(1, count))
        defer { predictions.deallocate() }
        try forEachRowBlock(parallel: parallel) { rows, values throws(ComputeError) in
            var task = layout.task(ofRow: rows.lowerBound)
            for row in rows {
                while row >= layout.offsets[task + 1] { task += 1 }
                let features = values + (row - rows.lowerBound) * featureCount
                for column in 0..<columnCount {
                    let first = task * size + column * featureCount
                    var sum = 0.0
                    for feature in 0..<featureCount { sum += features[feature] * coefficients[first + feature] }
                    predictions[row * columnCount + column] = sum
                }
            }
        }
        return Array(UnsafeBufferPointer(start: predictions, count: count))
    }
}
