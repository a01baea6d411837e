import Compute

/// Moments of scaled columns as those of each task's mean squared loss on the user's scale, in double.
///
/// With `n` the sum of the weights, half the weighted mean square of the residuals is `f(x) = x'H x / 2 - b'x + e / 2`. A
/// free intercept is eliminated: columns are centred at the task's means, which no shift changes, and `f` is what the best
/// intercept leaves. The conversion is exact but for rounding. Standardized features are divided by their deviation.
struct UserMoments {
    let shrunk: ShrunkCoefficients
    private let intercept: Int?
    private let featureCount: Int
    /// Of the features that remain and the response.
    private let columns: [Int]
    private let shifts: [Double]
    private let scales: [Double]
    private let isCentred: Bool

    init(_ shrunk: ShrunkCoefficients, scaling: ColumnScaling) {
        self.shrunk = shrunk
        isCentred = shrunk.free != nil
        intercept = scaling.intercept
        featureCount = scaling.featureCount
        columns = shrunk.features + [featureCount]
        let divisors = shrunk.units + [1]
        shifts = zip(columns, divisors).map { scaling.shifts[$0] / $1 }
        scales = zip(columns, divisors).map { scaling.scales[$0] / $1 }
    }

    /// How many coefficients remain.
    var order: Int { shrunk.order }

    /// Converts the moments of consecutive tasks.
    ///
    /// - Parameters:
    ///   - triangles: for each task that of features and response, row by row.
    ///   - weightSums: of each task's rows.
    func convert(_ triangles: [Double], weightSums: [Double], _ parallel: Parallel) -> QuadraticValues {
        let (count, size, width) = (weightSums.count, triangleCount(featureCount + 1), triangleCount(order + 1))
        var means = Array(repeating: 0.0, count: count * columns.count)
        var isIncluded = Array(repeating: false, count: count)
        let joint = [Double](unsafeUninitializedCapacity: count * width) { joint, initialized in
            joint.initialize(repeating: 0)
            initialized = count * width
            means.withUnsafeMutableBufferPointer { means in
                isIncluded.withUnsafeMutableBufferPointer { isIncluded in
                    parallel.forEachRange(of: count, grain: 512) { tasks in
                        for task in tasks where weightSums[task] > 0 {
                            isIncluded[task] = triangles.withUnsafeBufferPointer {
                                convert(
                                    $0[task &* size..<(task &+ 1) &* size], weight: weightSums[task],
                                    into: joint[task &* width..<(task &+ 1) &* width],
                                    means: means[task &* columns.count..<(task &+ 1) &* columns.count])
                            }
                        }
                    }
                }
            }
        }
        return QuadraticValues(joint: joint, levels: means, isIncluded: isIncluded)
    }

    /// Converts one task's moments. Returns whether all is finite; where not, its values stay zeros.
    private func convert(
        _ triangle: Slice<UnsafeBufferPointer<Double>>, weight: Double,
        into values: Slice<UnsafeMutableBufferPointer<Double>>, means: Slice<UnsafeMutableBufferPointer<Double>>
    ) -> Bool {
        let (moments, values) = (UnsafeBufferPointer(rebasing: triangle), UnsafeMutableBufferPointer(rebasing: values))
        let means = UnsafeMutableBufferPointer(rebasing: means)
        func moment(_ row: Int, _ column: Int) -> Double {
            moments[triangleCount(max(row, column)) &+ min(row, column)]
        }
        let level = intercept.map { moment($0, $0) } ?? weight
        if let intercept {
            for (place, column) in columns.enumerated() { means[place] = moment(column, intercept) / level }
        }
        var (entry, size) = (0, 0.0)
        for place in columns.indices {
            let (shift, scale, mean) = (shifts[place], scales[place], means[place])
            for other in 0...place {
                let product = moment(columns[place], columns[other]) / level
                let value =
                    !isCentred
                    ? (shift + scale * mean) * shifts[other] + scales[other] * (shift * means[other] + scale * product)
                    : scale * scales[other] * (product - mean * means[other])
                values[entry] = value
                size += abs(value)
                entry &+= 1
            }
        }
        for place in columns.indices { means[place] = shifts[place] + scales[place] * means[place] }
        if !size.isFinite { values.update(repeating: 0) }
        return size.isFinite
    }
}
