internal import Compute
internal import Methods

/// A whole fit, from rows in memory to estimates with their standard errors.
struct FitBenchmark: Benchmark {
    /// What the rows are like.
    enum Rows: String, Sendable {
        case even, weighted
        /// The same number of rows in all, a hundred times as many in the longest tasks as in the shortest.
        case ragged
        /// The last feature is nearly the first: normal equations do not carry it, and tasks are solved by QR.
        case illConditioned = "ill-conditioned"
        /// Every third task has the same coefficients: 2 for one of the first three features.
        case clustered
    }

    let estimator: any Estimator
    let problem: ProblemSize
    var rows = Rows.even
    /// What the estimator is asked for beyond its defaults.
    var variant: String?

    var name: String {
        "fit \(type(of: estimator).name)" + (rows == .even ? "" : ", \(rows.rawValue)")
            + (variant.map { ", \($0)" } ?? "")
    }
    var size: String { problem.text }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let problem = try RandomProblem(self.problem, rows, needsFloat: B.Scalar.self == Float.self, from: reference)
        let size = self.problem
        // The rows, and coefficients with their standard errors.
        let work = Work(
            values: size.rowValues + (rows == .weighted ? size.rowCount : 0) + 2 * size.vectorValues,
            of: B.Scalar.self, operations: size.gramOperations)
        try stopwatch.time(work) { () throws(ComputeError) in
            _ = try estimator.fit(problem, on: backend, reference: reference, progress: nil)
        }
    }
}

/// Ridge at ten penalties and in five folds, or least squares of all rows, from moments that are on the device.
struct RidgePathBenchmark: Benchmark {
    let problem: ProblemSize
    /// Whether one least-squares fit is timed instead.
    var isOneFit = false

    var name: String { isOneFit ? "one fit from moments" : "10 penalties x 5 folds" }
    var size: String { problem.text }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let rows = try RandomProblem(problem, .even, needsFloat: B.Scalar.self == Float.self, from: reference)
        let folds = RowFolds(foldCount: isOneFit ? 1 : 5, seed: 1)
        let folded = try FoldedMoments(of: rows, folds: folds, on: backend, progress: nil)
        let d = problem.features
        let fits = isOneFit ? 1.0 : 50
        let work = Work(
            values: (isOneFit ? 1 : 5) * problem.momentValues + fits * problem.vectorValues, of: B.Scalar.self,
            operations: fits * problem.tasks * (d * d * d / 3 + 4 * d * d))
        try stopwatch.time(work) { () throws(ComputeError) in
            if isOneFit {
                _ = try OwnEstimates(from: folded.training(without: nil))
            } else {
                _ = try RidgePath(Ridge(center: .pool), of: folded)
            }
        }
    }
}

/// ARMUL with a strength that is found among ten in five folds, from moments that are on the device, beside one fit at a
/// strength that is given: 51 fits, which should cost far less than as many.
struct TuningBenchmark: Benchmark {
    let structure: ARMUL.Structure
    let problem: ProblemSize

    var name: String {
        switch structure {
        case .vanilla: "tune armul"
        case .clustered(let clusters): "tune armul K = \(clusters.count)"
        case .lowRank(let rank): "tune armul rank \(rank)"
        }
    }
    var size: String { problem.text }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let rows = try RandomProblem(problem, .clustered, needsFloat: B.Scalar.self == Float.self, from: reference)
        let folded = try FoldedMoments(of: rows, folds: RowFolds(foldCount: 5, seed: 1), on: backend, progress: nil)
        let d = problem.features
        // Six eigensystems a task, and two products with one of them a fit.
        func work(eigensystems: Double, fits: Double) -> Work {
            Work(
                values: eigensystems * problem.momentValues + fits * problem.vectorValues, of: B.Scalar.self,
                operations: problem.tasks * (eigensystems * 9 * d * d * d + fits * 4 * d * d))
        }
        let tuned = try ARMUL(structure: structure).fit(folded, on: reference)
        let one = ARMUL(structure: structure, strength: tuned.penalty?.value ?? 1)
        try stopwatch.time(work(eigensystems: 1, fits: 1)) { () throws(ComputeError) in
            _ = try one.fit(folded, on: reference)
        }
        let seconds = stopwatch.minimum
        try stopwatch.time(work(eigensystems: 6, fits: 51)) { () throws(ComputeError) in
            _ = try ARMUL(structure: structure).fit(folded, on: reference)
        }
        stopwatch.baselineSeconds = seconds
    }
}

/// Rows of standard normals as a problem.
private struct RandomProblem: Problem {
    let layout: TaskLayout
    let featureCount: Int
    private let rows: RowArrays<Double>
    private let floatRows: RowArrays<Float>?

    init<R: Backend<Double>>(
        _ size: ProblemSize, _ kind: FitBenchmark.Rows, needsFloat: Bool, from reference: R
    ) throws(ComputeError) {
        layout = TaskLayout(sampleCounts: Self.sampleCounts(size, kind))
        featureCount = size.featureCount
        var rows = try reference.randomRows(
            of: Double.self, layout, featureCount: featureCount, isWeighted: kind == .weighted)
        if kind == .illConditioned { rows = Self.illConditioned(rows) }
        if kind == .clustered { rows = Self.clustered(rows) }
        self.rows = rows
        floatRows =
            needsFloat
            ? RowArrays(
                layout: layout, featureCount: featureCount, values: rows.values.map { Float($0) },
                weights: rows.weights?.map { Float($0) }) : nil
    }

    private static func sampleCounts(_ size: ProblemSize, _ kind: FitBenchmark.Rows) -> [Int] {
        guard kind == .ragged else { return Array(repeating: size.rowsPerTask, count: size.taskCount) }
        // Twenty lengths, each a factor above the one before, in turn.
        var lengths = [Double(size.featureCount + 5)]
        for _ in 1..<20 { lengths.append(lengths[lengths.count - 1] * 1.2743) }
        let mean = lengths.reduce(0, +) / 20
        return (0..<max(20, Int(size.rowCount / mean))).map { Int(lengths[$0 * 7 % 20]) }
    }

    private static func illConditioned(_ rows: RowArrays<Double>) -> RowArrays<Double> {
        var values = rows.values
        let (width, last) = (rows.rowWidth, rows.featureCount - 1)
        for row in stride(from: 0, to: values.count, by: width) {
            values[row + last] = values[row] + 1e-7 * values[row + last]
        }
        return RowArrays(layout: rows.layout, featureCount: rows.featureCount, values: values)
    }

    private static func clustered(_ rows: RowArrays<Double>) -> RowArrays<Double> {
        var values = rows.values
        let offsets = rows.layout.offsets
        for task in 0..<rows.layout.taskCount {
            for row in offsets[task]..<offsets[task + 1] {
                let first = row * rows.rowWidth
                values[first + rows.featureCount] += 2 * values[first + task % min(3, rows.featureCount)]
            }
        }
        return RowArrays(layout: rows.layout, featureCount: rows.featureCount, values: values)
    }

    var isWeighted: Bool { rows.isWeighted }
    var scaling: ColumnScaling { .identity(featureCount: featureCount) }
    var sampleCounts: [Int] { layout.sampleCounts }
    var clusters: ClusterCodes? { nil }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        if let rows = floatRows as? RowArrays<Scalar> { return rows }
        guard let rows = rows as? RowArrays<Scalar> else { preconditionFailure("rows in the backend's scalar") }
        return rows
    }
}
