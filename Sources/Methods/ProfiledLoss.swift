import Compute

/// What is left of ARMUL's objective when tasks' coefficients are eliminated, as a function of the centre alone:
///
///     F(c) = sum over tasks of w_j f~_j(c),    f~_j(c) = min over x of f_j(x) + lambda_j ||x - c||
///
/// It is convex and smooth. It is formed for several strengths of the penalty, and for each of several groups of tasks.
struct ProfiledLoss<B: Backend> {
    let quadratics: TaskQuadratics<B>
    /// The tasks of each group; nil where all tasks are one.
    let groups: TaskGroups?
    /// `w_j`: 0 for a task that takes no part, and 1 in all over a group.
    let weights: [Double]
    /// What a strength is multiplied with to be `lambda_j`.
    let thresholds: [Double]

    init(_ quadratics: TaskQuadratics<B>, groups: TaskGroups?, weights: [Double], thresholds: [Double]) {
        self.quadratics = quadratics
        self.groups = groups
        self.thresholds = thresholds
        var shares = weights
        for range in groups?.ranges ?? [0..<quadratics.taskCount] {
            let total = range.reduce(0.0) { quadratics.isIncluded[$1] ? $0 + weights[$1] : $0 }
            for task in range { shares[task] = quadratics.isIncluded[task] ? weights[task] / total : 0 }
        }
        self.weights = shares
    }

    var backend: B { quadratics.backend }
    var order: Int { quadratics.order }
    var groupCount: Int { groups?.count ?? 1 }
    var ranges: [Range<Int>] { groups?.ranges ?? [0..<quadratics.taskCount] }

    /// `lambda_j` of every task; 0 for one that takes no part.
    ///
    /// - Parameter strengths: one a group.
    func limits(_ strengths: [Double]) -> [Double] {
        var limits = Array(repeating: 0.0, count: weights.count)
        for (group, range) in ranges.enumerated() {
            for task in range where weights[task] > 0 { limits[task] = strengths[group] * thresholds[task] }
        }
        return limits
    }

    /// `sum of w_j e_j / 2` over each group: what `F` lacks of the objective.
    var constants: [Double] {
        ranges.map { range in range.reduce(0.0) { $0 + weights[$1] * quadratics.constants[$1] / 2 } }
    }

    /// `sum of w_j H_j` over each group as a triangle, with `sum of w_j b_j` and `e_j` behind it.
    func totals() throws(ComputeError) -> [[Double]] {
        let width = triangleCount(order + 1)
        var totals = Array(repeating: 0.0, count: groupCount * width)
        try quadratics.forEachShard { shard throws(ComputeError) in
            try add(shard.moments.joint.triangles, weights: upload(weights, of: shard), to: &totals)
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
                try add(result.values, weights: weights, columns: columns, of: count, to: &values)
                try add(result.gradients, weights: weights, columns: columns, of: count, to: &gradients)
                guard let second = result.curvatures else { continue }
                try add(second, weights: weights, columns: columns, of: count, to: &curvatures)
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
        try backend.combine(multiples.scaled(by: limits), into: lambdas)
        try backend.infimalConvolution(
            of: shard.system, linear: shard.linear, at: place(centers, columnCount: strengths.count, of: shard),
            thresholds: lambdas, tolerance: TaskQuadratics<B>.tolerance, into: result)
    }

    /// The centres of each group at its tasks.
    func place(
        _ centers: [Double], columnCount: Int, of shard: TaskQuadratics<B>.Shard
    ) throws(ComputeError) -> Vectors<B.Buffer> {
        guard let groups else {
            let vectors = try backend.makeVectors(taskCount: 1, columnCount: columnCount, width: order)
            try backend.upload(centers, into: vectors)
            return vectors
        }
        let spread = try backend.spread(
            centers, width: columnCount * order, over: groups, taskCount: shard.tasks.count)
        return spread.reshaped(columnCount: columnCount)
    }

    /// A value a task of a shard.
    func upload(_ values: [Double], of shard: TaskQuadratics<B>.Shard) throws(ComputeError) -> Vectors<B.Buffer> {
        let vectors = try backend.makeVectors(taskCount: shard.tasks.count, width: 1)
        try backend.upload(Array(values[shard.tasks]), into: vectors)
        return vectors
    }

    /// Adds up each group's weighted vectors, of some of so many columns.
    private func add(
        _ vectors: Vectors<B.Buffer>, weights: Vectors<B.Buffer>, columns: Range<Int>, of columnCount: Int,
        to totals: inout [Double]
    ) throws(ComputeError) {
        var part = totals.columns(columns, of: columnCount, width: vectors.width)
        try add(vectors, weights: weights, to: &part)
        totals.setColumns(columns, of: columnCount, width: vectors.width, to: part)
    }

    private func add(
        _ vectors: Vectors<B.Buffer>, weights: Vectors<B.Buffer>, to totals: inout [Double]
    ) throws(ComputeError) {
        guard let groups else {
            totals = try backend.weightedSum(of: vectors, weights: weights, adding: totals)
            return
        }
        let sums = try backend.makeVectors(
            taskCount: groups.count, columnCount: vectors.columnCount, width: vectors.width)
        try backend.weightedSum(of: vectors, weights: weights, groups: groups, into: sums)
        for (place, value) in try backend.download(sums).enumerated() { totals[place] += value }
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

extension Vectors {
    /// One column a task as several: the same values in the same order.
    fileprivate func reshaped(columnCount: Int) -> Vectors {
        Vectors(
            taskCount: taskCount, columnCount: columnCount, width: valuesPerTask / columnCount, entries: entries)
    }
}
