package import Compute

/// One operation, or a whole job, at one size.
package protocol Benchmark: Sendable {
    /// The operation, as a table names it.
    var name: String { get }
    /// Its size, in words.
    var size: String { get }

    /// Makes the data and times the operation on it.
    ///
    /// - Parameter reference: a backend in double on the host, which makes random data.
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

    var rowCount: Double { Double(taskCount) * Double(rowsPerTask) }
    /// Values in the rows, with one response.
    var valueCount: Double { rowCount * Double(featureCount + 1) }

    /// `10000 x 100 x 20`.
    package var text: String { "\(taskCount) x \(rowsPerTask) x \(featureCount)" }
}

extension BinaryFloatingPoint {
    /// The size of one value.
    static var byteCount: Double { Double(MemoryLayout<Self>.stride) }
}
