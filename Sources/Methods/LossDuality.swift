import Compute

/// What bounds an objective of one centre from below, for any loss: a feasible point of the dual problem.
///
/// That is to maximise `-sum of w_j f_j*(u_j)` over slopes with `||u_j|| <= lambda_j`, none in free coefficients, and
/// `sum of w_j u_j = 0`. Slopes of rows, `p_i - y_i` with the means `p_i` that the fit expects, add up to the tasks'; moved to
/// first order by `d = H^-1 G`, where `G` is what is left of the centre's slope, and by what the free coefficients lack, they
/// add up to 0; times the largest factor up to 1 that brings all within their `lambda_j` they are feasible: ``DualPoint``.
/// The dual objective then is at least `-sum of w_j / n_j sum over rows of l*(u_i)`.
extension ExpansionSolver {
    /// The objective less the dual one; nil where the point is not feasible, far from an optimum, and without a penalty, where
    /// no slopes but 0 are.
    func dualityGap<R: Backend<Double>>(
        of place: ExpandedPlace<B, P, VanillaCenters>, strength: Double, on reference: R
    ) throws(ComputeError) -> Double? {
        guard let found = place.found, strength > 0 else { return nil }
        let (quadratics, slopes, _) = try place.expanded.quadratics(
            dampings: place.dampings.map { _ in 0 }, isIncluded: place.isIncluded)
        let loss = armul.loss(of: quadratics, sharing: .all, strengths: [strength], weightSums: weightSums)
        let point = try DualPoint(CenterSolver(loss), slopes: slopes, on: reference)
        let move = point.moves[0]
        let own = found.tasks.coefficients
        let moved = own.indices.map { own[$0] - move[$0 % loss.order] }
        let other = loss.coefficients(moved, around: found.centers)
        let sums = try losses.conjugates(at: place.expanded.coefficients, movedTo: other, factor: point.factors[0])
        let dual = loss.weights.indices.reduce(0.0) {
            loss.weights[$1] > 0 ? $0 - loss.weights[$1] * (sums[$1] + point.conjugates[$1]) : $0
        }
        let gap = place.objective - dual
        return gap.isFinite ? gap : nil
    }
}

extension TaskLosses {
    /// The mean of `l*` over the rows of every task: ``RowChunk/conjugateSum(of:_:at:factor:scratch:)``.
    fileprivate func conjugates(
        at coefficients: [Double], movedTo other: [Double], factor: Double
    ) throws(ComputeError) -> [Double] {
        var sums = totals.weights.map { _ in 0.0 }
        let size = shrunk.coefficientCount
        let (one, two) = (scaled(coefficients), scaled(other))
        try forEachRowBlock(problem.source(of: B.Scalar.self)) { chunk, block in
            let task = Int(block.task)
            let places = Array(one[task * size..<(task + 1) * size]) + two[task * size..<(task + 1) * size]
            guard places.allSatisfy(\.isFinite) else { return }
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * loss.columnCount) { scratch in
                places.withUnsafeBufferPointer { places in
                    guard let base = places.baseAddress, let memory = scratch.baseAddress else { return }
                    sums[task] += chunk.conjugateSum(of: block, loss, at: base, factor: factor, scratch: memory)
                }
            }
        }
        return zip(sums, totals.weights).map { $1 > 0 ? $0 / $1 : 0 }
    }
}
