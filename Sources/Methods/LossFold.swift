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

    /// - Parameter weightSums: of all of each task's rows.
    init(
        _ number: Int, _ folds: RowFolds, of rows: LossRows<B, P>, _ armul: ARMUL, weightSums: [Double]
    ) throws(ComputeError) {
        func losses(isHeldOut: Bool) throws(ComputeError) -> TaskLosses<B, FoldProblem<P>> {
            try armul.losses(
                of: FoldProblem(whole: rows.problem, folds: folds, fold: number, isHeldOut: isHeldOut), rows)
        }
        self.number = number
        training = ExpansionSolver(armul: armul, losses: try losses(isHeldOut: false), weightSums: weightSums)
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
}
