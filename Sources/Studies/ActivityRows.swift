import Compute
import Methods

/// Some rows of every person, each an intercept, its components and its response: a problem for methods.
package struct ActivityRows: Problem {
    package let layout: TaskLayout
    package let featureCount: Int
    /// `rowCount x (featureCount + 1)`.
    private let values: [Double]

    init(layout: TaskLayout, featureCount: Int, values: [Double]) {
        self.layout = layout
        self.featureCount = featureCount
        self.values = values
    }

    package var isWeighted: Bool { false }
    package var scaling: ColumnScaling { .identity(featureCount: featureCount, intercept: 0) }
    package var sampleCounts: [Int] { layout.sampleCounts }
    package var clusters: ClusterCodes? { nil }

    package func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        RowArrays(layout: layout, featureCount: featureCount, values: values.map { Scalar($0) })
    }

    /// The rows for which `isKept` holds, given by their places.
    func filtered(_ isKept: (Int) -> Bool) -> ActivityRows {
        let width = featureCount + 1
        var kept: [Double] = []
        kept.reserveCapacity(values.count)
        let counts = (0..<layout.taskCount).map { task in
            (layout.offsets[task]..<layout.offsets[task + 1]).count { row in
                guard isKept(row) else { return false }
                kept += values[row * width..<(row + 1) * width]
                return true
            }
        }
        return ActivityRows(layout: TaskLayout(sampleCounts: counts), featureCount: featureCount, values: kept)
    }

    /// How many rows each of several fits takes for another class than theirs.
    ///
    /// - Parameter coefficients: `taskCount x fits x featureCount`.
    func mistakeCounts(_ coefficients: [Double], fitCount: Int, parallel: Parallel) -> [Int] {
        let width = featureCount + 1
        let byTask = parallel.map(layout.taskCount) { task -> [Int] in
            coefficients.withUnsafeBufferPointer { coefficients in
                values.withUnsafeBufferPointer { values in
                    (0..<fitCount).map { fit in
                        let first = (task * fitCount + fit) * featureCount
                        return (layout.offsets[task]..<layout.offsets[task + 1]).count { row in
                            var eta = 0.0
                            for index in 0..<featureCount {
                                eta += coefficients[first + index] * values[row * width + index]
                            }
                            return (eta > 0) != (values[row * width + featureCount] == 1)
                        }
                    }
                }
            }
        }
        return (0..<fitCount).map { fit in byTask.reduce(0) { $0 + $1[fit] } }
    }
}
