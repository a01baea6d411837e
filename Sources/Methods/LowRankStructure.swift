import Compute

/// Centres that are combinations of so many vectors: eq. (3.13).
struct LowRankStructure: CenterStructure {
    let rank: Int

    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, continuing centers: SubspaceCenters?, on reference: R
    ) throws(ComputeError) -> SubspaceCenters {
        var solver = LowRankSolver(loss, rank: min(rank, loss.order))
        return try solver.solve(continuing: centers, on: reference)
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
    /// Tasks whose place in the subspace their rows do not tell, ascending: their centres are the mean of the others'.
    let leftOut: [Int]

    func place<B: Backend>(
        at shard: TaskQuadratics<B>.Shard, of loss: ProfiledLoss<B>
    ) throws(ComputeError) -> Vectors<B.Buffer> {
        try loss.centers(of: subspace, shard)
    }

    /// In a task's loadings, or in the basis: ``SubspaceSlopes/basisSlope``.
    func slope<B: Backend>(_ slopes: [Double], of loss: ProfiledLoss<B>) -> Double {
        let (rank, order) = (subspace.basis.count, loss.order)
        var (largest, sums) = (0.0, Array(repeating: 0.0, count: rank * order))
        let weights = loss.leavingOut(leftOut).weights
        for task in weights.indices where weights[task] > 0 {
            let own = slopes[task * order..<(task + 1) * order]
            var length = 0.0
            for (vector, values) in subspace.basis.enumerated() {
                let along = zip(values, own).reduce(0) { $0 + $1.0 * $1.1 }
                length += along * along
                let share = weights[task] * subspace.loadings[task * rank + vector]
                for (index, value) in own.enumerated() { sums[vector * order + index] += share * value }
            }
            largest = max(largest, length.squareRoot())
        }
        let basisSlope = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return max(largest, basisSlope > 0 ? basisSlope / weights.meanLength(of: subspace.loadings) : 0)
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
        for (task, feature) in zip(leftOut, try loss.dependentFeatures(of: leftOut)) {
            fit.statuses[task] = .collinear(feature: feature)
        }
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

extension ProfiledLoss {
    /// For each of some tasks, ascending, the feature of which those before it leave the least in the task's rows, over what all
    /// tasks' rows have of it.
    fileprivate func dependentFeatures(of tasks: [Int]) throws(ComputeError) -> [Int] {
        if tasks.isEmpty { return [] }
        let total = try totals()[0]
        let squares = (0..<order).map { total[triangleCount($0) + $0] }
        var features: [Int] = []
        try quadratics.forEachShard { shard throws(ComputeError) in
            let size = triangleCount(order)
            let grams = try backend.download(shard.moments.gram.triangles)
            for task in tasks where shard.tasks.contains(task) {
                let first = (task - shard.tasks.lowerBound) * size
                let own = pivots(
                    of: Array(grams[first..<first + size]), order: order,
                    tolerance: 64 * Double(B.Scalar.ulpOfOne))
                let shares = zip(own, squares).map { $0 / $1 }
                let least = shares.indices.min { shares[$0] < shares[$1] } ?? 0
                features.append(quadratics.shrunk.features[least])
            }
        }
        return features
    }
}
