import Compute

/// A centre for each of several clusters: eq. (3.12) and (A.3).
extension ClusterStructure: CenterStructure {
    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, continuing centers: Clusters?, on reference: R
    ) throws(ComputeError) -> Clusters {
        try ClusterSolver(loss, self).solve(continuing: centers?.centers, on: reference)
    }
}

/// Clusters of tasks with their centres.
struct Clusters: SharedCenters {
    /// The cluster of every task; -1 for one that takes no part.
    let labels: [Int]
    let centers: [[Double]]
    let iterationCount: Int
    let hasConverged: Bool
    /// Less the `e_j / 2`.
    let objective: Double

    private var sharing: CenterSharing { .labels(labels, count: centers.count) }

    func place<B: Backend>(
        at shard: TaskQuadratics<B>.Shard, of loss: ProfiledLoss<B>
    ) throws(ComputeError) -> Vectors<B.Buffer> {
        try loss.backend.place(
            centers.flatMap { $0 }, columnCount: 1, width: loss.order, at: shard.tasks, sharing)
    }

    /// That at these labels: clusters themselves have no slope.
    func slope<B: Backend>(_ slopes: [Double], of loss: ProfiledLoss<B>) -> Double {
        members.reduce(0) { max($0, loss.meanSlope(slopes, of: $1)) }
    }

    /// The centre of the cluster of the largest weight.
    func standIns<B: Backend>(of loss: ProfiledLoss<B>) -> [StandIn] {
        let heaviest = heaviest(loss.weights)
        return [StandIn(center: centers[heaviest], members: members[heaviest], tasks: Array(labels.indices))]
    }

    func describe<B: Backend>(
        _ loss: ProfiledLoss<B>, into fit: inout Fit, _ center: CenterCoefficients
    ) throws(ComputeError) {
        let heaviest = heaviest(loss.weights)
        var full: [[Double]] = []
        for (slopes, tasks) in zip(centers, members) { full.append(try center(slopes, tasks)) }
        fit.clusters = FittedClusters(centers: full, labels: labels.map { $0 < 0 ? heaviest : $0 })
        fit.center = .ofCenter(fit.clusters?.mean(weights: loss.weights) ?? [])
    }

    private var members: [[Int]] { sharing.members(taskCount: labels.count) }

    private func heaviest(_ weights: [Double]) -> Int {
        let shares = members.map { $0.reduce(0.0) { $0 + weights[$1] } }
        return shares.indices.max { shares[$0] < shares[$1] } ?? 0
    }
}

/// What was found of clusters of tasks.
public struct FittedClusters: Sendable, Equatable {
    /// The centre of each, on the user's scale.
    public var centers: [[Double]]
    /// The cluster of each task; a task that takes no part is in that of the largest weight.
    public var labels: [Int]

    /// The weighted mean of the tasks' centres.
    fileprivate func mean(weights: [Double]) -> [Double] {
        var mean = Array(repeating: 0.0, count: centers.first?.count ?? 0)
        for (task, label) in labels.enumerated() where weights[task] > 0 {
            for (term, value) in centers[label].enumerated() { mean[term] += weights[task] * value }
        }
        return mean
    }
}
