package import Compute
import RealModule

/// The squared error of ridge fits on rows held out, for ten penalties and every fold.
///
/// The penalties are the same for all folds: from far below the balance of all rows' moments, where fits are least
/// squares, to far above it, where they are the centre, in equal steps of their logarithm.
package struct RidgePath {
    static let penaltyCount = 10
    /// The least and the greatest penalty over the balance, as powers of ten.
    private static let exponents = (least: -4.0, greatest: 2.75)

    let penalties: [Double]
    /// `penalties x folds`: sums over the tasks that every penalty could fit.
    let errors: [[Double]]

    package init<B: Backend, P: Problem>(_ ridge: Ridge, of folded: FoldedMoments<B, P>) throws(ComputeError) {
        let balance = try RidgeTarget(ridge, from: folded.training(without: nil)).balance
        let (least, greatest) = Self.exponents
        let penalties = (0..<Self.penaltyCount).map { step in
            let exponent = least + (greatest - least) * Double(step) / Double(Self.penaltyCount - 1)
            return balance * Double.pow(10, exponent)
        }
        var errors = penalties.map { _ in Array(repeating: 0.0, count: folded.foldCount) }
        for fold in 0..<folded.foldCount {
            let target = try RidgeTarget(ridge, from: folded.training(without: fold))
            try folded.forEachShard(splitting: fold) { _, training, heldOut throws(ComputeError) in
                // What the least penalty can solve, all can.
                var isCompared: [Bool] = []
                for (index, lambda) in penalties.enumerated() {
                    try folded.checkInterruption()
                    let solution = try target.penalty.solve(
                        training, lambda: lambda, center: target.center, on: folded.backend)
                    let own = try folded.backend.squaredErrors(of: heldOut, at: solution.scaled)
                    if index == 0 { isCompared = own.indices.map { solution.isSolved($0) && own[$0].isFinite } }
                    for (task, error) in own.enumerated() where isCompared[task] {
                        errors[index][fold] += error
                    }
                }
            }
        }
        self.penalties = penalties
        self.errors = errors
    }

    /// The penalty with the least error over all folds, or over all but one.
    ///
    /// Where no task could be compared it is the greatest: with nothing known of tasks' differences, none are made.
    func best(without fold: Int? = nil) -> ChosenPenalty {
        let totals = errors.map { byFold in
            byFold.indices.reduce(0.0) { $1 == fold ? $0 : $0 + byFold[$1] }
        }
        let last = penalties.count - 1
        guard let best = totals.indices.min(by: { totals[$0] < totals[$1] }), totals[best] > 0, totals[best].isFinite
        else { return ChosenPenalty(value: penalties[last], origin: .notValidated) }
        return ChosenPenalty(value: penalties[best], origin: best == 0 || best == last ? .atBorder : .crossValidated)
    }
}
