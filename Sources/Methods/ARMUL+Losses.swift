import Compute

/// Losses other than the squared one.
extension ARMUL {
    /// Fits the problem by rounds of Newton's method: ``ExpansionSolver``.
    func generalFit<B: Backend, R: Backend<Double>>(
        _ problem: some Problem, on backend: B, reference: R, progress: PassProgress?
    ) throws(ComputeError) -> Fit {
        let rows = try LossRows(problem, standardizes: standardizes, on: backend, progress: progress)
        let losses = try losses(of: problem, rows)
        let solver = ExpansionSolver(armul: self, losses: losses, weightSums: losses.weightSums)
        var chosen = ChosenPenalty(value: 0, origin: .given)
        var curve: [PenaltyError]?
        if let grid {
            let path = try lossPath(grid, folds, rows, solver, on: reference)
            (chosen, curve) = (path.best(of: 0), path.curve(of: 0))
        } else if case .value(let strength) = penalty {
            chosen = ChosenPenalty(value: strength, origin: .given, size: triedSizes[0])
        }
        var fit = try fit(solver, at: chosen, on: reference)
        fit.penaltyCurve = curve
        return fit
    }

    /// The fit at a strength, and a number of clusters or vectors, that have been chosen.
    func fit<B: Backend, P: Problem, R: Backend<Double>>(
        _ solver: ExpansionSolver<B, P>, at chosen: ChosenPenalty, on reference: R
    ) throws(ComputeError) -> Fit {
        var fit = try generalFit(structure.sized(chosen.size).solver, strength: chosen.value, solver, on: reference)
        fit.penalty = chosen
        return fit
    }

    private func generalFit<S: CenterStructure, B: Backend, P: Problem, R: Backend<Double>>(
        _ structure: S, strength: Double, _ solver: ExpansionSolver<B, P>, on reference: R
    ) throws(ComputeError) -> Fit {
        let losses = solver.losses
        let start = try solver.start(structure, on: reference)
        let solved = try solver.solve(structure, strength: strength, from: start, on: reference)
        guard let found = solved.found else { preconditionFailure("a search that ends has found something") }
        var gap: Double?
        if let vanilla = solved as? ExpandedPlace<B, P, VanillaCenters> {
            gap = try solver.dualityGap(of: vanilla, strength: strength, on: reference)
        }
        let full = FullCoefficients(found.loss.quadratics)
        var fit = try fit(
            found.loss, around: found.centers, found.tasks, sampleCounts: losses.totals.observations
        ) { slopes, tasks throws(ComputeError) in
            let weights = found.loss.weights
            return try losses.fittingLevels(of: full.center(slopes, of: tasks, weights: weights), tasks, weights)
        }
        let areSeparated = strength == 0 ? try solver.areSeparated(at: solved) : []
        var estimates = fit.tasks
        for task in fit.statuses.indices {
            if losses.totals.observations[task] > 0, !losses.isIncluded[task] {
                fit.statuses[task] = losses.totals.weights[task].isFinite ? .separated : .nonFinite
            } else if strength == 0, areSeparated[task], fit.statuses[task] == .ok {
                fit.statuses[task] = .separated
                if let center = fit.center { estimates?.setCoefficients(of: task, to: center.coefficients) }
            }
        }
        fit.tasks = estimates
        if fit.centerStatus != .tooFewRows { fit.centerStatus = solved.hasConverged ? .ok : .notConverged }
        fit.certificate = Certificate(
            objective: solved.objective, residual: solved.residual, dualityGap: gap,
            iterationCount: solved.roundCount, hasConverged: solved.hasConverged)
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
        leastDecrease: Double, on backend: B, reference: R, progress: PassProgress? = nil
    ) throws(ComputeError) -> [[Double]] {
        let rows = try LossRows(problem, standardizes: false, on: backend, progress: progress)
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

    func losses<B: Backend, P: Problem, Q: Problem>(
        of problem: P, _ rows: LossRows<B, Q>
    ) throws(ComputeError) -> TaskLosses<B, P> {
        try TaskLosses(
            of: problem, loss, free: intercept == .free ? problem.scaling.intercept : nil, variances: rows.variances,
            on: rows.backend, progress: rows.progress)
    }

    /// The mean loss on rows held out, of several numbers of clusters or vectors, strengths, and every fold.
    ///
    /// - Parameter whole: of all rows, which say what strengths are multiples of.
    func lossPath<B: Backend, P: Problem, R: Backend<Double>>(
        _ grid: StrengthGrid, _ folds: RowFolds, _ rows: LossRows<B, P>, _ whole: ExpansionSolver<B, P>, on reference: R
    ) throws(ComputeError) -> StrengthPath {
        let unit = grid.unit == .one ? 1 : try Self.noiseUnit(structure.solver, whole, on: reference)
        var path = StrengthPath(grid, sizes: triedSizes, unit: unit, foldCount: folds.foldCount)
        for number in 0..<folds.foldCount {
            let fold = try LossFold(number, folds, of: rows, self, weightSums: whole.weightSums)
            for (place, size) in triedSizes.enumerated() {
                try Self.addErrors(
                    structure.sized(size).solver, fold, firstPlace: place * grid.multiples.count, to: &path,
                    on: reference)
            }
        }
        return path
    }

    private static func noiseUnit<S: CenterStructure, B: Backend, P: Problem, R: Backend<Double>>(
        _ structure: S, _ solver: ExpansionSolver<B, P>, on reference: R
    ) throws(ComputeError) -> Double {
        try solver.noiseUnit(at: solver.start(structure, on: reference))
    }

    /// Adds the errors of a structure in a fold at every strength, each search continuing that at the next greater one.
    private static func addErrors<S: CenterStructure, B: Backend, P: Problem, R: Backend<Double>>(
        _ structure: S, _ fold: LossFold<B, P>, firstPlace: Int, to path: inout StrengthPath, on reference: R
    ) throws(ComputeError) {
        var place = try fold.training.start(structure, on: reference)
        for (index, strength) in path.strengths.enumerated().reversed() {
            place = try fold.training.solve(structure, strength: strength, from: place, on: reference)
            let errors = try fold.errors(at: place.expanded.coefficients)
            for task in errors.indices where fold.isCompared[task] {
                path.add(
                    error: errors[task], weight: fold.heldOut.totals.weights[task], fold: fold.number,
                    place: firstPlace + index)
            }
        }
    }
}
