import Compute
import Definitions
import Engine
import Methods
import TestSupport

/// A fit by any method, as the bits of all that it estimates.
struct FitBits<E: Estimator>: Job {
    let estimator: E

    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> [UInt64] {
        let fit = try estimator.fit(WalkedProblem.fitted, on: backend, reference: reference, progress: nil)
        let tasks = fit.tasks.map { $0.coefficients + $0.standardErrors } ?? []
        let center = fit.center.map { $0.coefficients + $0.standardErrors } ?? []
        return (tasks + center).map(\.bitPattern)
    }
}

/// A comparison of all methods, as the bits of their errors.
struct ComparisonBits: Job {
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> [UInt64] {
        let comparison = try CrossValidation(foldCount: 3).compare(
            WalkedProblem.fitted, on: backend, reference: reference)
        return comparison.compared.results.flatMap { [$0.meanError, $0.standardError] }.map(\.bitPattern)
    }
}

/// Two passes over rows in many chunks, which travel while those before them are summed.
struct ChunkedBits: Job {
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> [UInt64] {
        let problem = WalkedProblem.chunked
        let source = problem.source(of: B.Scalar.self)
        return try run(source, on: backend)
    }

    private func run<B: Backend, Source: TaskSource<B.Scalar>>(
        _ source: Source, on backend: B
    ) throws(ComputeError) -> [UInt64] {
        let taskCount = source.layout.taskCount
        let moments = try backend.makeMoments(taskCount: taskCount, featureCount: source.featureCount)
        try backend.forEachChunk(of: source, chunkRows: WalkedProblem.chunkRows) { rows throws(ComputeError) in
            try backend.accumulate(rows, rowWeights: nil, into: moments)
        }
        let coefficients = try backend.makeVectors(taskCount: taskCount, width: source.featureCount)
        try backend.upload(Array(repeating: 0.5, count: taskCount * source.featureCount), into: coefficients)
        var residuals: [Double] = []
        try backend.forEachChunk(of: source, chunkRows: WalkedProblem.chunkRows) { rows throws(ComputeError) in
            residuals += try backend.residuals(of: rows, at: coefficients)
        }
        return try (backend.download(moments.joint.triangles) + residuals).map(\.bitPattern)
    }
}

private enum WalkedProblem {
    /// One task has fewer rows than coefficients, and one more than a row block.
    static let fitted = ArrayProblem(
        RandomProblem(sampleCounts: [40, 2, 25, 600, 31], featureCount: 3, isWeighted: true))
    static let chunked = RandomProblem(sampleCounts: [700, 300, 520, 90], featureCount: 4, isWeighted: true)
    static let chunkRows = 200
}
