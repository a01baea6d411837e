import Compute

/// What is left of ARMUL's objective when tasks' coefficients are eliminated, as a function of the centre alone:
///
///     F(c) = sum over tasks of w_j f~_j(c),    f~_j(c) = min over x of f_j(x) + lambda_j ||x - c||
///
/// or with another ``Distance``. It is convex and smooth. It is formed for several strengths of the penalty, and for each of several groups of tasks.
struct ProfiledLoss<B: Backend> {
    private(set) var quadratics: TaskQuadratics<B>
    let sharing: CenterSharing
    /// The tasks of each group that shares a centre.
    let members: [[Int]]
    /// `w_j`: 0 for a task that takes no part, and 1 in all over a group.
    private(set) var weights: [Double]
    /// `lambda_j` at a strength of 1. For a task that takes no part any number does.
    let thresholds: [Double]
    /// What the penalty grows with.
    let distance: Distance
    /// Slopes that a search for centres may leave, beside those that rounding does: where the losses are expansions, a
    /// search to the end would be for nothing.
    var accuracy = 0.0

    /// - Parameter strengths: one a group, that its thresholds are multiplied with.
    init(
        _ quadratics: TaskQuadratics<B>, sharing: CenterSharing, weights: [Double], thresholds: [Double],
        strengths: [Double], distance: Distance
    ) {
        self.quadratics = quadratics
        self.distance = distance
        self.sharing = sharing
        members = sharing.members(taskCount: quadratics.taskCount)
        var (shares, limits) = (weights.map { _ in 0.0 }, thresholds)
        for (group, tasks) in members.enumerated() {
            let total = tasks.reduce(0.0) { quadratics.isIncluded[$1] ? $0 + weights[$1] : $0 }
            for task in tasks {
                shares[task] = quadratics.isIncluded[task] ? weights[task] / total : 0
                limits[task] = quadratics.isIncluded[task] ? thresholds[task] * strengths[group] : 1
            }
        }
        self.weights = shares
        self.thresholds = limits
    }

    /// The same at another strength.
    func times(_ strength: Double) -> ProfiledLoss {
        var other = ProfiledLoss(
            quadratics, sharing: sharing, weights: weights, thresholds: thresholds,
            strengths: members.map { _ in strength }, distance: distance)
        other.accuracy = accuracy
        return other
    }

    /// The same sum without some tasks.
    func leavingOut(_ tasks: [Int]) -> ProfiledLoss {
        var other = self
        for task in tasks { other.weights[task] = 0 }
        return other
    }

    /// The same with a centre for each label.
    func sharing(_ labels: [Int], count: Int) -> ProfiledLoss {
        var other = ProfiledLoss(
            quadratics, sharing: .labels(labels, count: count), weights: weights, thresholds: thresholds,
            strengths: (0..<count).map { _ in 1 }, distance: distance)
        other.accuracy = accuracy
        return other
    }

    /// The same for one thread: ``TaskQuadratics/forOneThread()``.
    func forOneThread() -> ProfiledLoss? {
        guard let quadratics = quadratics.forOneThread() else { return nil }
        var other = self
        other.quadratics = quadratics
        return other
    }

    var backend: B { quadratics.backend }
    var order: Int { quadratics.order }
    var groupCount: Int { members.count }

    /// `sum of w_j e_j / 2` over each group: what `F` lacks of the objective.
    var constants: [Double] {
        members.map { tasks in tasks.reduce(0.0) { $0 + weights[$1] * quadratics.constants[$1] / 2 } }
    }

    /// `sum of w_j H_j` over each group as a triangle, with `sum of w_j b_j` and `e_j` behind it.
    func totals() throws(ComputeError) -> [[Double]] {
        let width = triangleCount(order + 1)
        var totals = Array(repeating: 0.0, count: groupCount * width)
        try quadratics.forEachShard { shard throws(ComputeError) in
            try backend.add(
                shard.moments.joint.triangles, weights: upload(weights, of: shard), at: shard.tasks, sharing,
                to: &totals)
        }
        return totals.split(into: groupCount)
    }

    /// The sums at one centre for each group and strength.
    ///
    /// - Parameter centers: `groups x strengths x order`.
    func sums(at centers: [Double], strengths: [Double]) throws(ComputeError) -> ProfileSums {
        let (count, triangle) = (strengths.count, triangleCount(order))
        var values = Array(repeating: 0.0, count: groupCount * count)
        var gradients = Array(repeating: 0.0, count: values.count * order)
        var curvatures = Array(repeating: 0.0, count: values.count * triangle)
        try quadratics.forEachShard { shard throws(ComputeError) in
            let weights = try upload(weights, of: shard)
            let limits = try upload(thresholds, of: shard)
            let size = columnsAtOnce(taskCount: shard.tasks.count)
            for first in stride(from: 0, to: count, by: size) {
                let columns = first..<min(first + size, count)
                let result = try backend.makeInfimalConvolution(
                    taskCount: shard.tasks.count, columnCount: columns.count, order: order, hasCurvatures: true)
                try write(
                    centers.columns(columns, of: count, width: order), strengths: Array(strengths[columns]), limits,
                    of: shard, into: result)
                func add(_ vectors: Vectors<B.Buffer>, to totals: inout [Double]) throws(ComputeError) {
                    var part = totals.columns(columns, of: count, width: vectors.width)
                    try backend.add(vectors, weights: weights, at: shard.tasks, sharing, to: &part)
                    totals.setColumns(columns, of: count, width: vectors.width, to: part)
                }
                try add(result.values, to: &values)
                try add(result.gradients, to: &gradients)
                if let second = result.curvatures { try add(second, to: &curvatures) }
            }
        }
        return ProfileSums(
            values: values, gradients: gradients.split(into: values.count),
            curvatures: curvatures.split(into: values.count))
    }

    /// Writes the infimal convolutions of a shard's tasks at one centre for each group and strength.
    func write(
        _ centers: [Double], strengths: [Double], _ limits: Vectors<B.Buffer>, of shard: TaskQuadratics<B>.Shard,
        into result: InfimalConvolution<B.Buffer>
    ) throws(ComputeError) {
        let multiples = try backend.makeVectors(taskCount: 1, columnCount: strengths.count, width: 1)
        try backend.upload(strengths, into: multiples)
        let lambdas = try backend.makeVectors(
            taskCount: shard.tasks.count, columnCount: strengths.count, width: 1)
        // A strength of 0 leaves out what it is multiplied with, even infinity.
        try backend.combine(limits.scaled(by: multiples), into: lambdas)
        try write(at: place(centers, columnCount: strengths.count, of: shard), lambdas, of: shard, into: result)
    }

    /// Writes the infimal convolutions of a shard's tasks at some centres, with penalties that are given.
    func write(
        at centers: Vectors<B.Buffer>, _ lambdas: Vectors<B.Buffer>, of shard: TaskQuadratics<B>.Shard,
        into result: InfimalConvolution<B.Buffer>
    ) throws(ComputeError) {
        try backend.infimalConvolution(
            of: shard.system, linear: shard.linear, at: centers, thresholds: lambdas, distance: distance,
            tolerance: TaskQuadratics<B>.tolerance, into: result)
    }

    /// The centres of each group at its tasks.
    func place(
        _ centers: [Double], columnCount: Int, of shard: TaskQuadratics<B>.Shard
    ) throws(ComputeError) -> Vectors<B.Buffer> {
        try backend.place(centers, columnCount: columnCount, width: order, at: shard.tasks, sharing)
    }

    /// A value a task of a shard.
    func upload(_ values: [Double], of shard: TaskQuadratics<B>.Shard) throws(ComputeError) -> Vectors<B.Buffer> {
        let vectors = try backend.makeVectors(taskCount: shard.tasks.count, width: 1)
        try backend.upload(Array(values[shard.tasks]), into: vectors)
        return vectors
    }

    /// So many that what is written of them stays within a fraction of the memory.
    private func columnsAtOnce(taskCount: Int) -> Int {
        let bytes = taskCount * (triangleCount(order) + 2 * order + 2) * MemoryLayout<B.Scalar>.stride
        return max(1, min(backend.memoryBytes / 8, Self.resultBytes) / max(1, bytes))
    }

    private static var resultBytes: Int { 256_000_000 }
}

/// `F` with its first and second derivatives: one for each group and strength.
struct ProfileSums {
    let values: [Double]
    let gradients: [[Double]]
    /// Lower triangles, row by row.
    let curvatures: [[Double]]
}

extension Array where Element == Double {
    /// So many runs of the same length.
    func split(into runCount: Int) -> [[Double]] {
        let width = runCount > 0 ? count / runCount : 0
        return (0..<runCount).map { Array(self[$0 * width..<($0 + 1) * width]) }
    }

    /// Some of the columns of an array of `columnCount` columns of `width` values.
    fileprivate func columns(_ columns: Range<Int>, of columnCount: Int, width: Int) -> [Double] {
        if columns.count == columnCount || width == 0 { return self }
        return stride(from: 0, to: count, by: columnCount * width).flatMap {
            self[$0 + columns.lowerBound * width..<$0 + columns.upperBound * width]
        }
    }

    fileprivate mutating func setColumns(_ columns: Range<Int>, of columnCount: Int, width: Int, to values: [Double]) {
        if columns.count == columnCount || width == 0 {
            self = values
            return
        }
        let size = columns.count * width
        for (row, start) in stride(from: 0, to: count, by: columnCount * width).enumerated() {
            for place in 0..<size {
                self[start + columns.lowerBound * width + place] = values[row * size + place]
            }
        }
    }
}
