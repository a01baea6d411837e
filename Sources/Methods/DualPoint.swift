import Compute

/// Slopes of tasks around one centre a group, made feasible for the dual problem.
///
/// With the slopes `u_j` that a fit leaves, `G = sum of w_j u_j` and `d = H^-1 G`, the slopes `u_j - H_j d` have a weighted sum
/// of 0; times a factor they are within what the penalty allows. With the norm a slope is at most as long as its threshold. With
/// the squared distance any is feasible, and costs `||u||^2 / (2 t)`; where `t` is 0 only 0 is.
struct DualPoint {
    /// `G` of each group.
    let left: [[Double]]
    /// `d` of each group.
    let moves: [[Double]]
    /// `H_j d` of every task.
    let images: [Double]
    /// What all slopes of a group are multiplied with, up to 1.
    private(set) var factors: [Double] = []
    /// The conjugate of every task's penalty there.
    private(set) var conjugates: [Double]

    /// - Parameter slopes: `taskCount x order`.
    init<B: Backend, R: Backend<Double>>(
        _ solver: CenterSolver<B>, slopes: [Double], on reference: R
    ) throws(ComputeError) {
        let (loss, order) = (solver.loss, solver.loss.order)
        left = loss.members.map { tasks in
            var sum = Array(repeating: 0.0, count: order)
            for task in tasks where loss.weights[task] > 0 {
                for place in 0..<order { sum[place] += loss.weights[task] * slopes[task * order + place] }
            }
            return sum
        }
        let moves = try solver.divided(left, on: reference)
        var images: [Double] = []
        try loss.quadratics.forEachShard { shard throws(ComputeError) in
            let vectors = try loss.place(moves.flatMap { $0 }, columnCount: 1, of: shard)
            let products = try loss.backend.makeVectors(taskCount: shard.tasks.count, width: order)
            try loss.backend.multiply(shard.moments.gram, vectors, into: products)
            images += try loss.backend.download(products)
        }
        (self.moves, self.images) = (moves, images)
        conjugates = loss.weights.map { _ in 0 }
        for tasks in loss.members {
            let included = tasks.filter { loss.weights[$0] > 0 }
            let lengths = included.map { task in
                (task * order..<(task + 1) * order).reduce(0.0) {
                    $0 + (slopes[$1] - images[$1]) * (slopes[$1] - images[$1])
                }.squareRoot()
            }
            let factor = zip(included, lengths).reduce(1.0) { least, own in
                let threshold = loss.thresholds[own.0]
                let limit = loss.distance == .squared && threshold > 0 ? .infinity : threshold
                return own.1 > limit ? min(least, limit / own.1) : least
            }
            factors.append(factor)
            guard loss.distance == .squared else { continue }
            for (task, length) in zip(included, lengths) where factor * length > 0 {
                conjugates[task] = factor * length * factor * length / (2 * loss.thresholds[task])
            }
        }
    }
}
