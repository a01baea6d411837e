public import Compute

/// ARMUL: every task's fit, drawn towards a centre that is found together with them.
///
/// Duan and Wang, "Adaptive and Robust Multi-Task Learning", Annals of Statistics 51 (2023), eq. (3.4) and (3.11). With
/// `f_j` the mean loss of task `j`'s `n_j` rows, half the square of a residual or another ``Loss``, coefficients and their
/// centre minimise
///
///     sum over j of w_j (f_j(b_j) + lambda_j ||b_j - c||),    lambda_j = C sqrt(d / n_j),    w_j = n_j
///
/// The norm is not squared: tasks that are near each other become the centre exactly, and those that are far move by no
/// more than `lambda_j` over the least curvature of their loss, so that a few odd tasks do little harm. `d` counts the
/// coefficients that are shrunk. All of it is on the user's scale: the distance depends on the units of the features.
///
/// The tasks' coefficients are eliminated in closed form, and the centre is found by Newton's method: ``CenterSolver``.
public struct ARMUL: Estimator {
    public static let name = "armul"

    /// What the intercept is to the other coefficients: each task's own, or shrunk like any other.
    public typealias InterceptRole = MOLAR.InterceptRole

    /// The weight of each task.
    public enum TaskWeights: Sendable, Equatable {
        /// Its observations, or the sum of their weights.
        case observations
        case equal
    }

    /// What `C` is.
    public enum Penalty: Sendable, Equatable {
        /// At least 0: 0 gives each task's own fit, infinity one fit of all.
        case value(Double)
        /// The one with the least squared error on rows that were held out.
        case crossValidated(StrengthGrid)
    }

    /// What the centres of tasks have in common.
    public enum Structure: Sendable, Equatable {
        /// One for all: eq. (3.11).
        case vanilla
        /// One for each of several clusters, which are found together with them: eq. (3.12) and (A.3).
        case clustered(ClusterStructure)
        /// Centres that are combinations of so many vectors, which are found together with them: eq. (3.13).
        case lowRank(rank: Int)

        /// The same with so many clusters or vectors; nil leaves their number.
        func sized(_ size: Int?) -> Structure {
            switch (self, size) {
            case (.clustered(var clusters), let size?):
                clusters.count = size
                return .clustered(clusters)
            case (.lowRank, let size?): return .lowRank(rank: size)
            default: return self
            }
        }

        var solver: any CenterStructure {
            switch self {
            case .vanilla: VanillaStructure()
            case .clustered(let clusters): clusters
            case .lowRank(let rank): LowRankStructure(rank: rank)
            }
        }
    }

    public var structure: Structure
    /// What the penalty grows with. `squared` is `lambda_j ||b_j - c||^2 / 2`, which the paper's Section 2.3 sets against the
    /// norm: no task becomes the centre, and far tasks pull it as they pull a mean.
    public var distance = Distance.norm
    /// What a row costs at its linear predictor. For `softmax` a task's coefficients are a column a class, and the norm is
    /// over all columns; `d` is still the number of features.
    public var loss = Loss.squared
    public var penalty: Penalty
    public var intercept: InterceptRole
    public var weights: TaskWeights
    /// Whether distances are between coefficients of standardized features, each divided by its deviation over all rows;
    /// else they depend on the units of features.
    public var standardizes = false
    /// Numbers of clusters or vectors, each at least 1, that cross-validation chooses from in place of the structure's own;
    /// a strength that is given then is that of all. None: the structure has its own.
    public var sizes: [Int] = []

    public init(
        structure: Structure = .vanilla, penalty: Penalty = .crossValidated(StrengthGrid()),
        intercept: InterceptRole = .free, weights: TaskWeights = .observations
    ) {
        if case .value(let strength) = penalty { precondition(strength >= 0, "a strength is not negative") }
        if case .lowRank(let rank) = structure { precondition(rank >= 1, "a subspace has a vector at least") }
        self.structure = structure
        self.penalty = penalty
        self.intercept = intercept
        self.weights = weights
    }

    /// With a strength that is given.
    public init(
        structure: Structure = .vanilla, strength: Double, intercept: InterceptRole = .free,
        weights: TaskWeights = .observations
    ) {
        self.init(structure: structure, penalty: .value(strength), intercept: intercept, weights: weights)
    }

    /// Of other losses than the squared one only a guess: they pass as often as Newton's method has rounds.
    public var passCount: Int {
        loss == .squared ? 1 : 12 * (1 + (grid.map { $0.foldCount * $0.multiples.count * triedSizes.count } ?? 0) / 2)
    }
    /// The moments by fold, their conversion, its eigenvectors, and what is found of the tasks with its second derivatives.
    public var arrayCount: Int { foldedArrayCount(folds.foldCount) + 7 }

    /// The folds that the strength is chosen by; one where it is given.
    var folds: RowFolds {
        grid.map { RowFolds(foldCount: $0.foldCount, seed: $0.seed) } ?? RowFolds(foldCount: 1, seed: 0)
    }

    var grid: StrengthGrid? {
        switch penalty {
        case .crossValidated(let grid): grid.unit == .noise && distance == .squared ? grid.withSquares : grid
        case .value(let strength): triedSizes.count > 1 ? StrengthGrid(strength: strength) : nil
        }
    }

    /// The numbers of clusters or vectors to choose from, ascending; nil for the structure's own.
    var triedSizes: [Int?] {
        structure == .vanilla || sizes.isEmpty ? [nil] : Set(sizes).sorted()
    }

    /// Fits the problem. A task with too few rows is drawn to the centre like any other; one with numbers that are not
    /// finite, or without rows, takes no part and gets the centre.
    public func fit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Fit {
        if loss != .squared { return try generalFit(problem, on: backend, reference: reference, progress: progress) }
        let folded = try FoldedMoments(of: problem, folds: folds, on: backend, progress: progress)
        return try fit(folded, on: reference)
    }

    /// Fits the problem from its moments by fold: from those of all of them where the strength is given.
    package func fit<B: Backend, P: Problem, R: Backend<Double>>(
        _ folded: FoldedMoments<B, P>, on reference: R
    ) throws(ComputeError) -> Fit {
        try fits(folded, sharing: .all, on: reference)[0]
    }

    /// All groups' tasks in one computation. Groups that do not fit the memory come one after another, and so do those whose
    /// strength is found by folds of rows: these are dealt out by a task's number in its problem.
    public func fits<B: Backend, R: Backend<Double>, P: Problem>(
        _ batch: ProblemBatch<P>, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [Fit] {
        let canBeTogether =
            structure == .vanilla && loss == .squared && !standardizes
            && (grid == nil || batch.whole.drawnMoments != nil)
        var found: [Fit] = []
        for part in batch.parts(for: backend, arrayCount: arrayCount, passes: .one) {
            let count = foldedArrayCount(folds.foldCount)
            guard canBeTogether, part.whole.shardCount(for: backend, arrayCount: count, passes: .one) == 1 else {
                found += try fitsOneByOne(part, on: backend, reference: reference, progress: progress)
                continue
            }
            let folded = try FoldedMoments(of: part.whole, folds: folds, on: backend, progress: progress)
            found += try fits(folded, sharing: .groups(TaskGroups(part.groups)), on: reference)
        }
        return found
    }

    /// The fits of all tasks, or of each group.
    private func fits<B: Backend, P: Problem, R: Backend<Double>>(
        _ folded: FoldedMoments<B, P>, sharing: CenterSharing, on reference: R
    ) throws(ComputeError) -> [Fit] {
        let quadratics = try quadratics(of: folded.training(without: nil))
        var chosen = (0..<sharing.count).map { _ in ChosenPenalty(value: 0, origin: .given) }
        var path: StrengthPath?
        if let grid {
            let found = try self.path(grid, quadratics, of: folded, sharing: sharing, on: reference)
            chosen = chosen.indices.map { found.best(of: $0) }
            path = found
        } else if case .value(let strength) = penalty {
            chosen = chosen.map { _ in ChosenPenalty(value: strength, origin: .given, size: triedSizes[0]) }
        }
        let loss = self.loss(
            of: quadratics, sharing: sharing, strengths: chosen.map(\.value), weightSums: quadratics.weightSums)
        let counts = folded.totals.observations
        var fits =
            structure == .vanilla
            ? try vanillaFits(loss, sampleCounts: counts, on: reference)
            : [try fit(structure.sized(chosen[0].size).solver, loss, sampleCounts: counts, on: reference)]
        for group in fits.indices {
            fits[group].penalty = chosen[group]
            fits[group].penaltyCurve = path?.curve(of: group)
        }
        return fits
    }

    /// The errors of a grid's strengths on each fold.
    ///
    /// - Parameter quadratics: of all rows, which say what the strengths are multiples of.
    func path<B: Backend, P: Problem, R: Backend<Double>>(
        _ grid: StrengthGrid, _ quadratics: TaskQuadratics<B>, of folded: FoldedMoments<B, P>, sharing: CenterSharing,
        on reference: R
    ) throws(ComputeError) -> StrengthPath {
        var units = Array(repeating: 1.0, count: sharing.count)
        if grid.unit == .noise {
            units = try loss(
                of: quadratics, sharing: sharing, strengths: units, weightSums: quadratics.weightSums
            ).noiseUnits()
        }
        return try StrengthPath(self, grid, units: units, of: folded, sharing: sharing, on: reference)
    }

    /// The fit with any structure.
    private func fit<B: Backend, R: Backend<Double>>(
        _ structure: some CenterStructure, _ loss: ProfiledLoss<B>, sampleCounts: [Int], on reference: R
    ) throws(ComputeError) -> Fit {
        let centers = try structure.solve(loss, continuing: nil, on: reference)
        let full = FullCoefficients(loss.quadratics)
        return try fit(loss, around: centers, try TaskSolutions(loss, at: centers), sampleCounts: sampleCounts) {
            full.center($0, of: $1, weights: loss.weights)
        }
    }

    /// What is told of tasks and centres that were found.
    func fit<B: Backend>(
        _ loss: ProfiledLoss<B>, around centers: some SharedCenters, _ found: TaskSolutions, sampleCounts: [Int],
        center: CenterCoefficients
    ) throws(ComputeError) -> Fit {
        let quadratics = loss.quadratics
        let included = loss.weights.indices.filter { loss.weights[$0] > 0 }
        var fit = Fit(statuses: statuses(of: Array(0..<quadratics.taskCount), quadratics, sampleCounts: sampleCounts))
        var estimates = TaskEstimates(
            taskCount: quadratics.taskCount, featureCount: quadratics.shrunk.coefficientCount)
        estimates.coefficients = loss.coefficients(found.coefficients, around: [])
        for standIn in centers.standIns(of: loss) {
            let tasks = standIn.tasks.filter { loss.weights[$0] == 0 }
            if tasks.isEmpty { continue }
            let own = try center(standIn.center, standIn.members)
            for task in tasks {
                for (place, value) in own.enumerated() { estimates.coefficients[task * own.count + place] = value }
            }
        }
        fit.tasks = estimates
        try centers.describe(loss, into: &fit, center)
        fit.centerStatus = included.isEmpty ? .tooFewRows : centers.hasConverged ? .ok : .notConverged
        let slope = centers.slope(found.slopes, of: loss)
        let scale = included.reduce(1.0) { max($0, 1 + quadratics.slopes[$1]) }
        fit.certificate = Certificate(
            objective: included.reduce(loss.constants.reduce(0, +)) { $0 + loss.weights[$1] * found.values[$1] },
            residual: included.reduce(slope) { max($0, found.violations[$1]) } / scale, dualityGap: nil,
            iterationCount: centers.iterationCount, hasConverged: centers.hasConverged)
        return fit
    }

    /// Each task's loss in the coefficients that are shrunk.
    func quadratics<B: Backend>(of moments: MomentShards<B>) throws(ComputeError) -> TaskQuadratics<B> {
        try TaskQuadratics(
            of: moments, free: intercept == .free ? moments.scaling.intercept : nil, standardizes: standardizes)
    }

    /// The loss of the centre with this method's weights and thresholds.
    ///
    /// - Parameters:
    ///   - strengths: `C`, one a group.
    ///   - weightSums: `n_j`.
    func loss<B: Backend>(
        of quadratics: TaskQuadratics<B>, sharing: CenterSharing, strengths: [Double], weightSums: [Double]
    ) -> ProfiledLoss<B> {
        let count = Double(quadratics.shrunk.features.count)
        return ProfiledLoss(
            quadratics, sharing: sharing, weights: weights == .observations ? weightSums : weightSums.map { _ in 1 },
            thresholds: weightSums.map { $0 > 0 ? (count / $0).squareRoot() : 0 }, strengths: strengths,
            distance: distance)
    }

    /// What became of each of some tasks.
    func statuses<B: Backend>(
        of tasks: [Int], _ quadratics: TaskQuadratics<B>, sampleCounts: [Int]
    ) -> [TaskStatus] {
        tasks.map { quadratics.isIncluded[$0] ? .ok : sampleCounts[$0] == 0 ? .tooFewRows : .nonFinite }
    }
}
