internal import Compute
internal import Methods

/// MOLAR's estimates of many tasks from what is in memory: from moments, factors and inverse diagonals included, or from own
/// estimates with their standard errors, medians and thresholds alone.
struct MolarBenchmark: Benchmark {
    let taskCount: Int
    let featureCount: Int
    var isFromMoments = false

    var name: String { isFromMoments ? "molar from moments" : "molar from estimates" }
    var size: String { "\(taskCount) x \(featureCount)" }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let problem = MomentProblem(taskCount: taskCount, featureCount: featureCount)
        let folded = try FoldedMoments(
            of: problem, folds: RowFolds(foldCount: 1, seed: 0), on: backend, progress: nil)
        let (tasks, d) = (Double(taskCount), Double(featureCount))
        let values = tasks * (3 * d + 2)
        guard isFromMoments else {
            let own = try OwnEstimates(from: folded.training(without: nil))
            return try stopwatch.time(Work(values: values, of: Double.self, operations: 6 * tasks * d)) {
                () throws(ComputeError) in
                _ = try MOLARShrinkage(MOLAR(), of: own, on: reference)
            }
        }
        let work = Work(
            values: tasks * (d + 1) * (d + 2) / 2 + values, of: B.Scalar.self,
            operations: tasks * (2 * d * d * d / 3 + 3 * d * d))
        try stopwatch.time(work) { () throws(ComputeError) in
            let own = try OwnEstimates(from: folded.training(without: nil))
            _ = try MOLARShrinkage(MOLAR(), of: own, on: reference)
        }
    }
}

/// Tasks of fifty rows whose moments are made up: features of variance 1 that are hardly correlated.
private struct MomentProblem: Problem {
    let layout: TaskLayout
    let featureCount: Int

    init(taskCount: Int, featureCount: Int) {
        layout = TaskLayout(sampleCounts: Array(repeating: MomentWriter.rowCount, count: taskCount))
        self.featureCount = featureCount
    }

    var isWeighted: Bool { false }
    var scaling: ColumnScaling { .identity(featureCount: featureCount) }
    var sampleCounts: [Int] { layout.sampleCounts }
    var clusters: ClusterCodes? { nil }
    var drawnMoments: (any DrawnMoments)? { MomentWriter(featureCount: featureCount) }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        preconditionFailure("there are no rows")
    }
}

private struct MomentWriter: DrawnMoments {
    static let rowCount = 50
    let featureCount: Int

    var foldCount: Int { 1 }
    func rowCount(of task: Int, fold: Int) -> Int { Self.rowCount }

    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        var state = UInt64(truncatingIfNeeded: task) &* 0x9e37_79b9_7f4a_7c15
        var entry = 0
        for row in 0...featureCount {
            for column in 0...row {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // Between -1 and 1.
                let noise = Double(state >> 11) * 0x1p-52 - 1
                let isResponse = row == featureCount
                let diagonal = row == column ? Double(Self.rowCount * (isResponse ? featureCount + 1 : 1)) : 0
                triangle[entry] = diagonal + (isResponse && row != column ? Double(Self.rowCount) + 5 * noise : noise)
                entry += 1
            }
        }
    }
}
