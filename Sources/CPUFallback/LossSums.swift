import Compute

/// What is summed of a loss over the rows of one block, in one thread's memory.
protocol LossSums<Scalar>: ThreadScratch {
    associatedtype Scalar: LaneScalar

    /// Takes the coefficients of a task, whose entries lie `stride` apart.
    func take(_ source: UnsafePointer<Scalar>, stride: Int)
    /// Sums over `rowCount` rows, from zero.
    func sum(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int, wantsValue: Bool,
        wantsGradient: Bool)
    /// Adds the values, one a fit, to those that lie `stride` apart.
    func addValues(to destination: UnsafeMutablePointer<Scalar>, stride: Int)
    /// Adds the gradient's columns to values that lie `stride` apart.
    func addGradient(to destination: UnsafeMutablePointer<Scalar>, stride: Int)
}
