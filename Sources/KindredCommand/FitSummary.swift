import Compute
import Engine
import Methods
import Tables

/// What the user is told of a fit.
struct FitSummary {
    let fit: Fit
    let design: Design
    let store: ColumnStore
    let command: FitCommand
    let session: Session
    /// The names of a task's coefficients.
    let names: [String]
    let sampleCounts: [Int]
    let differences: DifferenceResult?

    /// For a terminal: the coefficients of the one fit, or their distribution over tasks.
    var table: String {
        if fit.tasks == nil, let center = fit.center {
            let inference = Inference(level: command.level, degreesOfFreedom: [center.degreesOfFreedom])
            let rows = names.indices.map { term in
                let line = inference.estimate(
                    center.coefficients[term], standardError: center.standardErrors[term],
                    degreesOfFreedom: center.degreesOfFreedom)
                return [
                    line.estimate, line.standardError, line.statistic, line.pValue, line.confidenceLow,
                    line.confidenceHigh,
                ]
            }
            let header = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
            return TextTable(corner: "", header: header, names: names, rows: rows).text
        }
        guard let tasks = fit.tasks else { return "" }
        let fitted = fit.statuses.indices.filter { fit.statuses[$0] == .ok }
        let rows = names.indices.map { term in
            let values = Quantiles(fitted.map { tasks.coefficients[$0 * tasks.featureCount + term] })
            let errors = Quantiles(fitted.map { tasks.standardErrors[$0 * tasks.featureCount + term] })
            guard let center = fit.center else {
                return [0.1, 0.25, 0.5, 0.75, 0.9].map { values.at($0) } + [errors.at(0.5)]
            }
            return [center.coefficients[term]] + [0.1, 0.5, 0.9].map { values.at($0) }
                + (differingShares.map { [$0[term]] } ?? [])
        }
        var header = ["10 %", "25 %", "median", "75 %", "90 %", "std_error (median)"]
        if fit.center != nil {
            header =
                [fit.clusters == nil && fit.subspace == nil ? "centre" : "mean centre", "10 %", "median", "90 %"]
                + (differingShares == nil ? [] : ["differ for, %"])
        }
        return TextTable(
            corner: "over \(counted(fitted.count, "task"))", header: header, names: names, rows: rows
        ).text
    }

    /// For each coefficient, the share of tasks, in per cent, whose own estimate is not near the centre's.
    private var differingShares: [Double]? {
        let compared = Double(fit.statuses.indices.count(where: hasOwnEstimates))
        return fit.differingTaskCounts?.map { $0.map { 100 * Double($0) / compared } ?? .nan }
    }

    /// Whether a fitted task has estimates of its own rows, which may be compared with the centre.
    func hasOwnEstimates(_ task: Int) -> Bool {
        fit.statuses[task] == .ok && (fit.differences.map { $0.hasOwnEstimates(task) } ?? true)
    }

    /// What the number of clusters or vectors is called.
    var sizeName: String { fit.clusters == nil ? "rank" : "clusters" }

    /// The penalties that were tried with their errors on rows held out, as a table; nothing where none was.
    var pathTable: String {
        guard let tuning = fit.tuning else { return "" }
        let hasSizes = !tuning.sizes.isEmpty
        let rows = tuning.penalties.indices.map { place in
            (hasSizes ? ["\(tuning.sizes[place])"] : [])
                + [alignedNumber(tuning.errors[place]), alignedNumber(tuning.standardErrors[place])]
                + [place == tuning.chosen ? "chosen" : ""]
        }
        return TextTable(
            corner: "strength", header: (hasSizes ? [sizeName] : []) + ["error", "std_error", ""],
            names: tuning.penalties.map(shortNumber), fields: rows
        ).text
    }

    /// What `-v` adds.
    var detailLines: [String] {
        if let certificate = fit.certificate {
            let gap = certificate.dualityGap.map { ", duality gap \(shortNumber($0))" } ?? ""
            let iterations = certificate.iterationCount.map { ", " + counted($0, "iteration") } ?? ""
            return [
                "objective \(shortNumber(certificate.objective)), KKT residual \(shortNumber(certificate.residual))\(gap)"
                    + iterations
            ]
        }
        if fit.tasks == nil, let center = fit.center {
            return ["condition of the columns: \(shortNumber(center.condition))"]
        }
        guard let tasks = fit.tasks else { return [] }
        let conditions = Quantiles(fit.statuses.indices.filter { fit.statuses[$0] == .ok }.map { tasks.conditions[$0] })
        return [
            "condition of the columns over fitted tasks: median \(shortNumber(conditions.at(0.5))), "
                + "largest \(shortNumber(conditions.at(1)))"
        ]
    }
}
