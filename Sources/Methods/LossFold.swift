import Compute

/// One fold of a problem's rows, with what is fitted to all others.
///
/// Penalties keep the weight of all of a task's rows, as those of the squared loss do.
struct LossFold<B: Backend, P: Problem> {
    let number: Int
    let training: ExpansionSolver<B, FoldProblem<P>>
    let heldOut: TaskLosses<B, FoldProblem<P>>
    /// Whether each task has rows in the fold, and finite numbers in all of them.
    let isCompared: [Bool]

    /// - Parameter weightSums: of all of each task's rows; nil where penalties and weights go by those of the others alone.
    init(
        _ number: Int, _ folds: RowFolds, of rows: LossRows<B, P>, _ armul: ARMUL, weightSums: [Double]?
    ) throws(ComputeError) {
        func losses(isHeldOut: Bool) throws(ComputeError) -> TaskLosses<B, FoldProblem<P>> {
            try armul.losses(
                of: FoldProblem(whole: rows.problem, folds: folds, fold: number, isHeldOut: isHeldOut), rows)
        }
        self.number = number
        let others = try losses(isHeldOut: false)
        training = ExpansionSolver(armul: armul, losses: others, weightSums: weightSums ?? others.weightSums)
        heldOut = try losses(isHeldOut: true)
        let none = Array(repeating: 0.0, count: heldOut.taskCount * heldOut.shrunk.coefficientCount)
        isCompared = zip(try heldOut.values(at: none), heldOut.totals.weights).map { $0.isFinite && $1 > 0 }
    }

    /// The sum of the losses of each task's rows in the fold; infinite where they are too large for a number.
    func errors(at coefficients: [Double]) throws(ComputeError) -> [Double] {
        zip(try heldOut.values(at: coefficients), heldOut.totals.weights).map { $0.isNaN ? .infinity : $0 * $1 }
    }
}

/// The rows that losses are formed of, and where.
struct LossRows<B: Backend, P: Problem> {
    let problem: P
    /// Of each feature, where it is standardized coefficients that are shrunk.
    let variances: [Double]?
    let backend: B
    let progress: PassProgress?

    init(
        _ problem: P, standardizes: Bool, on backend: B, progress: PassProgress?
    ) throws(ComputeError) {
        self.problem = problem
        self.backend = backend
        self.progress = progress
        guard standardizes else {
            variances = nil
            return
        }
        let moments = try FoldedMoments(
            of: problem, folds: RowFolds(foldCount: 1, seed: 0), on: backend, progress: progress)
        variances = try moments.training(without: nil).variances()
    }
}
