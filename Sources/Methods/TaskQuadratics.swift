import Compute

/// Each task's mean squared loss as a quadratic `f_j(x) = x'H_j x / 2 - b_j'x + e_j / 2` on the user's scale, with its
/// eigensystem, a shard at a time.
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
    let user: UserMoments
    /// The sum of the weights of each task's rows, in the user's units.
    let weightSums: [Double]
    /// Whether each task has rows, and all its numbers are finite.
    private(set) var isIncluded: [Bool] = []
    /// For each task the means of the features that remain, then of the response.
    private(set) var means: [Double] = []
    /// `e_j`.
    private(set) var constants: [Double] = []
    /// `||b_j||`, the slope of each loss at zero.
    private(set) var slopes: [Double] = []
    /// The trace of each `H_j`, which no curvature of its loss exceeds.
    private(set) var traces: [Double] = []
    private let source: MomentShards<B>
    /// All tasks, where they are one shard.
    private var whole: Shard?

    /// - Parameters:
    ///   - free: the intercept that is eliminated, if any.
    ///   - standardizes: whether features are divided by their deviations over all rows.
    init(of moments: MomentShards<B>, free: Int?, standardizes: Bool) throws(ComputeError) {
        source = moments
        backend = moments.backend
        var variances: [Double]?
        if standardizes {
            let total = try moments.total()
            variances = moments.scaling.variances(of: total.values, weight: moments.weightSum(of: total.isIncluded))
        }
        user = UserMoments(scaling: moments.scaling, free: free, variances: variances)
        weightSums = moments.weightSums.map { $0 / moments.weightScale }
        try source.forEachShard { tasks, moments throws(ComputeError) in
            let converted = try convert(moments, tasks: tasks)
            describe(converted, count: tasks.count)
            if tasks.count == weightSums.count { whole = try shard(converted, tasks: tasks) }
        }
    }

    var taskCount: Int { weightSums.count }
    /// Coefficients that are shrunk.
    var order: Int { user.order }
    /// All coefficients.
    var featureCount: Int { order + (user.free == nil ? 0 : 1) }

    /// Eigenvalues below this times the largest count as 0.
    static var tolerance: B.Scalar { 256 * B.Scalar.ulpOfOne }

    /// Calls `body` with each shard in order.
    func forEachShard(_ body: (Shard) throws(ComputeError) -> Void) throws(ComputeError) {
        if let whole { return try body(whole) }
        try source.forEachShard { tasks, moments throws(ComputeError) in
            try body(try shard(convert(moments, tasks: tasks), tasks: tasks))
        }
    }

    private func convert(
        _ moments: Moments<B.Buffer>, tasks: Range<Int>
    ) throws(ComputeError) -> ConvertedMoments {
        user.convert(
            try backend.download(moments.joint.triangles), weightSums: Array(source.weightSums[tasks]),
            backend.parallel)
    }

    private func shard(_ converted: ConvertedMoments, tasks: Range<Int>) throws(ComputeError) -> Shard {
        let moments = try backend.makeMoments(taskCount: tasks.count, featureCount: order)
        try backend.upload(converted.joint, into: moments.joint.triangles)
        let system = try backend.makeEigenSystem(taskCount: tasks.count, order: order)
        try backend.eigen(moments.gram, into: system)
        let linear = try backend.makeVectors(taskCount: tasks.count, width: order)
        try backend.coordinates(of: moments.cross, in: system, into: linear)
        return Shard(tasks: tasks, moments: moments, system: system, linear: linear)
    }

    /// Keeps what is known of each task.
    private func describe(_ converted: ConvertedMoments, count: Int) {
        let width = triangleCount(order + 1)
        means += converted.means
        isIncluded += converted.isIncluded
        for task in 0..<count {
            let own = converted.joint[task * width..<(task + 1) * width]
            let linear = own.suffix(order + 1).dropLast()
            constants.append(own.last ?? 0)
            traces.append((0..<order).reduce(0) { $0 + own[own.startIndex + triangleCount($1) + $1] })
            slopes.append(linear.reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
    }
}
