/// For each task, the eigenvalues and eigenvectors of a symmetric matrix `G = V diag(l) V'`.
public struct EigenSystem<Buffer> {
    /// `l`, ascending: one column a task.
    public let values: Vectors<Buffer>
    /// `V`: a column for each eigenvalue, in their order, of length 1.
    public let vectors: Vectors<Buffer>

    package init(values: Vectors<Buffer>, vectors: Vectors<Buffer>) {
        self.values = values
        self.vectors = vectors
    }

    /// Sweeps of Jacobi's rotations after which a matrix is left as it is: far more than any needs, some 6 to 10.
    package static var sweepLimit: Int { 40 }

    public var taskCount: Int { values.taskCount }
    public var order: Int { values.width }
}
