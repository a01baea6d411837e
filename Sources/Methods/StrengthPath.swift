import Compute

/// ARMUL's squared error on rows held out, for several strengths of the penalty and every fold, in each of several groups.
///
/// In each fold all strengths are columns of one computation. Penalties keep the number of rows that a task has with the
/// fold's, as the paper's do. A task without rows outside of a fold is predicted by the centre.
struct StrengthPath {
    let grid: StrengthGrid
    /// What the grid's strengths are multiples of, one a group.
    private let units: [Double]
    /// `groups x folds x strengths`: sums of weighted squared errors, on the user's scale.
    private var errors: [[[Double]]]
    /// `groups x folds`: the sums of their weights.
    private var weights: [[Double]]

    init<B: Backend, P: Problem, R: Backend<Double>>(
        _ armul: ARMUL, _ grid: StrengthGrid, units: [Double], of folded: FoldedMoments<B, P>, sharing: CenterSharing,
        on reference: R
    ) throws(ComputeError) {
        self.grid = grid
        self.units = units
        let members = sharing.members(taskCount: folded.taskCount)
        let none = Array(repeating: Array(repeating: 0.0, count: grid.multiples.count), count: folded.foldCount)
        errors = members.map { _ in none }
        weights = members.map { _ in Array(repeating: 0.0, count: folded.foldCount) }
        for fold in 0..<folded.foldCount {
            try folded.checkInterruption()
            let quadratics = try armul.quadratics(of: folded.training(without: fold))
            let loss = armul.loss(
                of: quadratics, sharing: sharing, strengths: units,
                weightSums: folded.totals.weights.map { $0 / folded.problem.weightScale })
            let fits = try armul.structure.solver.coefficients(loss, strengths: grid.multiples, on: reference)
            for (place, coefficients) in fits.enumerated() {
                let found = try folded.squaredErrors(inFold: fold, at: coefficients)
                for (group, tasks) in members.enumerated() {
                    for task in tasks where found[task].isFinite {
                        errors[group][fold][place] += found[task]
                        if place == 0 { weights[group][fold] += folded.counts.weights[task * folded.foldCount + fold] }
                    }
                }
            }
        }
    }

    /// Without errors yet, of one group.
    init(_ grid: StrengthGrid, unit: Double) {
        self.grid = grid
        units = [unit]
        errors = [Array(repeating: Array(repeating: 0.0, count: grid.multiples.count), count: grid.foldCount)]
        weights = [Array(repeating: 0.0, count: grid.foldCount)]
    }

    /// Adds a task's error, the same tasks for every strength.
    mutating func add(error: Double, weight: Double, fold: Int, place: Int) {
        errors[0][fold][place] += error
        if place == 0 { weights[0][fold] += weight }
    }

    /// The error of each strength in a group, with its standard error over folds.
    func curve(of group: Int) -> [PenaltyError] {
        let total = weights[group].reduce(0, +)
        return grid.multiples.indices.map { place in
            let sums = errors[group].map { $0[place] }
            let mean = sums.reduce(0, +) / total
            let deviations = zip(sums, weights[group]).map { ($0 - mean * $1) * ($0 - mean * $1) }
            let count = Double(sums.count)
            let variance = deviations.reduce(0, +) * count / (count - 1)
            return PenaltyError(
                penalty: grid.multiples[place] * units[group], error: mean, standardError: variance.squareRoot() / total
            )
        }
    }

    /// The strength that the grid's rule takes for a group; of several with the same error the greatest.
    ///
    /// Where no task could be compared it is the greatest of all: with nothing known of tasks' differences, as few as
    /// possible are made.
    func best(of group: Int) -> ChosenPenalty {
        let curve = curve(of: group)
        guard let least = curve.map(\.error).min(), least.isFinite,
            let best = curve.last(where: { $0.error == least })
        else { return ChosenPenalty(value: curve.last?.penalty ?? 0, origin: .notValidated) }
        let limit = grid.rule == .oneStandardError ? least + best.standardError : least
        let value = curve.last { $0.error <= limit }?.penalty ?? best.penalty
        let isBorder = value == curve.first?.penalty || value == curve.last?.penalty
        return ChosenPenalty(value: value, origin: isBorder ? .atBorder : .crossValidated)
    }
}

extension ProfiledLoss {
    /// `s sqrt(h)` of each group: `s^2` is the sum of squares around tasks' own fits over what these leave of degrees of
    /// freedom, or where they leave none the mean square of the response; `h` is the mean of the diagonals of `H_j`.
    func noiseUnits() throws(ComputeError) -> [Double] {
        let gains = try solutions(at: members.map { _ in Array(repeating: 0.0, count: order) }, strength: 0).values
        return members.map { tasks in
            var (left, degrees, squares, total, curvature, share) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
            for task in tasks where weights[task] > 0 {
                let count = quadratics.weightSums[task]
                let rest = max(0, quadratics.constants[task] + 2 * gains[task])
                if count > Double(order) {
                    left += count * rest
                    degrees += count - Double(order)
                }
                squares += count * quadratics.constants[task]
                total += count
                curvature += weights[task] * quadratics.traces[task] / Double(order)
                share += weights[task]
            }
            let variance = left > 0 ? left / degrees : total > 0 ? squares / total : 0
            let unit = (variance * (share > 0 ? curvature / share : 0)).squareRoot()
            return unit > 0 && unit.isFinite ? unit : 1
        }
    }
}

extension CenterStructure {
    /// Every task's coefficients on the user's scale at several strengths, ascending: `strengths`, then `taskCount x
    /// coefficients`.
    fileprivate func coefficients<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [[Double]] {
        var found: [[Double]] = []
        for (strength, centers) in zip(strengths, try solve(loss, strengths: strengths, on: reference)) {
            let own = loss.times(strength)
            found.append(own.coefficients(try own.solutions(at: centers).coefficients, around: centers))
        }
        return found
    }
}
