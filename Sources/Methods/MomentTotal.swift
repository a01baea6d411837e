import Compute

/// The moments of all tasks together, added up a shard at a time.
struct MomentTotal<B: Backend> {
    private let backend: B
    private let featureCount: Int
    /// The total's triangle, row by row.
    private(set) var values: [Double]
    /// Whether each task added so far takes part: its moments, and so its rows, are finite.
    private(set) var isIncluded: [Bool] = []

    init(featureCount: Int, on backend: B) {
        self.backend = backend
        self.featureCount = featureCount
        values = Array(repeating: 0, count: triangleCount(featureCount + 1))
    }

    /// A total that is known.
    init(featureCount: Int, values: [Double], isIncluded: [Bool], on backend: B) {
        self.backend = backend
        self.featureCount = featureCount
        self.values = values
        self.isIncluded = isIncluded
    }

    /// Adds the moments of further tasks, leaving out those that are not finite.
    mutating func add(_ moments: Moments<B.Buffer>) throws(ComputeError) {
        var taking = Array(repeating: true, count: moments.taskCount)
        var sums = try sum(of: moments, taking: taking)
        if !sums.allSatisfy(\.isFinite) {
            taking = try backend.areFinite(moments)
            sums = try sum(of: moments, taking: taking)
        }
        values = sums
        isIncluded += taking
    }

    /// Adds the moments of those further tasks that `taking` says.
    mutating func add(_ moments: Moments<B.Buffer>, taking: [Bool]) throws(ComputeError) {
        values = try sum(of: moments, taking: taking)
        isIncluded += taking
    }

    /// The total, as the moments of one task.
    func moments() throws(ComputeError) -> Moments<B.Buffer> {
        let moments = try backend.makeMoments(taskCount: 1, featureCount: featureCount)
        try backend.upload(values, into: moments.joint.triangles)
        return moments
    }

    private func sum(of moments: Moments<B.Buffer>, taking: [Bool]) throws(ComputeError) -> [Double] {
        try backend.sum(of: moments.joint.triangles, taking: taking, adding: values)
    }
}

extension Backend {
    /// `totals` and the vectors of those tasks that `taking` says.
    func sum(
        of vectors: Vectors<Buffer>, taking: [Bool], adding totals: [Double]
    ) throws(ComputeError) -> [Double] {
        let weights = try makeVectors(taskCount: vectors.taskCount, width: 1, zeroed: false)
        try upload(taking.map { $0 ? 1 : 0 }, into: weights)
        return try weightedSum(of: vectors, weights: weights, adding: totals)
    }

    /// Whether each task's moments are finite: factoring finds out.
    func areFinite(_ moments: Moments<Buffer>) throws(ComputeError) -> [Bool] {
        let factor = try makeFactor(taskCount: moments.taskCount, order: moments.featureCount + 1)
        try self.factor(moments.joint, tolerance: LeastSquares<Self>.collinearityTolerance, into: factor)
        let diagnosis = try download(factor.diagnosis)
        return (0..<moments.taskCount).map { diagnosis[2 * $0] >= 0 }
    }
}
