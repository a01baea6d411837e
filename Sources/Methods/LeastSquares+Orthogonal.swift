import Compute

extension LeastSquares {
    /// Whether the normal equations, in double, leave a task's coefficients fewer than six certain digits, or cannot
    /// tell its columns apart: QR of its rows may.
    func isBeyondMoments(_ task: Int) -> Bool {
        switch statuses[task] {
        case .ok: !(Self.unit * conditions[task] * conditions[task] <= 1e-6)
        case .collinear: true
        default: false
        }
    }

    /// The same by QR of the rows, for each group of tasks that share their coefficients.
    ///
    /// - Parameter sampleCounts: the number of observations of each group.
    init(
        orthogonalizing problem: some Problem, groups: CoefficientSharing, sampleCounts: [Int], on backend: B,
        progress: PassProgress?
    ) throws(ComputeError) {
        let featureCount = problem.featureCount
        let triangles = try OrthogonalFactors(
            of: problem, groups: groups, parallel: backend.parallel, progress: progress)
        let factor = try backend.makeFactor(taskCount: groups.count, order: featureCount)
        let scaled = try backend.makeVectors(taskCount: groups.count, width: featureCount)
        // Residuals have to tell a variance that is not known.
        let leastCount = featureCount + (problem.errorVariances == nil ? 1 : 0)
        let statuses = (0..<groups.count).map { group in
            sampleCounts[group] < leastCount ? .tooFewRows : triangles.status(of: group)
        }
        // What is not solved has the identity for its factor, and zeros.
        let identity = (0..<featureCount).flatMap { row in (0...row).map { $0 == row ? 1.0 : 0.0 } }
        let zeros = Array(repeating: 0.0, count: featureCount)
        let solutions = statuses.enumerated().flatMap { $1 == .ok ? triangles.solution(of: $0) : zeros }
        let conditions = statuses.enumerated().map { $1 == .ok ? triangles.condition(of: $0) : .nan }
        try backend.upload(
            statuses.enumerated().flatMap { $1 == .ok ? triangles.lowerTriangle(of: $0) : identity },
            into: factor.lower.triangles)
        try backend.upload(conditions.flatMap { [0, $0 * $0] }, into: factor.diagnosis)
        try backend.upload(solutions, into: scaled)
        self.init(
            backend: backend, scaling: problem.scaling, factor: factor, scaled: scaled, scaledValues: solutions,
            statuses: statuses, conditions: conditions,
            residualSums: statuses.indices.map { triangles.residualSum(of: $0) },
            residualErrors: statuses.map { _ in 0 })
    }
}
