public import Compute

extension Design {
    private static let sampledRuns = 256
    private static let rowsPerRun = 256

    /// The mean and the standard deviation of each feature and of the response, as shifts and scales.
    ///
    /// They are those of at most 65,536 rows: 256 runs of rows evenly spaced over the store. Values that are not
    /// finite are left out, a column without spread has scale 1, and without an intercept there are no shifts and the
    /// scale is the root mean square. The result depends on the data alone.
    ///
    /// - Parameter leavesResponse: whether the response is left as it is, as losses other than the squared one need it.
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the store cannot be read.
    public func sampledScaling(leavesResponse: Bool = false) throws(ComputeError) -> ColumnScaling {
        var spreads = Array(repeating: ColumnSpread(), count: featureCount + 1)
        var block = DesignBlock(plan, store: store)
        for rows in sampledRows {
            try block.load(rows)
            for feature in 0..<featureCount { spreads[feature].add(block.feature(feature), count: rows.count) }
            spreads[featureCount].add(block.response(), count: rows.count)
        }
        var shifts = spreads.map { intercept == nil ? 0 : $0.shift }
        var scales = spreads.map { intercept == nil ? $0.rootMeanSquare : $0.standardDeviation }
        if let intercept {
            shifts[intercept] = 0
            scales[intercept] = 1
        }
        if leavesResponse {
            shifts[featureCount] = 0
            scales[featureCount] = 1
        }
        return ColumnScaling(shifts: shifts, scales: scales, intercept: intercept)
    }

    private var sampledRows: [Range<Int>] {
        let rowCount = layout.rowCount
        guard rowCount > Self.sampledRuns * Self.rowsPerRun else {
            return stride(from: 0, to: rowCount, by: Self.rowsPerRun).map { $0..<min($0 + Self.rowsPerRun, rowCount) }
        }
        return (0..<Self.sampledRuns).map { run in
            let first = run * (rowCount - Self.rowsPerRun) / (Self.sampledRuns - 1)
            return first..<first + Self.rowsPerRun
        }
    }
}

/// Mean and spread of the finite values of a column, one run of rows after another.
private struct ColumnSpread {
    private var count = 0.0
    private var mean = 0.0
    /// The sum of squared deviations from the mean.
    private var deviations = 0.0
    private var least = Double.infinity
    private var greatest = -Double.infinity

    mutating func add(_ values: UnsafePointer<Double>, count valueCount: Int) {
        for index in 0..<valueCount where values[index].isFinite {
            let value = values[index]
            let difference = value - mean
            count += 1
            mean += difference / count
            deviations += difference * (value - mean)
            least = min(least, value)
            greatest = max(greatest, value)
        }
    }

    var shift: Double {
        // The rounded mean of equal values need not be that value.
        if least == greatest { return least }
        return mean.isFinite ? mean : 0
    }

    var standardDeviation: Double { least < greatest ? positive((deviations / count).squareRoot()) : 1 }

    var rootMeanSquare: Double { count > 0 ? positive((mean * mean + deviations / count).squareRoot()) : 1 }

    private func positive(_ scale: Double) -> Double { scale > 0 && scale.isFinite ? scale : 1 }
}
