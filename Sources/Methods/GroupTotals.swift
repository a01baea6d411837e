import Compute

/// The moments of each group's tasks together, by fold.
struct GroupTotals<B: Backend> {
    private let backend: B
    private let featureCount: Int
    private let foldCount: Int
    let groups: TaskGroups
    /// For each group each fold's triangle, row by row.
    private let values: [Double]
    /// Whether each task takes part: its moments, and so its rows, are finite.
    let isIncluded: [Bool]

    /// Adds up the tasks of each group, leaving out those that are not finite.
    ///
    /// - Parameter total: of the tasks' folds.
    init(
        of moments: FoldMoments<B.Buffer>, total: Moments<B.Buffer>, groups: TaskGroups, on backend: B
    ) throws(ComputeError) {
        self.backend = backend
        self.groups = groups
        (featureCount, foldCount) = (moments.featureCount, moments.foldCount)
        var taking = Array(repeating: true, count: moments.taskCount)
        var sums = try backend.sums(of: moments.triangles, taking: taking, groups: groups)
        if !sums.allSatisfy(\.isFinite) {
            let size = sums.count / groups.count
            let areFinite = try backend.areFinite(total)
            for (group, tasks) in groups.ranges.enumerated()
            where !sums[group * size..<(group + 1) * size].allSatisfy(\.isFinite) {
                for task in tasks { taking[task] = areFinite[task] }
            }
            sums = try backend.sums(of: moments.triangles, taking: taking, groups: groups)
        }
        values = sums
        isIncluded = taking
    }

    /// How many of a group's tasks take part.
    func includedCount(_ group: Int) -> Int { groups.ranges[group].count { isIncluded[$0] } }

    /// The sum over each group's tasks that take part.
    func sums(of counts: [Int]) -> [Int] {
        groups.ranges.map { range in range.reduce(0) { isIncluded[$1] ? $0 + counts[$1] : $0 } }
    }

    /// The total of the rows outside of a fold, or of all rows: for each group a triangle, row by row.
    func training(without fold: Int?) -> [Double] {
        let size = triangleCount(featureCount + 1)
        if foldCount == 1 { return values }
        var rest = Array(repeating: 0.0, count: groups.count * size)
        for group in 0..<groups.count {
            for other in 0..<foldCount where other != fold {
                let start = (group * foldCount + other) * size
                for place in 0..<size { rest[group * size + place] += values[start + place] }
            }
        }
        return rest
    }

    /// Totals as moments, a task a group.
    func moments(_ totals: [Double]) throws(ComputeError) -> Moments<B.Buffer> {
        let moments = try backend.makeMoments(taskCount: groups.count, featureCount: featureCount)
        try backend.upload(totals, into: moments.joint.triangles)
        return moments
    }
}

extension Backend {
    /// The sums over each group's tasks that `taking` says.
    fileprivate func sums(
        of vectors: Vectors<Buffer>, taking: [Bool], groups: TaskGroups
    ) throws(ComputeError) -> [Double] {
        let weights = try makeVectors(taskCount: vectors.taskCount, width: 1, zeroed: false)
        try upload(taking.map { $0 ? 1 : 0 }, into: weights)
        let sums = try makeVectors(taskCount: groups.count, columnCount: vectors.columnCount, width: vectors.width)
        try weightedSum(of: vectors, weights: weights, groups: groups, into: sums)
        return try download(sums)
    }

    /// Gives each task of a group the group's values; others get zeros.
    ///
    /// - Parameter values: `groups x width`.
    func spread(
        _ values: [Double], width: Int, over groups: TaskGroups, taskCount: Int
    ) throws(ComputeError) -> Vectors<Buffer> {
        let spread = [Double](unsafeUninitializedCapacity: taskCount * width) { spread, count in
            spread.initialize(repeating: 0)
            parallel.forEachRange(of: groups.count, grain: 16) { range in
                for group in range {
                    for task in groups.ranges[group] {
                        for entry in 0..<width { spread[task &* width &+ entry] = values[group &* width &+ entry] }
                    }
                }
            }
            count = taskCount * width
        }
        let vectors = try makeVectors(taskCount: taskCount, width: width, zeroed: false)
        try upload(spread, into: vectors)
        return vectors
    }
}
