import Compute

/// What the ridge fits of groups draw their tasks to: a ``RidgeTarget`` a group, all with the same units of penalty.
struct RidgeTargets {
    let penalty: RidgePenalty
    /// On the user's scale, `groups x features`.
    private let centers: [Double]
    /// Whether each group's centre could be estimated.
    let statuses: [TaskStatus]
    /// For each group, the strength at which the penalty has the weight of the average task's rows.
    let balances: [Double]

    /// - Parameters:
    ///   - totals: for each group the triangle of its tasks' moments together.
    ///   - sampleCounts: the observations behind each.
    init<B: Backend>(
        _ ridge: Ridge, totals: [Double], of groups: GroupTotals<B>, sampleCounts: [Int], in problem: some Problem,
        on backend: B
    ) throws(ComputeError) {
        let scaling = problem.scaling
        let size = triangleCount(scaling.featureCount + 1)
        let penalty = RidgePenalty(scaling: scaling, weightScale: problem.weightScale)
        let triangles = sampleCounts.indices.map { Array(totals[$0 * size..<($0 + 1) * size]) }
        self.penalty = penalty
        balances = triangles.enumerated().map { group, triangle in
            penalty.information(of: triangle) / Double(max(1, groups.includedCount(group)))
        }
        switch ridge.center {
        case .zero:
            centers = triangles.flatMap { scaling.meanAlone(of: $0) }
            statuses = triangles.map { _ in .ok }
        case .pool:
            let pools = try LeastSquares(
                moments: groups.moments(totals), sampleCounts: sampleCounts, scaling: scaling, on: backend)
            centers = pools.coefficients
            statuses = pools.statuses
        }
    }

    /// The centre of one group.
    func center(_ group: Int) -> [Double] {
        let width = penalty.scaling.featureCount
        return Array(centers[group * width..<(group + 1) * width])
    }

    /// The centres on scaled columns, `groups x features`.
    var scaledCenters: [Double] { statuses.indices.flatMap { penalty.scaling.scaled(center($0)) } }
}
