import Compute

/// Centres that are combinations of so many vectors: eq. (3.13).
struct LowRankStructure: CenterStructure {
    let rank: Int

    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, continuing centers: SubspaceCenters?, on reference: R
    ) throws(ComputeError) -> SubspaceCenters {
        try LowRankSolver(loss: loss, rank: min(rank, loss.order)).solve(
            continuing: centers?.subspace, on: reference)
    }

    /// Each continues from that of the next greater strength, and ends where five digits of its errors on other rows are certain:
    /// their standard errors have fewer.
    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [SubspaceCenters] {
        var rough = loss
        let scale = loss.weights.indices.reduce(0.0) {
            loss.weights[$1] > 0 ? max($0, loss.quadratics.slopes[$1]) : $0
        }
        rough.accuracy = max(rough.accuracy, 1e-5 * scale)
        var (found, least): ([SubspaceCenters], Double) = ([], .infinity)
        for strength in strengths.reversed() {
            if let last = found.last, last.hasConverged, strength > least {
                found.append(last)
                continue
            }
            let centers = try solve(rough.times(strength), continuing: found.last, on: reference)
            least = strength * centers.leastShare
            found.append(centers)
        }
        return found.reversed()
    }
}

/// Centres in a common subspace.
struct SubspaceCenters: SharedCenters {
    let subspace: Subspace
    /// Less the `e_j / 2`.
    let value: Double
    let iterationCount: Int
    let hasConverged: Bool
    /// The share of all penalties down to which these are the centres: above 1 where that is not known.
    let leastShare: Double

    func place<B: Backend>(
        at shard: TaskQuadratics<B>.Shard, of loss: ProfiledLoss<B>
    ) throws(ComputeError) -> Vectors<B.Buffer> {
        try loss.centers(of: subspace, shard)
    }

    /// In a task's loadings, or in the basis: ``SubspaceSlopes/basisSlope``.
    func slope<B: Backend>(_ slopes: [Double], of loss: ProfiledLoss<B>) -> Double {
        let (rank, order) = (subspace.basis.count, loss.order)
        var (largest, sums) = (0.0, Array(repeating: 0.0, count: rank * order))
        for task in loss.weights.indices where loss.weights[task] > 0 {
            let own = slopes[task * order..<(task + 1) * order]
            var length = 0.0
            for (vector, values) in subspace.basis.enumerated() {
                let along = zip(values, own).reduce(0) { $0 + $1.0 * $1.1 }
                length += along * along
                let share = loss.weights[task] * subspace.loadings[task * rank + vector]
                for (index, value) in own.enumerated() { sums[vector * order + index] += share * value }
            }
            largest = max(largest, length.squareRoot())
        }
        let basisSlope = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return max(largest, basisSlope > 0 ? basisSlope / loss.weights.meanLength(of: subspace.loadings) : 0)
    }

    /// Where a task's centre would be in the subspace nothing tells: their mean stands for it.
    func standIns<B: Backend>(of loss: ProfiledLoss<B>) -> [StandIn] {
        let tasks = Array(loss.weights.indices)
        return [StandIn(center: mean(of: loss), members: tasks, tasks: tasks)]
    }

    /// The weighted mean of the tasks' centres.
    private func mean<B: Backend>(of loss: ProfiledLoss<B>) -> [Double] {
        var mean = Array(repeating: 0.0, count: loss.order)
        for (vector, values) in subspace.basis.enumerated() {
            let share = loss.weights.indices.reduce(0.0) {
                $0 + loss.weights[$1] * subspace.loadings[$1 * subspace.basis.count + vector]
            }
            for (place, value) in values.enumerated() { mean[place] += share * value }
        }
        return mean
    }

    func describe<B: Backend>(
        _ loss: ProfiledLoss<B>, into fit: inout Fit, _ center: CenterCoefficients
    ) throws(ComputeError) {
        fit.subspace = FittedSubspace(
            basis: subspace.basis.map { loss.quadratics.shrunk.placed($0) }, loadings: subspace.loadings)
        fit.center = .ofCenter(try center(mean(of: loss), Array(loss.weights.indices)))
    }
}

/// What was found of the subspace of tasks' centres.
public struct FittedSubspace: Sendable, Equatable {
    /// On the user's scale, 0 for a free intercept; orthonormal where features are not standardized.
    public var basis: [[Double]]
    /// Each task's, `taskCount x basis.count`.
    public var loadings: [Double]
}
