import Compute
import Engine
import Methods
import Tables

extension FitSummary {
    /// The lines that every run ends with.
    func lines(timings: [(name: String, seconds: Double)]) -> [String] {
        var lines: [String] = []
        lines.append(store.rowsText)
        let statuses = StatusCounts(fit.statuses, termNames: design.termNames, tasks: store.taskLabels).text
        lines.append("\(command.method.rawValue): \(counted(store.layout.taskCount, "task")): \(statuses)")
        if let penalty = fit.penalty {
            let name = command.method == .armul || command.method.isLasso ? "strength" : "penalty"
            let size = penalty.size.map { "\(sizeName) \($0), " } ?? ""
            lines.append("\(size)\(name) \(shortNumber(penalty.value))\(text(of: penalty)), towards \(targetText)")
        }
        if let certificate = fit.certificate, !certificate.hasConverged {
            let after = certificate.iterationCount.map { " after \(counted($0)) iterations" } ?? ""
            lines.append(
                "not converged\(after): slopes of "
                    + "\(shortNumber(certificate.residual)) are left, where 0 is an optimum")
        }
        if let counts = fit.differingTaskCounts, counts.count(where: { $0 != nil }) == 1 {
            lines.append(
                "\(command.method.rawValue) shrinks nothing where there is one coefficient to shrink"
                    + (hasFreeIntercept ? "; --intercept shared adds the intercept" : ""))
        }
        if let counts = fit.differingTaskCounts, counts.allSatisfy({ $0 == nil }) {
            lines.append(
                "\(command.method.rawValue) shrinks nothing: there is no coefficient but each task's own intercept")
        }
        lines += differences?.summaryLines ?? []
        let small = fit.differences == nil ? 0 : barelyDeterminedTaskCount
        if small > 0 {
            lines.append(
                "\(counted(small)) of the fitted tasks \(have(small)) fewer than \(2 * design.featureCount) rows: own estimates and "
                    + "standard errors of so few are uncertain")
        }
        let unplaced = fit.subspace == nil ? 0 : fit.count(of: "collinear")
        if unplaced > 0 {
            lines.append(
                "\(counted(unplaced, "task")) whose rows tell no place in the subspace: drawn towards the mean of the others' centres"
            )
        }
        let withoutOwn =
            fit.statuses.count { $0 != .ok && !(command.method.isLasso && $0 == .notConverged) } - unplaced
        if fit.tasks != nil, fit.center != nil, withoutOwn > 0 {
            lines.append("\(counted(withoutOwn, "task")) without an estimate got the centre's coefficients")
        }
        if fit.penalizedTaskCount > 0 {
            lines.append(
                "\(counted(fit.penalizedTaskCount, "task")) of too few rows or with dependent columns, drawn to the centre by the "
                    + "LASSO")
        }
        if fit.count(of: "non_finite") > 0 {
            lines.append("values that are not finite" + NonFiniteText(store).text)
        }
        let ridged = fit.ridgedTasks.count
        if ridged > 0 {
            lines.append(
                "\(counted(ridged)) of the fitted tasks \(have(ridged)) columns that depend on each other: own estimates are "
                    + "those of the ridge, and no part of the centre")
        }
        if fit.orthogonalizedTaskCount > 0 {
            lines.append(
                "\(counted(fit.orthogonalizedTaskCount)) of the fitted tasks were solved by QR of their rows: their "
                    + "normal equations leave fewer than six certain digits")
        }
        if fit.illConditionedTaskCount > 0 {
            lines.append(
                "\(counted(fit.illConditionedTaskCount)) of the fitted tasks are ill-conditioned: fewer than six "
                    + "digits of their coefficients are certain")
        }
        if fit.missingErrorTaskCount > 0 {
            lines.append(
                "\(counted(fit.missingErrorTaskCount)) of the fitted tasks \(have(fit.missingErrorTaskCount)) no standard error: "
                    + missingErrorReason)
        }
        if fit.refittedTaskCount > 0 {
            lines.append(
                "\(counted(fit.refittedTaskCount)) of the tasks were solved again in double: float does not carry them")
        }
        let steps = timings.map { "\($0.name) \(secondsText($0.seconds))" }.joined(separator: ", ")
        lines.append("\(steps) on \(session.deviceName ?? "no device"), \(command.place.precision.rawValue)")
        return lines
    }

    /// Fitted tasks with fewer than twice as many rows as coefficients.
    private var barelyDeterminedTaskCount: Int {
        fit.statuses.indices.count { hasOwnEstimates($0) && sampleCounts[$0] < 2 * design.featureCount }
    }

    private var hasFreeIntercept: Bool { design.intercept != nil && command.tuning.shared.intercept != .shared }

    private func have(_ count: Int) -> String { count == 1 ? "has" : "have" }

    /// What tasks are drawn to.
    private var targetText: String {
        if command.method.isLasso { return lassoTargetText }
        guard command.method == .armul else { return command.tuning.ridge.center.rawValue }
        if let clusters = fit.clusters {
            let sizes = clusters.centers.indices.map { cluster in clusters.labels.count { $0 == cluster } }
            return "the centres of clusters of \(sizes.map { counted($0) }.joined(separator: ", ")) tasks"
        }
        if let subspace = fit.subspace { return "combinations of \(counted(subspace.basis.count, "vector"))" }
        guard let tasks = fit.tasks, let center = fit.center else { return "a centre" }
        let free = command.tuning.armul.intercept == .free ? design.intercept : nil
        let shrunk = (0..<tasks.featureCount).filter { $0 % design.featureCount != free }
        let merged = fit.statuses.indices.count { task in
            let own = tasks.coefficients(of: task)
            return fit.statuses[task] == .ok
                && shrunk.allSatisfy { own[own.startIndex + $0] == center.coefficients[$0] }
        }
        return "a centre, where \(counted(merged)) of \(counted(fit.count(of: "ok"), "task")) are"
    }

    /// What a LASSO draws to, and how many coefficients are there.
    private var lassoTargetText: String {
        let shrunk = fit.differingTaskCounts?.compactMap { $0 } ?? []
        let all = shrunk.count * fit.statuses.count { $0 == .ok || $0 == .notConverged }
        let merged = "where \(counted(all - shrunk.reduce(0, +))) of \(counted(all, "coefficient")) are"
        switch command.tuning.lassoOptions.center ?? .zero {
        case .zero: return "zero, \(merged)"
        case .median: return "the tasks' median, \(merged)"
        case .trimmedMean: return "the tasks' trimmed mean, \(merged)"
        case .sparse: return "a sparse centre, \(merged)"
        }
    }

    private var missingErrorReason: String {
        switch command.vcov.estimator {
        case .cluster: "their rows are in one cluster"
        case .hc2, .hc3: "one of their rows decides a coefficient alone (leverage 1)"
        case .iid, .hc0, .hc1: "it is beyond the numbers that double has"
        }
    }

    /// How a penalty was found.
    private func text(of penalty: ChosenPenalty) -> String {
        switch penalty.origin {
        case .given: ""
        case .crossValidated: " (cross-validation)"
        case .atBorder:
            " (cross-validation: the \(isLeast(penalty) ? "least" : "greatest") of those tried)"
        case .notValidated: " (the greatest of those tried: no task has rows to hold out)"
        }
    }

    private func isLeast(_ penalty: ChosenPenalty) -> Bool {
        fit.penaltyCurve?.allSatisfy { $0.penalty >= penalty.value } ?? false
    }
}
