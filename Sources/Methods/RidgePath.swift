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
    /// `folds x penalties`: sums over the tasks that every penalty could fit.
    private(set) var errors: [[Double]]

    package init<B: Backend, P: Problem>(_ ridge: Ridge, of folded: FoldedMoments<B, P>) throws(ComputeError) {
        let totals = try folded.momentTotals()
        func target(without fold: Int?) throws(ComputeError) -> RidgeTarget {
            try RidgeTarget(ridge, from: folded.training(without: fold), total: totals.training(without: fold))
        }
        let balance = try target(without: nil).balance
        let penalties = Self.multiples.map { balance * $0 }
        var targets: [RidgeTarget] = []
        for fold in 0..<folded.foldCount { targets.append(try target(without: fold)) }
        self.init(penalties: penalties, foldCount: folded.foldCount)
        try folded.forEachShardWithTotal { moments, total throws(ComputeError) in
            let own = try folded.backend.makeVectors(taskCount: total.taskCount, width: Self.penaltyCount)
            for (fold, target) in targets.enumerated() {
                try folded.checkInterruption()
                try target.penalty.writeErrors(
                    of: total, holdingOut: moments[fold], lambdas: penalties, center: target.center,
                    on: folded.backend, into: own)
                add(try folded.backend.download(own)[...], fold: fold)
            }
        }
    }

    /// A path without errors yet.
    init(penalties: [Double], foldCount: Int) {
        self.penalties = penalties
        errors = Array(repeating: Array(repeating: 0.0, count: penalties.count), count: foldCount)
    }

    /// The penalties over the balance.
    static let multiples = (0..<penaltyCount).map { step in
        let share = Double(step) / Double(penaltyCount - 1)
        return Double.pow(10, exponents.least + (exponents.greatest - exponents.least) * share)
    }

    /// Adds each penalty's errors of the tasks that every penalty could fit.
    ///
    /// - Parameter errors: `tasks x penalties`.
    mutating func add(_ errors: ArraySlice<Double>, fold: Int) {
        let count = penalties.count
        for first in stride(from: errors.startIndex, to: errors.endIndex, by: count) {
            let own = errors[first..<first + count]
            guard own.allSatisfy(\.isFinite) else { continue }
            for (index, error) in own.enumerated() { self.errors[fold][index] += error }
        }
    }

    /// The penalty with the least error over all folds, or over all but one.
    ///
    /// Where no task could be compared it is the greatest: with nothing known of tasks' differences, none are made.
    func best(without fold: Int? = nil) -> ChosenPenalty {
        let totals = penalties.indices.map { index in
            errors.indices.reduce(0.0) { $1 == fold ? $0 : $0 + errors[$1][index] }
        }
        let last = penalties.count - 1
        guard let best = totals.indices.min(by: { totals[$0] < totals[$1] }), totals[best] > 0, totals[best].isFinite
        else { return ChosenPenalty(value: penalties[last], origin: .notValidated) }
        return ChosenPenalty(value: penalties[best], origin: best == 0 || best == last ? .atBorder : .crossValidated)
    }
}
