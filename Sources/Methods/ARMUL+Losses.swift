import Compute

/// Losses other than the squared one.
extension ARMUL {
    /// Fits the problem by rounds of Newton's method: ``ExpansionSolver``.
    func generalFit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        var variances: [Double]?
        if standardizes {
            let moments = try FoldedMoments(
                of: problem, folds: RowFolds(foldCount: 1, seed: 0), on: backend, progress: progress)
            variances = try moments.training(without: nil).variances()
        }
        let rows = LossRows(problem: problem, variances: variances, backend: backend, progress: progress)
        return try generalFit(structure.solver, rows, on: reference)
    }

    private func generalFit<S: CenterStructure, B: Backend, P: Problem, R: Backend<Double>>(
        _ structure: S, _ rows: LossRows<B, P>, on reference: R
    ) throws(ComputeError) -> Fit {
        let losses = try losses(of: rows.problem, rows)
        let solver = ExpansionSolver(armul: self, losses: losses, weightSums: losses.weightSums)
        let start = try solver.start(structure, on: reference)
        let chosen: ChosenPenalty
        var curve: [PenaltyError]?
        switch penalty {
        case .value(let strength): chosen = ChosenPenalty(value: strength, origin: .given)
        case .crossValidated(let grid):
            let unit = grid.unit == .one ? 1 : try solver.noiseUnit(at: start)
            let path = try lossPath(grid, unit: unit, structure, rows, weightSums: losses.weightSums, on: reference)
            (chosen, curve) = (path.best(of: 0), path.curve(of: 0))
        }
        let solved = try solver.solve(structure, strength: chosen.value, from: start, on: reference)
        guard let found = solved.found else { preconditionFailure("a search that ends has found something") }
        var gap: Double?
        if let vanilla = solved as? ExpandedPlace<B, P, VanillaCenters> {
            gap = try solver.dualityGap(of: vanilla, strength: chosen.value, on: reference)
        }
        let full = FullCoefficients(found.loss.quadratics)
        var fit = try fit(
            found.loss, around: found.centers, found.tasks, sampleCounts: losses.totals.observations
        ) { slopes, tasks throws(ComputeError) in
            let weights = found.loss.weights
            return try losses.fittingLevels(of: full.center(slopes, of: tasks, weights: weights), tasks, weights)
        }
        let isSeparable = loss == .logistic || loss.columnCount > 1
        var estimates = fit.tasks
        for task in fit.statuses.indices {
            if losses.totals.observations[task] > 0, !losses.isIncluded[task] {
                fit.statuses[task] = losses.totals.weights[task].isFinite ? .separated : .nonFinite
            } else if chosen.value == 0, isSeparable, fit.statuses[task] == .ok,
                solved.expanded.values[task] < Self.certainLoss
            {
                fit.statuses[task] = .separated
                if let center = fit.center { estimates?.setCoefficients(of: task, to: center.coefficients) }
            }
        }
        fit.tasks = estimates
        if fit.centerStatus != .tooFewRows { fit.centerStatus = solved.hasConverged ? .ok : .notConverged }
        fit.certificate = Certificate(
            objective: solved.objective, residual: solved.residual, dualityGap: gap,
            iterationCount: solved.roundCount, hasConverged: solved.hasConverged)
        fit.penalty = chosen
        fit.penaltyCurve = curve
        return fit
    }

    /// Every task's coefficients at several strengths, each search continuing that at the next greater one: `strengths`, then
    /// `taskCount x coefficients`.
    ///
    /// - Parameters:
    ///   - weightSums: the weights of tasks' rows that penalties and weights go by, where they are not those of the problem.
    ///   - strengths: ascending.
    ///   - tolerance: slopes that may be left, over their scale.
    ///   - leastDecrease: the share by which the objective has to fall in ten rounds for a search to go on.
    package func coefficientPath<B: Backend, R: Backend<Double>>(
        to problem: some Problem, weightSums: [Double]?, strengths: [Double], tolerance: Double,
        leastDecrease: Double, on backend: B,
        reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [[Double]] {
        let rows = LossRows(problem: problem, variances: nil, backend: backend, progress: progress)
        let losses = try losses(of: problem, rows)
        var solver = ExpansionSolver(armul: self, losses: losses, weightSums: weightSums ?? losses.weightSums)
        solver.tolerance = tolerance
        solver.leastDecrease = leastDecrease
        return try Self.path(structure.solver, solver, strengths: strengths, on: reference)
    }

    private static func path<S: CenterStructure, B: Backend, P: Problem, R: Backend<Double>>(
        _ structure: S, _ solver: ExpansionSolver<B, P>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [[Double]] {
        var place = try solver.start(structure, on: reference)
        var found: [[Double]] = []
        for strength in strengths.reversed() {
            place = try solver.solve(structure, strength: strength, from: place, on: reference)
            found.append(place.expanded.coefficients)
        }
        return found.reversed()
    }

    /// A mean log loss below this says that without a penalty every row's class could be told as surely as one likes: there
    /// are no finite coefficients.
    private static var certainLoss: Double { 1e-7 }

    private func losses<B: Backend, P: Problem, Q: Problem>(
        of problem: P, _ rows: LossRows<B, Q>
    ) throws(ComputeError) -> TaskLosses<B, P> {
        try TaskLosses(
            of: problem, loss, free: intercept == .free ? problem.scaling.intercept : nil, variances: rows.variances,
            on: rows.backend, progress: rows.progress)
    }

    /// The mean loss on rows held out, of several strengths and every fold.
    private func lossPath<S: CenterStructure, B: Backend, P: Problem, R: Backend<Double>>(
        _ grid: StrengthGrid, unit: Double, _ structure: S, _ rows: LossRows<B, P>, weightSums: [Double],
        on reference: R
    ) throws(ComputeError) -> StrengthPath {
        var path = StrengthPath(grid, unit: unit)
        for fold in 0..<grid.foldCount {
            func part(isHeldOut: Bool) throws(ComputeError) -> TaskLosses<B, FoldProblem<P>> {
                try losses(
                    of: FoldProblem(whole: rows.problem, folds: folds, fold: fold, isHeldOut: isHeldOut), rows)
            }
            let solver = ExpansionSolver(armul: self, losses: try part(isHeldOut: false), weightSums: weightSums)
            let heldOut = try part(isHeldOut: true)
            var place = try solver.start(structure, on: reference)
            for (index, multiple) in grid.multiples.enumerated().reversed() {
                place = try solver.solve(structure, strength: multiple * unit, from: place, on: reference)
                let coefficients = place.expanded.coefficients
                let values = try heldOut.values(at: coefficients)
                for task in values.indices where values[task].isFinite && heldOut.totals.weights[task] > 0 {
                    let first = task * heldOut.shrunk.coefficientCount
                    guard coefficients[first].isFinite else { continue }
                    path.add(
                        error: values[task] * heldOut.totals.weights[task], weight: heldOut.totals.weights[task],
                        fold: fold, place: index)
                }
            }
        }
        return path
    }
}

/// The rows that losses are formed of, and where.
private struct LossRows<B: Backend, P: Problem> {
    let problem: P
    let variances: [Double]?
    let backend: B
    let progress: PassProgress?
}
