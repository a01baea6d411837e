package import Compute
package import Definitions
package import Methods

/// A problem whose rows are in memory, scaled as a table's are.
package struct ArrayProblem: Problem, CustomStringConvertible {
    package var tasks: [TaskRows]
    package var featureCount: Int
    package var isWeighted = false
    package var scaling: ColumnScaling
    /// The variance of each task's errors, where it is taken as known.
    package var errorVariances: [Double]?
    /// A code a row, in the order of tasks and rows.
    package var clusterCodes: [UInt32]?

    package var description: String { "\(tasks.count) tasks of \(featureCount) features" }

    /// - Parameter isScaled: whether columns are shifted and scaled; the first feature must then be the intercept.
    package init(_ problem: RandomProblem, isScaled: Bool = true) {
        self.init(
            tasks: problem.tasks, featureCount: problem.featureCount, isWeighted: problem.isWeighted,
            isScaled: isScaled)
    }

    package init(tasks: [TaskRows], featureCount: Int, isWeighted: Bool = false, isScaled: Bool = true) {
        self.tasks = tasks
        self.featureCount = featureCount
        self.isWeighted = isWeighted
        scaling =
            isScaled
            ? ColumnScaling(
                shifts: (0...featureCount).map { $0 == 0 ? 0 : 0.25 * Double($0 % 3) },
                scales: (0...featureCount).map { $0 == 0 ? 1 : 0.5 + Double($0 % 4) }, intercept: 0)
            : .identity(featureCount: featureCount)
    }

    package var layout: TaskLayout { TaskLayout(sampleCounts: tasks.map(\.response.count)) }
    package var sampleCounts: [Int] { tasks.map { $0.weights.count { $0 > 0 } } }

    package var clusters: ClusterCodes? {
        guard let codes = clusterCodes else { return nil }
        return ClusterCodes(clusterCount: Int(codes.max() ?? 0) + 1) { rows, destination throws(ComputeError) in
            for (offset, row) in rows.enumerated() { destination[offset] = codes[row] }
        }
    }

    package func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        let values = tasks.flatMap { task in
            task.response.indices.flatMap { row in
                (task.design[row] + [task.response[row]]).enumerated().map { column, value in
                    Scalar((value - scaling.shifts[column]) / scaling.scales[column])
                }
            }
        }
        let weights = tasks.flatMap { $0.weights.map { Scalar($0) } }
        return RowArrays(
            layout: layout, featureCount: featureCount, values: values, weights: isWeighted ? weights : nil)
    }

    /// All tasks' rows as those of one.
    package var pooledRows: TaskRows {
        TaskRows(
            design: tasks.flatMap(\.design), response: tasks.flatMap(\.response), weights: tasks.flatMap(\.weights))
    }

    /// The cluster codes of each task's rows.
    package var codesByTask: [[UInt32]] {
        tasks.indices.map { Array((clusterCodes ?? [])[layout.offsets[$0]..<layout.offsets[$0 + 1]]) }
    }
}
