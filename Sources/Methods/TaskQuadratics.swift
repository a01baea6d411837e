import Compute

/// Each task's mean loss as a quadratic `f_j(x) = x'H_j x / 2 - b_j'x + e_j / 2` in the coefficients that are shrunk, with its
/// eigensystem, a shard at a time. Free coefficients are those that minimise it. A squared loss is one; any other has one
/// that touches it.
final class TaskQuadratics<B: Backend> {
    /// Consecutive tasks.
    struct Shard {
        let tasks: Range<Int>
        /// `H`, `b` and `e`.
        let moments: Moments<B.Buffer>
        let system: EigenSystem<B.Buffer>
        /// `b` in the coordinates of the eigenvectors.
        let linear: Vectors<B.Buffer>
    }

    let backend: B
    let shrunk: ShrunkCoefficients
    /// Whether these are the losses themselves, not expansions of others.
    let areLosses: Bool
    /// The sum of the weights of each task's rows, in the user's units.
    let weightSums: [Double]
    /// Whether each task has rows, and all its numbers are finite.
    private(set) var isIncluded: [Bool] = []
    /// What the free coefficients are, given those that are shrunk: ``QuadraticValues/levels``.
    private(set) var levels: [Double] = []
    /// `e_j`.
    private(set) var constants: [Double] = []
    /// `||b_j||`, the slope of each loss at zero.
    private(set) var slopes: [Double] = []
    /// The trace of each `H_j`, which no curvature of its loss exceeds.
    private(set) var traces: [Double] = []
    private let bring: Visit
    /// All tasks, where they are one shard.
    private var whole: Shard?

    /// Hands every shard's tasks and their losses to a visitor, in order.
    typealias Visitor = (Range<Int>, QuadraticValues) throws(ComputeError) -> Void
    typealias Visit = (Visitor) throws(ComputeError) -> Void

    /// - Parameter weightSums: of each task's rows, in the user's units.
    init(
        of shrunk: ShrunkCoefficients, areLosses: Bool = false, weightSums: [Double], on backend: B,
        _ bring: @escaping Visit
    ) throws(ComputeError) {
        self.shrunk = shrunk
        self.areLosses = areLosses
        self.weightSums = weightSums
        self.backend = backend
        self.bring = bring
        try bring { tasks, values throws(ComputeError) in
            self.describe(values, count: tasks.count)
            if tasks.count == weightSums.count { self.whole = try self.shard(values, tasks: tasks) }
        }
    }

    /// Squared losses.
    ///
    /// - Parameters:
    ///   - free: the intercept that is eliminated, if any.
    ///   - standardizes: whether features are divided by their deviations over all rows.
    convenience init(of moments: MomentShards<B>, free: Int?, standardizes: Bool) throws(ComputeError) {
        let (backend, scaling) = (moments.backend, moments.scaling)
        let variances = standardizes ? try moments.variances() : nil
        let shrunk = ShrunkCoefficients(scaling: scaling, free: free, variances: variances)
        let user = UserMoments(shrunk, scaling: scaling)
        try self.init(
            of: shrunk, areLosses: true, weightSums: moments.weightSums.map { $0 / moments.weightScale }, on: backend
        ) { visitor throws(ComputeError) in
            try moments.forEachShard { tasks, shard throws(ComputeError) in
                try visitor(
                    tasks,
                    user.convert(
                        try backend.download(shard.joint.triangles), weightSums: Array(moments.weightSums[tasks]),
                        backend.parallel))
            }
        }
    }

    /// Those of another, on another backend.
    private init(_ other: TaskQuadratics, _ whole: Shard, on backend: B) {
        self.backend = backend
        self.whole = whole
        shrunk = other.shrunk
        areLosses = other.areLosses
        weightSums = other.weightSums
        isIncluded = other.isIncluded
        levels = other.levels
        constants = other.constants
        slopes = other.slopes
        traces = other.traces
        bring = other.bring
    }

    /// The same for one thread, which may work beside others; nil where the backend has no such thing, or tasks come in
    /// several shards.
    func forOneThread() -> TaskQuadratics? {
        guard let whole, let backend = backend.forOneThread() else { return nil }
        return TaskQuadratics(self, whole, on: backend)
    }

    var taskCount: Int { weightSums.count }
    /// Coefficients that are shrunk.
    var order: Int { shrunk.order }

    /// Eigenvalues below this times the largest count as 0.
    static var tolerance: B.Scalar { 256 * B.Scalar.ulpOfOne }

    /// Calls `body` with each shard in order.
    func forEachShard(_ body: (Shard) throws(ComputeError) -> Void) throws(ComputeError) {
        if let whole { return try body(whole) }
        try bring { tasks, values throws(ComputeError) in try body(try self.shard(values, tasks: tasks)) }
    }

    private func shard(_ values: QuadraticValues, tasks: Range<Int>) throws(ComputeError) -> Shard {
        let moments = try backend.makeMoments(taskCount: tasks.count, featureCount: order)
        try backend.upload(values.joint, into: moments.joint.triangles)
        let system = try backend.makeEigenSystem(taskCount: tasks.count, order: order)
        try backend.eigen(moments.gram, into: system)
        let linear = try backend.makeVectors(taskCount: tasks.count, width: order)
        try backend.coordinates(of: moments.cross, in: system, into: linear)
        return Shard(tasks: tasks, moments: moments, system: system, linear: linear)
    }

    /// Keeps what is known of each task.
    private func describe(_ values: QuadraticValues, count: Int) {
        let width = triangleCount(order + 1)
        levels += values.levels
        isIncluded += values.isIncluded
        for task in 0..<count {
            let own = values.joint[task * width..<(task + 1) * width]
            let linear = own.suffix(order + 1).dropLast()
            constants.append(own.last ?? 0)
            traces.append((0..<order).reduce(0) { $0 + own[own.startIndex + triangleCount($1) + $1] })
            slopes.append(linear.reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
    }
}

/// The losses of consecutive tasks as quadratics.
struct QuadraticValues {
    /// For each task `H`, `b` and `e` as one triangle, row by row: zeros where a number is not finite or there are no rows.
    let joint: [Double]
    /// For each task, and each column of coefficients where they are free: the free coefficient is the last value less the
    /// product of those before it with the coefficients that are shrunk. Of a squared loss they are the means of features
    /// and response. Zeros without an intercept.
    let levels: [Double]
    /// Whether each task has rows, and all its numbers are finite.
    let isIncluded: [Bool]
}

extension MomentShards {
    /// The variance of each feature over all rows, on the user's scale.
    func variances() throws(ComputeError) -> [Double] {
        let total = try total()
        return scaling.variances(of: total.values, weight: weightSum(of: total.isIncluded))
    }
}
