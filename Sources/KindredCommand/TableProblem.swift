import Compute
import Engine
import Methods
import Tables

/// A design over a table as the problem that estimators are given.
struct TableProblem: Problem {
    let design: Design
    let scaling: ColumnScaling
    let clusters: ClusterCodes?
    /// The variance of each task's errors, where the user knows it.
    var errorVariances: [Double]?
    private let parallel: Parallel

    /// - Parameters:
    ///   - clusterColumn: the column whose labels are the clusters of the variance.
    ///   - loss: of a row; all but the squared one need the response as it is.
    init(design: Design, store: ColumnStore, clusterColumn: String?, loss: Loss, parallel: Parallel) throws {
        self.design = design
        self.parallel = parallel
        scaling = try design.sampledScaling(leavesResponse: loss != .squared)
        guard let clusterColumn, let column = store.column(named: clusterColumn, holdingNumbers: false),
            case .codes(let levels) = store.columns[column].kind
        else {
            clusters = nil
            return
        }
        clusters = ClusterCodes(clusterCount: levels.count) { rows, codes throws(ComputeError) in
            try store.readCodes(column: column, rows: rows, into: codes)
        }
    }

    var layout: TaskLayout { design.layout }
    var featureCount: Int { design.featureCount }
    var isWeighted: Bool { design.isWeighted }
    var weightScale: Double { design.weightScale }
    var sampleCounts: [Int] { design.positiveWeightCounts ?? layout.sampleCounts }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        design.source(scalar, scaling: scaling, parallel: parallel)
    }
}

/// An estimator applied to a problem, for a session to run where it sees fit.
struct FitJob<E: Estimator>: Job {
    let estimator: E
    let problem: TableProblem
    let messages: Messages

    /// Each attempt has a line of its own: that of one that fails is gone before the failure is told.
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Fit {
        let progress = ProgressLine("fitting", unit: "rows", messages: messages)
        defer { progress.finish() }
        let passes = progress.ofPasses(total: problem.layout.rowCount * estimator.passCount)
        return try estimator.fit(problem, on: backend, reference: reference, progress: passes)
    }
}
