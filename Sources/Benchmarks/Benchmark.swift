package import Compute

/// One operation, or a whole job, at one size.
package protocol Benchmark: Sendable {
    /// The operation, as a table names it.
    var name: String { get }
    /// Its size, in words.
    var size: String { get }

    /// Makes the data and times the operation on it.
    ///
    /// - Parameter reference: a backend in double on the host, which makes the rows.
    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch) throws(ComputeError)
}

/// The number of tasks, of each one's rows, and of features.
package struct ProblemSize: Sendable, Equatable {
    package var taskCount: Int
    package var rowsPerTask: Int
    package var featureCount: Int

    package init(taskCount: Int, rowsPerTask: Int, featureCount: Int) {
        self.taskCount = taskCount
        self.rowsPerTask = rowsPerTask
        self.featureCount = featureCount
    }

    /// `10000 x 100 x 20`.
    package var text: String { "\(taskCount) x \(rowsPerTask) x \(featureCount)" }

    var rowCount: Double { Double(taskCount) * Double(rowsPerTask) }
    var tasks: Double { Double(taskCount) }
    var features: Double { Double(featureCount) }
    /// Values in the rows, with one response.
    var rowValues: Double { rowCount * (features + 1) }
    /// Values in vectors as wide as the features, one a task.
    var vectorValues: Double { tasks * features }
    /// Values in the triangles of moments with one response.
    var momentValues: Double { tasks * (features + 1) * (features + 2) / 2 }
    /// Additions and multiplications of the lower triangle of all moments.
    var gramOperations: Double { rowCount * (features + 1) * (features + 2) }
}

extension Work {
    /// What moves each of so many values once.
    init<Scalar: LaneScalar>(values: Double, of scalar: Scalar.Type, operations: Double) {
        self.init(bytes: values * Double(MemoryLayout<Scalar>.stride), operations: operations)
    }
}
