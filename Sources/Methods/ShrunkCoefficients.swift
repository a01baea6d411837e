import Compute

/// Which of a task's coefficients a penalty shrinks, and in what units.
///
/// Coefficients have a column for each class of a `softmax` loss, and one for any other; columns lie one behind the other,
/// and so do those of the coefficients that are shrunk.
struct ShrunkCoefficients: Sendable {
    /// The features whose coefficients are shrunk.
    let features: [Int]
    /// The intercept that each task has to itself, if any.
    let free: Int?
    /// What those features are divided by: 1, or where they are standardized their deviations.
    let units: [Double]
    let columnCount: Int

    /// - Parameters:
    ///   - scaling: of the rows.
    ///   - variances: of each feature on the user's scale, where it is standardized coefficients that are shrunk.
    init(scaling: ColumnScaling, free: Int?, variances: [Double]?, columnCount: Int = 1) {
        self.free = free
        self.columnCount = columnCount
        features = (0..<scaling.featureCount).filter { $0 != free }
        units = features.map { feature in
            let variance = variances?[feature] ?? 1
            return variance > 0 && feature != scaling.intercept ? variance.squareRoot() : 1
        }
    }

    /// How many coefficients are shrunk.
    var order: Int { features.count * columnCount }
    var featureCount: Int { features.count + (free == nil ? 0 : 1) }
    /// All coefficients of a task.
    var coefficientCount: Int { featureCount * columnCount }

    /// Values of the coefficients that are shrunk as coefficients on the user's scale, 0 for one that is free.
    func placed(_ values: some RandomAccessCollection<Double>) -> [Double] {
        var placed = Array(repeating: 0.0, count: coefficientCount)
        var index = values.startIndex
        for column in 0..<columnCount {
            for (place, feature) in features.enumerated() {
                placed[column * featureCount + feature] = values[index] / units[place]
                index = values.index(after: index)
            }
        }
        return placed
    }
}
