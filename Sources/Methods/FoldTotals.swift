import Compute

/// The moments of all tasks together in each fold, added up a shard at a time.
struct FoldTotals<B: Backend> {
    private let backend: B
    private let featureCount: Int
    /// Each fold's triangle, row by row.
    private var values: [Double]
    /// Whether each task added so far takes part: its moments in all folds are finite.
    private var isIncluded: [Bool] = []

    init(featureCount: Int, foldCount: Int, on backend: B) {
        self.backend = backend
        self.featureCount = featureCount
        values = Array(repeating: 0, count: foldCount * triangleCount(featureCount + 1))
    }

    /// Adds the moments of further tasks, leaving out those that are not finite.
    ///
    /// - Parameter total: of the tasks' folds.
    mutating func add(_ moments: FoldMoments<B.Buffer>, total: Moments<B.Buffer>) throws(ComputeError) {
        var taking = Array(repeating: true, count: moments.taskCount)
        var sums = try backend.sum(of: moments.triangles, taking: taking, adding: values)
        if !sums.allSatisfy(\.isFinite) {
            taking = try backend.areFinite(total)
            sums = try backend.sum(of: moments.triangles, taking: taking, adding: values)
        }
        values = sums
        isIncluded += taking
    }

    /// The total of the rows outside of a fold, or of all rows.
    func training(without fold: Int?) -> MomentTotal<B> {
        let size = triangleCount(featureCount + 1)
        var rest = Array(repeating: 0.0, count: size)
        for place in values.indices where place / size != fold { rest[place % size] += values[place] }
        return MomentTotal(featureCount: featureCount, values: rest, isIncluded: isIncluded, on: backend)
    }
}
