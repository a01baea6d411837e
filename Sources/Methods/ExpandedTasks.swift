import Compute

/// The losses of all tasks at some coefficients, with what their expansions there need.
final class ExpandedTasks<B: Backend, P: Problem> {
    /// `taskCount x coefficients`, on the user's scale.
    let coefficients: [Double]
    /// `f_j`.
    let values: [Double]
    let losses: TaskLosses<B, P>
    private let scaled: [Double]
    /// The derivatives, where all tasks come in one shard.
    private let kept: LossDerivatives?
    private var keptBounds: LossDerivatives?
    private var keptShares: [Double]?

    init(_ losses: TaskLosses<B, P>, at coefficients: [Double]) throws(ComputeError) {
        self.losses = losses
        self.coefficients = coefficients
        scaled = losses.scaled(coefficients.map { $0.isFinite ? $0 : 0 })
        var values: [Double] = []
        var kept: LossDerivatives?
        try losses.forEachShard(at: coefficients, wantsBounds: false) { tasks, derivatives in
            values += derivatives.values
            if tasks.count == losses.taskCount { kept = derivatives }
        }
        self.values = values
        self.kept = kept
    }

    /// The expansions, and the slopes that they begin with.
    ///
    /// - Parameter dampings: what is added to each task's curvature, in units of its bound.
    func quadratics(
        dampings: [Double], isIncluded: [Bool]
    ) throws(ComputeError) -> (quadratics: TaskQuadratics<B>, slopes: [Double], freeSlopes: [Double]) {
        let (losses, wantsBounds) = (losses, dampings.contains { $0 > 0 })
        var (slopes, freeSlopes): ([Double], [Double]) = ([], [])
        var isFirst = true
        let factors = losses.boundFactors
        let quadratics = try TaskQuadratics(
            of: losses.shrunk, weightSums: losses.weightSums, on: losses.backend
        ) { visitor throws(ComputeError) in
            try self.forEachShard(wantsBounds: wantsBounds) { tasks, derivatives throws(ComputeError) in
                let size = losses.shrunk.coefficientCount
                let expanded = losses.expansion.quadratics(
                    of: derivatives, at: self.scaled[tasks.lowerBound * size..<tasks.upperBound * size],
                    dampings: dampings[tasks], boundFactors: factors[tasks], isIncluded: isIncluded[tasks],
                    losses.backend.parallel)
                if isFirst {
                    slopes += expanded.slopes
                    freeSlopes += expanded.freeSlopes
                }
                try visitor(tasks, expanded.quadratics)
            }
            isFirst = false
        }
        return (quadratics, slopes, freeSlopes)
    }

    /// How large each task's curvature is beside its bound, by their traces.
    func curvatureShares() throws(ComputeError) -> [Double] {
        if let keptShares { return keptShares }
        var shares: [Double] = []
        let factors = losses.boundFactors
        try forEachShard(wantsBounds: true) { tasks, derivatives in
            shares += losses.expansion.curvatureShares(of: derivatives, boundFactors: factors[tasks])
        }
        keptShares = shares
        return shares
    }

    private func forEachShard(
        wantsBounds: Bool, _ body: (Range<Int>, LossDerivatives) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        guard let kept else { return try losses.forEachShard(at: coefficients, wantsBounds: wantsBounds, body) }
        let all = 0..<losses.taskCount
        if !wantsBounds { return try body(all, kept) }
        if keptBounds == nil {
            try losses.forEachShard(at: coefficients, wantsBounds: true) { self.keptBounds = $1 }
        }
        try body(all, keptBounds ?? kept)
    }
}

extension TaskLosses {
    /// What each task's bound of the curvature is multiplied with: the mean count, where that is above 1.
    var boundFactors: [Double] {
        loss == .poisson ? totals.means.map { max(1, $0) } : totals.means.map { _ in 1 }
    }
}
