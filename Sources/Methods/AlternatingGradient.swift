import Compute

/// Alternating proximal gradient descent with a fixed step and a fixed number of rounds: the paper's own algorithm for ARMUL.
///
/// Duan and Wang (2023), Algorithm 1, for any loss and structure. A round is
///
///     v_j <- prox of eta lambda_j ||.|| at v_j - eta f_j'(gamma_j + v_j),    lambda_j = C t_j,
///
/// and then the prototypes' own steps (``Prototype``) down `sum of w_j f_j(gamma_j + v_j)`; coefficients are
/// `gamma_j + v_j`. With `eta` at most the reciprocal of the losses' largest curvature no round raises the objective
/// `sum of w_j (f_j(gamma_j + v_j) + lambda_j ||v_j||)`. It ends after the rounds that are asked for, converged or not: of
/// losses without a minimum, as logistic ones of tasks that can be separated, their number is part of the estimate.
///
/// Several fits to the same rows go side by side, each with its `C` and its prototypes; those with an infinite `C` have no
/// deviations. Coefficients are those of the columns as they are in the rows.
package struct AlternatingGradient: Sendable {
    package let loss: Loss
    /// `eta`.
    package let step: Double
    package let roundCount: Int

    package init(loss: Loss, step: Double, roundCount: Int) {
        precondition(step > 0 && roundCount >= 0, "a positive step, and no fewer rounds than none")
        self.loss = loss
        self.step = step
        self.roundCount = roundCount
    }

    /// Makes one fit for each of the prototypes.
    ///
    /// - Parameters:
    ///   - strengths: `C`, one a fit.
    ///   - thresholds: `t_j`.
    ///   - weights: `w_j`; only their ratios matter.
    ///   - start: coefficients to begin from, `taskCount x width`, the same for all fits: deviations are what they are
    ///     away from the prototypes. Without it deviations are 0.
    package func fits<P: Prototype, B: Backend>(
        _ prototypes: [P], strengths: [Double], thresholds: [Double], weights: [Double], from start: [Double]? = nil,
        to problem: some Problem, on backend: B, progress: PassProgress? = nil
    ) throws(ComputeError) -> AlternatingFits<P> {
        precondition(prototypes.count == strengths.count, "a strength a fit")
        var fits = SideBySideFits(
            prototypes, taskCount: problem.layout.taskCount, width: loss.columnCount * problem.featureCount,
            parallel: backend.parallel)
        let hasDeviations = strengths.contains { $0 < .infinity }
        let losses = try ShiftedLosses(
            loss, problem, fitCount: fits.count, hasDeviations: hasDeviations, on: backend, progress: progress)
        if hasDeviations, let start { try losses.setDeviations(fits.deviations(of: start, strengths: strengths)) }
        let penalties = PenaltySteps(strengths: strengths, thresholds: thresholds, step: step)
        let thresholdVectors = try penalties.upload(on: backend)
        for _ in 0..<roundCount {
            if hasDeviations { try losses.moveDeviations(at: fits.places, step: step, thresholds: thresholdVectors) }
            for phase in 0..<P.phaseCount {
                fits.move(phase: phase, slopes: try losses.slopes(at: fits.places), step: step)
            }
            try choose(&fits, losses, penalties)
        }
        let deviations = hasDeviations ? try losses.deviations() : nil
        let coefficients = zip(fits.places, deviations ?? fits.places.map { _ in 0 }).map { $0 + $1 }
        let costs = try losses.values(at: coefficients)
        let total = weights.reduce(0, +)
        let objectives = (0..<fits.count).map { fit in
            weights.indices.reduce(0.0) { sum, task in
                let place = task * fits.count + fit
                let penalty = deviations.map { penalties.cost(of: $0, place, fits.width) } ?? 0
                return sum + weights[task] / total * (costs[place] + penalty)
            }
        }
        return AlternatingFits(prototypes: fits.prototypes, coefficients: coefficients, objectives: objectives)
    }

    /// Lets tasks choose among their prototypes' candidates, where there are any.
    private func choose<P: Prototype, B: Backend>(
        _ fits: inout SideBySideFits<P>, _ losses: ShiftedLosses<B>, _ penalties: PenaltySteps
    ) throws(ComputeError) {
        let candidates = fits.prototypes.map(\.candidates)
        guard candidates.contains(where: { !$0.isEmpty }) else { return }
        var deviations = try losses.deviations()
        let costs = try losses.values(at: fits.coefficients(of: candidates, deviations))
        if fits.choose(candidates, costs: costs, deviations: &deviations, penalties) {
            try losses.setDeviations(deviations)
        }
    }
}

/// What an alternating descent has come to, for each of several fits.
package struct AlternatingFits<P: Prototype>: Sendable {
    package let prototypes: [P]
    /// `taskCount x fits x width`.
    package let coefficients: [Double]
    /// With weights that sum to 1.
    package let objectives: [Double]
}

/// The thresholds of the deviations' steps.
struct PenaltySteps {
    let strengths: [Double]
    let thresholds: [Double]
    let step: Double

    /// `lambda_j`, where the deviation is not 0.
    func penalty(_ place: Int) -> Double { strengths[place % strengths.count] * thresholds[place / strengths.count] }

    /// `eta lambda_j`, for each task and fit.
    func upload<B: Backend>(on backend: B) throws(ComputeError) -> Vectors<B.Buffer> {
        let vectors = try backend.makeVectors(taskCount: thresholds.count, columnCount: strengths.count, width: 1)
        let values = (0..<thresholds.count * strengths.count).map { place -> Double in
            let strength = strengths[place % strengths.count]
            return strength == .infinity ? .infinity : step * penalty(place)
        }
        try backend.upload(values, into: vectors)
        return vectors
    }

    /// `lambda_j ||v_j||`; 0 for no deviation, whatever the penalty.
    func cost(of deviations: [Double], _ place: Int, _ width: Int) -> Double {
        let square = deviations.withUnsafeBufferPointer { values in
            values.baseAddress.map { dot($0 + place * width, $0 + place * width, count: width) } ?? 0
        }
        return square > 0 ? penalty(place) * square.squareRoot() : 0
    }
}
