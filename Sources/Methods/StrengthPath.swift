import Compute

/// ARMUL's error on rows held out, squared or another loss, for several strengths of the penalty, several numbers of
/// clusters or vectors, and every fold, in each of several groups.
///
/// In each fold all strengths are columns of one computation. Penalties keep the number of rows that a task has with the
/// fold's, as the paper's do. A task without rows outside of a fold is predicted by the centre.
struct StrengthPath {
    let grid: StrengthGrid
    /// The numbers of clusters or vectors, ascending; one nil where the structure has its own.
    private let sizes: [Int?]
    /// What the grid's strengths are multiples of, one a group.
    private let units: [Double]
    /// `groups x folds x sizes x strengths`: sums of weighted errors, on the user's scale.
    private var errors: [[[Double]]]
    /// `groups x folds`: the sums of their weights.
    private var weights: [[Double]]

    init<B: Backend, P: Problem, R: Backend<Double>>(
        _ armul: ARMUL, _ grid: StrengthGrid, units: [Double], of folded: FoldedMoments<B, P>, sharing: CenterSharing,
        on reference: R
    ) throws(ComputeError) {
        self.init(grid, sizes: armul.triedSizes, units: units, foldCount: folded.foldCount)
        let members = sharing.members(taskCount: folded.taskCount)
        let fits = FoldFits(armul, grid, units: units, of: folded, sharing: sharing)
        for folds in fits.rounds {
            try folded.checkInterruption()
            for (fold, fits) in zip(folds, try fits.coefficients(outside: folds, on: reference)) {
                for (place, coefficients) in fits.enumerated() {
                    let found = try folded.squaredErrors(inFold: fold, at: coefficients)
                    for (group, tasks) in members.enumerated() {
                        for task in tasks where found[task].isFinite {
                            errors[group][fold][place] += found[task]
                            if place == 0 {
                                weights[group][fold] += folded.counts.weights[task * folded.foldCount + fold]
                            }
                        }
                    }
                }
            }
        }
    }

    /// Without errors yet, of one group.
    init(_ grid: StrengthGrid, sizes: [Int?], unit: Double, foldCount: Int) {
        self.init(grid, sizes: sizes, units: [unit], foldCount: foldCount)
    }

    private init(_ grid: StrengthGrid, sizes: [Int?], units: [Double], foldCount: Int) {
        self.grid = grid
        self.sizes = sizes
        self.units = units
        let none = Array(repeating: 0.0, count: sizes.count * grid.multiples.count)
        errors = units.map { _ in Array(repeating: none, count: foldCount) }
        weights = units.map { _ in Array(repeating: 0.0, count: foldCount) }
    }

    /// The strengths of a problem of one group, ascending.
    var strengths: [Double] { grid.multiples.map { $0 * units[0] } }

    /// Adds a task's error, the same tasks for every size and strength.
    mutating func add(error: Double, weight: Double, fold: Int, place: Int) {
        errors[0][fold][place] += error
        if place == 0 { weights[0][fold] += weight }
    }

    /// The error of each size and strength in a group, with its standard error over folds.
    ///
    /// - Parameter fold: one that is left out, if any.
    func curve(of group: Int, without fold: Int? = nil) -> [PenaltyError] {
        let folds = weights[group].indices.filter { $0 != fold }
        let total = folds.reduce(0.0) { $0 + weights[group][$1] }
        let count = Double(folds.count)
        return (0..<sizes.count * grid.multiples.count).map { place in
            let mean = folds.reduce(0.0) { $0 + errors[group][$1][place] } / total
            let deviations = folds.map { errors[group][$0][place] - mean * weights[group][$0] }
            let variance = deviations.reduce(0) { $0 + $1 * $1 } * count / (count - 1)
            return PenaltyError(
                penalty: grid.multiples[place % grid.multiples.count] * units[group],
                size: sizes[place / grid.multiples.count], error: mean, standardError: variance.squareRoot() / total)
        }
    }

    /// What the grid's rule takes for a group: of those with the same error, and of those that the one-standard-error rule
    /// allows, the fewest clusters or vectors, and of these the greatest strength.
    ///
    /// Where no task could be compared it is the same of all: with nothing known of tasks' differences, as few as possible
    /// are made.
    ///
    /// - Parameter fold: one whose errors are left out, if any.
    func best(of group: Int, without fold: Int? = nil) -> ChosenPenalty {
        let curve = curve(of: group, without: fold)
        func simplest(upTo limit: Double) -> PenaltyError? {
            let allowed = curve.filter { !($0.error > limit) }
            return allowed.last { $0.size == allowed.first?.size }
        }
        guard let least = curve.map(\.error).min(), least.isFinite, let best = simplest(upTo: least) else {
            let chosen = simplest(upTo: .infinity)
            return ChosenPenalty(value: chosen?.penalty ?? 0, origin: .notValidated, size: chosen?.size)
        }
        let chosen = grid.rule == .oneStandardError ? simplest(upTo: least + best.standardError) ?? best : best
        let isBorder = chosen.penalty == curve.first?.penalty || chosen.penalty == curve.last?.penalty
        // Where one strength is given for several sizes it is no border.
        let isGiven = grid.multiples.count == 1 && sizes.count > 1
        return ChosenPenalty(
            value: chosen.penalty, origin: isBorder && !isGiven ? .atBorder : .crossValidated, size: chosen.size)
    }
}

extension ProfiledLoss {
    /// `s sqrt(h)` of each group: `s^2` is the sum of squares around tasks' own fits over what these leave of degrees of
    /// freedom, or where they leave none the mean square of the response; `h` is the mean of the diagonals of `H_j`. Of the
    /// squared distance it is `h`.
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
            let mean = share > 0 ? curvature / share : 0
            let unit = distance == .norm ? (variance * mean).squareRoot() : mean
            return unit > 0 && unit.isFinite ? unit : 1
        }
    }
}

extension FoldedMoments {
    /// The sum of the weights of each task's rows in all folds, in the user's units.
    var allWeightSums: [Double] { totals.weights.map { $0 / problem.weightScale } }
}
