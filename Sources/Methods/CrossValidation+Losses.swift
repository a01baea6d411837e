import Compute

/// Comparison with other losses than the squared one.
///
/// `itl` is ARMUL without a penalty, with an intercept for each task; `pool` is ARMUL of an infinite strength, where all tasks
/// are one, the intercept as well. A task that `itl` has no finite coefficients for gets those of `pool`. MOLAR has a strength
/// of 1 and a free intercept, as with the squared loss.
extension CrossValidation {
    func compareLosses<B: Backend, P: Problem, R: Backend<Double>>(
        _ problem: P, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Comparison {
        let known = loss.columnCount == 1 ? ComparedMethod.ofOneColumn : ComparedMethod.ofAnyLoss
        precondition(methods.allSatisfy(known.contains), "methods that the loss has")
        let folds = RowFolds(foldCount: foldCount, seed: seed)
        let rows = try LossRows(problem, standardizes: standardizes, on: backend, progress: progress)
        let totals = try ResponseTotals(of: problem, loss, on: backend, progress: progress)
        let taskCount = totals.weights.count
        let fitted = try methods.map { method throws(ComputeError) in
            var fitted = try FoldedMethod(armul(ofAnyLoss: method), rows, folds, on: reference)
            fitted.molar = molar(of: method)
            return fitted
        }
        let pool =
            methods.contains { $0 == .pool || $0 == .itl } ? try FoldedMethod(pooled, rows, folds, on: reference) : nil
        var found = methods.map { MethodErrors($0, taskCount: taskCount, hasClasses: loss != .poisson) }
        var isSeparated = Array(repeating: false, count: taskCount)
        for fold in 0..<foldCount {
            let pooled = try pool?.fit(fold, rows, folds, on: reference)
            for (place, method) in methods.enumerated() {
                var own: FoldFit<B, P>
                if method == .pool, let pooled {
                    own = pooled
                } else {
                    own = try fitted[place].fit(fold, rows, folds, on: reference)
                }
                if method == .itl, let pooled {
                    for (task, status) in own.statuses.enumerated() where status != .ok {
                        own.setCoefficients(of: task, to: pooled)
                        if own.fold.isCompared[task] { isSeparated[task] = true }
                    }
                }
                try own.addErrors(to: &found[place])
            }
        }
        var penalties: [ComparedMethod: [ChosenPenalty]] = [:]
        for (method, fitted) in zip(methods, fitted) where armul(of: method) != nil {
            penalties[method] = fitted.chosen
        }
        return comparison(
            of: found, penalties: penalties, roundingError: 0, separatedTaskCount: isSeparated.count { $0 },
            sampleCounts: totals.observations, weights: totals.weights)
    }

    private var pooled: ARMUL {
        var pooled = ARMUL(strength: .infinity, intercept: .shared)
        pooled.loss = loss
        return pooled
    }

    private func molar(of method: ComparedMethod) -> MOLAR? {
        guard let shrinkage = method.shrinkage else { return nil }
        var molar = MOLAR(shrinkage: shrinkage)
        molar.loss = loss
        return molar
    }

    private func armul(ofAnyLoss method: ComparedMethod) -> ARMUL {
        if let armul = armul(of: method) { return armul }
        if method == .pool { return pooled }
        var own = ARMUL(strength: 0)
        own.loss = loss
        return own
    }
}

/// A method as ARMUL, with the penalty that is chosen for each fold by the errors on the others.
private struct FoldedMethod {
    let armul: ARMUL
    let chosen: [ChosenPenalty]
    /// Of all rows, where the penalty goes by them.
    let weightSums: [Double]?
    /// What fits instead, where that is MOLAR.
    var molar: MOLAR?

    init<B: Backend, P: Problem, R: Backend<Double>>(
        _ armul: ARMUL, _ rows: LossRows<B, P>, _ folds: RowFolds, on reference: R
    ) throws(ComputeError) {
        self.armul = armul
        guard let grid = armul.grid else {
            let strength = if case .value(let strength) = armul.penalty { strength } else { 0.0 }
            chosen = (0..<folds.foldCount).map { _ in ChosenPenalty(value: strength, origin: .given) }
            weightSums = nil
            return
        }
        let losses = try armul.losses(of: rows.problem, rows)
        let whole = ExpansionSolver(armul: armul, losses: losses, weightSums: losses.weightSums)
        let path = try armul.lossPath(grid, folds, rows, whole, on: reference)
        chosen = (0..<folds.foldCount).map { path.best(of: 0, without: $0) }
        weightSums = losses.weightSums
    }

    /// The fit to the rows outside of a fold.
    func fit<B: Backend, P: Problem, R: Backend<Double>>(
        _ number: Int, _ rows: LossRows<B, P>, _ folds: RowFolds, on reference: R
    ) throws(ComputeError) -> FoldFit<B, P> {
        let fold = try LossFold(number, folds, of: rows, armul, weightSums: weightSums)
        let fit =
            if let molar {
                try molar.fit(
                    fold.training.losses.problem, on: rows.backend, reference: reference, progress: rows.progress)
            } else {
                try armul.fit(fold.training, at: chosen[number], on: reference)
            }
        return FoldFit(fold: fold, statuses: fit.statuses, coefficients: fit.tasks?.coefficients ?? [])
    }
}

/// Every task's coefficients without a fold, beside the rows of the fold.
private struct FoldFit<B: Backend, P: Problem> {
    let fold: LossFold<B, P>
    let statuses: [TaskStatus]
    private(set) var coefficients: [Double]

    mutating func setCoefficients(of task: Int, to other: FoldFit) {
        let width = coefficients.count / statuses.count
        for place in task * width..<(task + 1) * width { coefficients[place] = other.coefficients[place] }
    }

    /// Adds what the rows of the fold cost.
    func addErrors(to sums: inout MethodErrors) throws(ComputeError) {
        let errors =
            try fold.heldOut.loss == .poisson ? fold.deviances(at: coefficients) : fold.errors(at: coefficients)
        let wrong = sums.wrongWeights == nil ? nil : try fold.wrongWeights(at: coefficients)
        // A weight that is not a number is that of a task whose responses are not.
        for task in errors.indices where fold.heldOut.totals.weights[task] != 0 {
            sums.errors[task] += fold.isCompared[task] ? errors[task] : .nan
            if let wrong { sums.wrongWeights?[task] += wrong[task] }
        }
    }
}

extension LossFold {
    /// The deviance of each task's counts in the fold: twice what their loss is above the least that it can be.
    fileprivate func deviances(at coefficients: [Double]) throws(ComputeError) -> [Double] {
        var least = isCompared.map { _ in 0.0 }
        try heldOut.forEachRowBlock(heldOut.problem.source(of: B.Scalar.self)) { chunk, block in
            least[Int(block.task)] += chunk.leastPoissonLoss(of: block)
        }
        return zip(try errors(at: coefficients), least).map { max(0, 2 * ($0 - $1)) }
    }

    /// The weight of each task's rows in the fold that are taken for another class than theirs.
    fileprivate func wrongWeights(at coefficients: [Double]) throws(ComputeError) -> [Double] {
        let scaled = heldOut.scaled(coefficients)
        let size = heldOut.shrunk.coefficientCount
        var sums = isCompared.map { _ in 0.0 }
        try heldOut.forEachRowBlock(heldOut.problem.source(of: B.Scalar.self)) { chunk, block in
            let task = Int(block.task)
            withUnsafeTemporaryAllocation(of: Double.self, capacity: heldOut.loss.columnCount) { scratch in
                scaled.withUnsafeBufferPointer { scaled in
                    guard let base = scaled.baseAddress, let memory = scratch.baseAddress else { return }
                    sums[task] += chunk.wrongWeight(of: block, heldOut.loss, at: base + task * size, scratch: memory)
                }
            }
        }
        return sums
    }
}
