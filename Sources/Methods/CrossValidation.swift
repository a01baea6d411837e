public import Compute

/// Compares methods by k-fold cross-validation over the rows within each task.
///
/// Every row is held out once, in the fold that ``RowFolds`` deals it to, and predicted by coefficients that were fitted
/// without its fold. With the squared loss everything comes from the moments of each fold, so that rows pass once.
public struct CrossValidation: Sendable {
    public var methods: [ComparedMethod]
    public var foldCount: Int
    public var seed: UInt64
    /// What a row costs. Others than the squared one are for the methods of ``ComparedMethod/ofAnyLoss``, and with one column
    /// for those of ``ComparedMethod/ofOneColumn``.
    public var loss = Loss.squared
    /// Whether ridge penalties, and those of ARMUL and the LASSO family, act on standardized coefficients.
    public var standardizes: Bool
    /// The strengths of ARMUL and of the LASSO family that are chosen from, and the rule; its folds are not used.
    public var strengths = StrengthGrid()
    /// What the intercept is to ARMUL and to the LASSO family.
    public var intercept = ARMUL.InterceptRole.free
    /// How the elastic net is mixed.
    public var mixture = 0.5
    /// The numbers of clusters that clustered ARMUL chooses from; one at least.
    public var clusterCounts = [2]
    /// The numbers of vectors that low-rank ARMUL chooses from; one at least.
    public var ranks = [1]

    /// - Parameters:
    ///   - methods: at least one; the first is what the others are compared with.
    ///   - foldCount: at least 2.
    public init(
        methods: [ComparedMethod] = ComparedMethod.usual, foldCount: Int = 5, seed: UInt64 = 1,
        standardizes: Bool = false
    ) {
        precondition(!methods.isEmpty && foldCount >= 2, "methods to compare, and folds to hold out")
        self.methods = methods
        self.foldCount = foldCount
        self.seed = seed
        self.standardizes = standardizes
    }

    /// How many arrays as large as the moments there are at a time.
    public var arrayCount: Int {
        max(
            foldedArrayCount(foldCount) + 2, methods.compactMap { armul(of: $0)?.arrayCount }.max() ?? 0)
    }

    /// How often rows pass; of other losses than the squared one only a guess.
    public var passCount: Int {
        loss == .squared ? 1 : methods.reduce(24 * foldCount) { $0 + (armul(of: $1)?.passCount ?? 0) }
    }

    /// Compares the methods on the problem's tasks.
    ///
    /// A ridge penalty, and a strength of ARMUL or of a LASSO, is chosen for each fold by the errors on the other folds. A method that
    /// cannot fit a task without one of its folds, because too few rows are left, is not compared on that task; with
    /// another loss than the squared one, where `itl` is without finite coefficients for a task, it predicts it by the
    /// pooled fit.
    ///
    /// - Parameter reference: a backend in double, where ARMUL's centres are found.
    public func compare<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> Comparison {
        if loss != .squared {
            return try compareLosses(problem, on: backend, reference: reference, progress: progress)
        }
        let folds = RowFolds(foldCount: foldCount, seed: seed)
        let folded = try FoldedMoments(of: problem, folds: folds, on: backend, progress: progress)
        var estimators: [[any MomentEstimator]] = []
        var penalties: [ComparedMethod: [ChosenPenalty]] = [:]
        for method in methods {
            let byFold = try self.estimators(for: method, of: folded, on: reference)
            let chosen = byFold.compactMap(\.chosenPenalty)
            if !chosen.isEmpty { penalties[method] = chosen }
            estimators.append(byFold)
        }
        let errors = try heldOutErrors(of: estimators, folded, on: reference)
        let weights = folded.totals.weights
        return comparison(
            of: errors, penalties: penalties, roundingError: try folded.roundingError / weights.reduce(0, +),
            separatedTaskCount: 0, sampleCounts: folded.totals.observations, weights: weights)
    }

    /// The same in double, with the backend as its own reference.
    public func compare<B: Backend<Double>>(
        _ problem: some Problem, on backend: B, progress: PassProgress? = nil
    ) throws(ComputeError) -> Comparison {
        try compare(problem, on: backend, reference: backend, progress: progress)
    }

    /// What a method of ARMUL is, before its strength is chosen.
    func armul(of method: ComparedMethod) -> ARMUL? {
        var armul = ARMUL(penalty: .crossValidated(strengths), intercept: intercept)
        armul.loss = loss
        armul.standardizes = standardizes
        switch method {
        case .armul: return armul
        case .armulClustered:
            armul.structure = .clustered(ClusterStructure(count: clusterCounts.min() ?? 1))
            armul.sizes = clusterCounts
            return armul
        case .armulLowRank:
            armul.structure = .lowRank(rank: ranks.min() ?? 1)
            armul.sizes = ranks
            return armul
        default: return nil
        }
    }

    /// What a method of the LASSO family is, before its strength is chosen.
    private func lasso(of method: ComparedMethod) -> Lasso {
        let center: Lasso.Center = method == .rm ? .trimmedMean : method == .ml ? .median : .zero
        var lasso = Lasso(center: center, penalty: .crossValidated(strengths), intercept: intercept)
        if method == .elasticNet { lasso.mixture = mixture }
        lasso.standardizes = standardizes
        return lasso
    }

    /// What a method is in each fold.
    private func estimators<B: Backend, P: Problem, R: Backend<Double>>(
        for method: ComparedMethod, of folded: FoldedMoments<B, P>, on reference: R
    ) throws(ComputeError) -> [any MomentEstimator] {
        let folds = 0..<foldCount
        switch method {
        case .itl: return folds.map { _ in Individual() }
        case .pool: return folds.map { _ in Pooled() }
        case .average: return folds.map { _ in Average() }
        case .molarHard: return folds.map { _ in MOLAR(shrinkage: .hard) }
        case .molarSoft: return folds.map { _ in MOLAR(shrinkage: .soft) }
        case .ridgeZero, .ridgePool:
            var ridge = Ridge(center: method == .ridgeZero ? .zero : .pool, standardizes: standardizes)
            let path = try RidgePath(ridge, of: folded)
            return folds.map { fold in
                ridge.penalty = .value(path.best(without: fold).value)
                return ridge
            }
        case .lasso, .elasticNet, .rm, .ml:
            let lasso = lasso(of: method)
            let all = folded.training(without: nil)
            let penalties = try lasso.unitPenalties(
                OwnEstimates(from: all, hasStandardErrors: false), LassoTasks(lasso, of: all),
                known: folded.problem.errorVariances)
            let path = try lasso.path(strengths.ofLasso, of: folded, penalties: penalties, on: reference)
            return folds.map { fold in
                ChosenLasso(lasso: lasso, chosen: path.best(of: 0, without: fold), penalties: penalties)
            }
        case .armul, .armulClustered, .armulLowRank:
            guard let armul = armul(of: method) else { return [] }
            let path = try armul.path(
                strengths, armul.quadratics(of: folded.training(without: nil)), of: folded, sharing: .all,
                on: reference)
            return folds.map { fold in
                ChosenARMUL(
                    armul: armul, chosen: path.best(of: 0, without: fold), weightSums: folded.allWeightSums)
            }
        }
    }

    /// The squared errors of each method.
    private func heldOutErrors<B: Backend, P: Problem, R: Backend<Double>>(
        of estimators: [[any MomentEstimator]], _ folded: FoldedMoments<B, P>, on reference: R
    ) throws(ComputeError) -> [MethodErrors] {
        var sums = methods.map { MethodErrors($0, taskCount: folded.taskCount) }
        for fold in 0..<foldCount {
            // All methods in turn, since they train on the same moments.
            for (method, byFold) in estimators.enumerated() {
                let coefficients = try byFold[fold].coefficients(
                    from: folded.training(without: fold), on: reference)
                let errors = try folded.squaredErrors(inFold: fold, at: coefficients)
                for task in errors.indices where folded.counts.observations[task * foldCount + fold] > 0 {
                    sums[method].errors[task] += errors[task]
                }
            }
        }
        return sums
    }

    /// Which tasks are compared, and how methods do on them.
    ///
    /// - Parameter weights: the sum of the weights of each task's rows.
    func comparison(
        of found: [MethodErrors], penalties: [ComparedMethod: [ChosenPenalty]], roundingError: Double,
        separatedTaskCount: Int, sampleCounts counts: [Int], weights: [Double]
    ) -> Comparison {
        // A method that fits no task at all, as with features that are dependent everywhere, would leave none to compare.
        let usable = found.indices.filter { found[$0].errors.contains { $0.isFinite } }
        let rest = Array(usable.dropFirst())
        func group(_ tasks: [Int], _ chosen: [Int]) -> Comparison.Group {
            Comparison.Group(
                tasks: tasks, methods: chosen.map { found[$0] }, weights: weights, sampleCounts: counts)
        }
        func canPredict(_ task: Int, _ chosen: [Int]) -> Bool {
            counts[task] > 0 && !chosen.isEmpty && chosen.allSatisfy { found[$0].errors[task].isFinite }
        }
        let compared = counts.indices.filter { canPredict($0, usable) }
        let others = counts.indices.filter { !canPredict($0, usable) && canPredict($0, rest) }
        return Comparison(
            foldCount: foldCount, compared: group(compared, usable), others: others.isEmpty ? nil : group(others, rest),
            leftOutTaskCount: counts.count - compared.count - others.count,
            unfittedMethods: methods.indices.filter { !usable.contains($0) }.map { methods[$0] }, penalties: penalties,
            roundingError: roundingError, separatedTaskCount: separatedTaskCount)
    }
}

extension MomentEstimator {
    /// The penalty that was chosen, where there is one.
    fileprivate var chosenPenalty: ChosenPenalty? {
        switch self {
        case let ridge as Ridge: ridge.lambda.map { ChosenPenalty(value: $0, origin: .crossValidated) }
        case let armul as ChosenARMUL: armul.chosen
        case let lasso as ChosenLasso: lasso.chosen
        default: nil
        }
    }
}
