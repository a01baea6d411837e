import Compute

/// Fits tasks of any convex loss by Newton's method: each round solves the problem with every loss replaced by its
/// expansion at the last coefficients.
///
/// Where the round lowers the objective by too little, the curvature of the tasks whose losses rose above their expansions
/// grows by a part of its bound, and the round is repeated; so every round lowers it, whatever the structure of the centres,
/// and the last ones converge quadratically.
struct ExpansionSolver<B: Backend, P: Problem> {
    let armul: ARMUL
    let losses: TaskLosses<B, P>
    /// The sum of the weights of each task's rows that penalties and weights go by; of all rows where some are held out.
    let weightSums: [Double]
    /// Slopes that may be left, over their scale.
    var tolerance = Self.leastTolerance
    /// The share by which the objective has to fall in ten rounds: where it falls by less, the search ends there without
    /// having converged. Losses of classes that can be told apart have no least point, and fall for ever.
    var leastDecrease = 0.0

    private static var roundLimit: Int { 100 }
    /// The rounds in which the objective has to fall by `leastDecrease`.
    private static var patience: Int { 10 }
    /// The share of the slopes that are left which a round's search for centres may leave.
    private static var innerShare: Double { 0.01 }
    private static var leastTolerance: Double { max(1e-11, 64 * Double(B.Scalar.ulpOfOne)) }

    /// Where a search begins: every task at the fit to all tasks' rows together; or where centres are not one for all, some
    /// steps further towards its own fit, so that there is something to find centres of.
    func start<S: CenterStructure, R: Backend<Double>>(
        _ structure: S, on reference: R
    ) throws(ComputeError) -> ExpandedPlace<B, P, S.Centers> {
        let pooled = try PooledStart(losses, weights: armul.weights == .observations ? weightSums : nil)
        var place = ExpandedPlace<B, P, S.Centers>(
            expanded: try ExpandedTasks(losses, at: (0..<losses.taskCount).flatMap { _ in pooled.coefficients }),
            dampings: losses.isIncluded.map { _ in 0 })
        if structure.isConvex { return place }
        // With its whole bound added, no loss is above its expansion.
        place.dampings = losses.isIncluded.map { _ in 1 }
        for _ in 0..<Self.ownSteps {
            let (quadratics, slopes, _) = try place.expanded.quadratics(
                dampings: place.dampings, isIncluded: place.isIncluded)
            if place.slopeScale == nil { place.slopeScale = quadratics.scale(of: slopes) }
            let loss = armul.loss(of: quadratics, sharing: .all, strengths: [0], weightSums: weightSums)
            let centers = try VanillaStructure().solve(loss, continuing: nil, on: reference)
            let own = loss.coefficients(try loss.solutions(at: centers).coefficients, around: centers)
            let moved = try ExpandedTasks(losses, at: own)
            guard zip(moved.values, place.isIncluded).allSatisfy({ $0.isFinite || !$1 }) else { break }
            place.expanded = moved
        }
        return place
    }

    private static var ownSteps: Int { 3 }

    /// The strength at which the penalty balances the noise of one task's slopes: their variance is the curvature over the
    /// rows, so it is the root of the mean diagonal of that, a feature. Of the squared distance it is that mean itself.
    func noiseUnit<Centers>(at start: ExpandedPlace<B, P, Centers>) throws(ComputeError) -> Double {
        let (quadratics, _, _) = try start.expanded.quadratics(
            dampings: start.dampings.map { _ in 0 }, isIncluded: start.isIncluded)
        let loss = armul.loss(of: quadratics, sharing: .all, strengths: [1], weightSums: weightSums)
        let curvature = loss.weights.indices.reduce(0.0) { $0 + loss.weights[$1] * quadratics.traces[$1] }
        let mean = curvature / Double(max(1, losses.shrunk.features.count))
        let unit = loss.distance == .norm ? mean.squareRoot() : mean
        return unit > 0 && unit.isFinite ? unit : 1
    }

    /// The fit at one strength of the penalty.
    func solve<S: CenterStructure, R: Backend<Double>>(
        _ structure: S, strength: Double, from start: ExpandedPlace<B, P, S.Centers>, on reference: R
    ) throws(ComputeError) -> ExpandedPlace<B, P, S.Centers> {
        var place = start
        var before: ExpandedPlace<B, P, S.Centers>?
        var dampings = start.dampings
        var scale: Double?
        var rejected: (expanded: ExpandedTasks<B, P>, found: FoundTasks<B, S.Centers>, objective: Double)?
        place.residual = .infinity
        place.hasConverged = false
        place.roundCount = 0
        // The objective at the start of each round.
        var objectives: [Double] = []
        for round in 1...Self.roundLimit {
            place.roundCount = round - 1
            let (quadratics, slopes, freeSlopes) = try place.expanded.quadratics(
                dampings: dampings, isIncluded: place.isIncluded)
            var loss = armul.loss(of: quadratics, sharing: .all, strengths: [strength], weightSums: weightSums)
            let isNew = scale == nil
            if isNew {
                scale = place.slopeScale ?? quadratics.scale(of: slopes)
                place.slopeScale = scale
                // Not every start is one that the structure allows.
                place.objective =
                    place.found == nil && !structure.isConvex ? .infinity : place.objective(of: loss)
            }
            if let found = place.found {
                place.residual = try found.residual(loss, slopes: slopes, freeSlopes: freeSlopes) / (scale ?? 1)
                if place.residual <= tolerance {
                    place.hasConverged = true
                    return place
                }
                if let last = before, !(place.residual < last.residual) {
                    // Rounding decides: the objective tells nothing, and slopes no longer fall.
                    place = last
                    place.hasConverged = last.residual <= 1000 * Self.leastTolerance
                    return place
                }
            }
            objectives.append(place.objective)
            if round > Self.patience, place.found != nil {
                let before = objectives[round - 1 - Self.patience]
                if before.isFinite, before - place.objective < leastDecrease * before { return place }
            }
            loss.accuracy = Self.innerShare * (scale ?? 1) * min(1, place.residual)
            let centers = try structure.solve(loss, continuing: place.found?.centers, on: reference)
            let tasks = try TaskSolutions(loss, at: centers)
            let found = FoundTasks(loss: loss, centers: centers, tasks: tasks)
            let trial = try ExpandedTasks(losses, at: loss.coefficients(tasks.coefficients, around: centers))
            let objective = found.objective(values: trial.values)
            let gain = min(place.objective, .greatestFiniteMagnitude) - found.model
            let rounding = 64 * Double(B.Scalar.ulpOfOne) * (1 + abs(found.model))
            // Where a task's loss is nearly flat, a share of the bound itself would hold it where it is.
            func firstDampings() throws(ComputeError) -> [Double] {
                try place.expanded.curvatureShares().map { 0.01 * min(1, $0) }
            }
            if objective <= place.objective - 1e-4 * gain || gain <= rounding && objective <= place.objective + rounding
            {
                before = gain <= rounding ? place : nil
                if dampings.contains(where: { $0 > 0 }) {
                    found.decrease(&dampings, from: try firstDampings(), values: trial.values, gain: gain)
                }
                place.expanded = trial
                place.found = found
                place.objective = objective
                place.dampings = dampings
            } else {
                rejected = (trial, found, objective)
                if gain <= rounding { break }
                found.increase(&dampings, from: try firstDampings(), values: trial.values, gain: gain)
            }
        }
        if place.found == nil, let rejected {
            // Nothing is lower than the start; what is nearest to it is told all the same.
            (place.expanded, place.found, place.objective) = rejected
        }
        place.hasConverged = place.residual <= 1000 * Self.leastTolerance
        return place
    }
}

/// Where a search for tasks' coefficients is.
struct ExpandedPlace<B: Backend, P: Problem, Centers: SharedCenters> {
    var expanded: ExpandedTasks<B, P>
    /// Whether each task takes part.
    let isIncluded: [Bool]
    /// What is added to each task's curvature, in units of its bound.
    var dampings: [Double]
    /// The solution of the expansions that led there; nil at the start.
    var found: FoundTasks<B, Centers>?
    var objective = Double.infinity
    /// The largest slope that is left, over the scale of slopes.
    var residual = Double.infinity
    /// One more than the largest slope of a task's loss at the start.
    var slopeScale: Double?
    var roundCount = 0
    var hasConverged = false

    init(expanded: ExpandedTasks<B, P>, dampings: [Double]) {
        self.expanded = expanded
        self.dampings = dampings
        isIncluded = zip(expanded.losses.isIncluded, expanded.values).map { $0 && $1.isFinite }
    }

    /// The objective with the penalties of a loss.
    fileprivate func objective(of loss: ProfiledLoss<B>) -> Double {
        loss.weights.indices.reduce(0.0) { sum, task in
            guard loss.weights[task] > 0 else { return sum }
            let distance = found?.tasks.distances[task] ?? 0
            return sum + loss.weights[task]
                * (expanded.values[task] + loss.distance.penalty(loss.thresholds[task], at: distance))
        }
    }
}

/// The solution of tasks' expansions with a penalty.
struct FoundTasks<B: Backend, Centers: SharedCenters> {
    let loss: ProfiledLoss<B>
    let centers: Centers
    let tasks: TaskSolutions

    /// The objective as the expansions have it.
    var model: Double {
        loss.weights.indices.reduce(loss.constants.reduce(0, +)) {
            loss.weights[$1] > 0 ? $0 + loss.weights[$1] * tasks.values[$1] : $0
        }
    }

    private func penalty(_ task: Int) -> Double {
        loss.distance.penalty(loss.thresholds[task], at: tasks.distances[task])
    }

    /// The objective with the losses' own values there.
    fileprivate func objective(values: [Double]) -> Double {
        loss.weights.indices.reduce(0.0) {
            loss.weights[$1] > 0 ? $0 + loss.weights[$1] * (values[$1] + penalty($1)) : $0
        }
    }

    /// The largest slope that is left, of tasks, centres or free coefficients, where these slopes are found.
    fileprivate func residual(
        _ loss: ProfiledLoss<B>, slopes: [Double], freeSlopes: [Double]
    ) throws(ComputeError) -> Double {
        let violations = try loss.violations(tasks.coefficients, slopes: slopes, around: centers)
        return loss.weights.indices.reduce(centers.slope(slopes, of: loss)) {
            loss.weights[$1] > 0 ? max($0, max(violations[$1], freeSlopes[$1])) : $0
        }
    }

    /// Damps the tasks whose losses are above their expansions by more than half an even share of what was to be gained.
    ///
    /// - Parameter first: what damping begins with: a hundredth of the task's curvature.
    fileprivate func increase(_ dampings: inout [Double], from first: [Double], values: [Double], gain: Double) {
        forEachExcess(values: values, gain: gain) { task, share in
            if !(share < 0.5) { dampings[task] = max(first[task], 8 * dampings[task]) }
        }
    }

    /// Damps less the tasks whose losses are not above their expansions by much.
    fileprivate func decrease(_ dampings: inout [Double], from first: [Double], values: [Double], gain: Double) {
        forEachExcess(values: values, gain: gain) { task, share in
            if share < 0.05 { dampings[task] = dampings[task] > 0.1 * first[task] ? dampings[task] / 8 : 0 }
        }
    }

    /// Calls `body` with each task and how far its loss is above its expansion, in even shares of what was to be gained.
    private func forEachExcess(values: [Double], gain: Double, _ body: (Int, Double) -> Void) {
        let count = Double(loss.weights.count { $0 > 0 })
        for task in loss.weights.indices where loss.weights[task] > 0 {
            let expected = tasks.values[task] - penalty(task) + loss.quadratics.constants[task] / 2
            body(task, loss.weights[task] * (values[task] - expected) * count / gain)
        }
    }
}

extension TaskQuadratics {
    /// One more than the largest of some slopes of tasks that take part.
    fileprivate func scale(of slopes: [Double]) -> Double {
        var largest = 0.0
        for task in isIncluded.indices where isIncluded[task] {
            largest = max(
                largest,
                slopes[task * order..<(task + 1) * order].reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
        return 1 + largest
    }
}
