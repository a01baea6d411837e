import Compute
import Engine
import Methods
import Tables

extension FitResult {
    /// The model as its file holds it, without the arrays of where tasks differ.
    var model: ModelFile {
        // A pooled model has numbers for its centre alone.
        let missing = Array(repeating: Double.nan, count: store.layout.taskCount)
        return ModelFile(
            version: Kindred.version, method: command.method.rawValue, formula: design.formula.text,
            taskColumn: command.input.task, response: design.formula.responseName, terms: names,
            levels: design.levels,
            settings: [
                .init("table", .string(store.sourceName)), .init("vcov", .string(command.vcov.description)),
                .init("level", .number(command.level)),
                .init("weights", command.input.weights.map { .string($0) } ?? .null),
                .init("na", .string(command.input.na)),
            ] + familySettings + command.tuning.settings(of: command.method)
                + (command.method == .molar ? command.molar.settings : []),
            center: fit.center.map {
                ModelFile.Center(
                    coefficients: $0.coefficients, standardErrors: $0.standardErrors, sampleCount: $0.sampleCount,
                    degreesOfFreedom: $0.degreesOfFreedom)
            },
            clusters: fit.clusters.map { .init(centers: $0.centers, labels: $0.labels) },
            subspace: fit.subspace.map { .init(basis: $0.basis, loadings: $0.loadings) }, tuning: fit.tuning,
            summary: [
                .init("rows", .integer(store.totalRowCount)), .init("dropped_rows", .integer(store.droppedRowCount)),
                .init("tasks", .integer(store.layout.taskCount)), .init("ok", .integer(fit.count(of: "ok"))),
                .init("too_few_rows", .integer(fit.count(of: "too_few_rows"))),
                .init("collinear", .integer(fit.count(of: "collinear"))),
                .init("non_finite", .integer(fit.count(of: "non_finite"))),
                .init("separated", .integer(fit.count(of: "separated"))),
                .init("solved_by_qr", .integer(fit.orthogonalizedTaskCount)),
                .init("ridged", .integer(fit.ridgedTasks.count)),
                .init("ill_conditioned", .integer(fit.illConditionedTaskCount)),
                .init("solved_again_in_double", .integer(fit.refittedTaskCount)),
            ] + (fit.penalty.map { [.init("penalty", .number($0.value))] } ?? [])
                + (command.method == .molar ? centerSummary : []),
            provenance: ModelFile.Provenance(
                device: session.deviceName ?? "", precision: command.place.precision.rawValue,
                notices: session.notices.map(\.message),
                timings: timings.map { .init($0.name, .number(($0.seconds * 1e6).rounded() / 1e6)) }),
            tasks: ModelFile.Tasks(
                labels: store.taskLabels, sampleCounts: sampleCounts,
                degreesOfFreedom: fit.tasks?.degreesOfFreedom ?? missing,
                statuses: fit.statuses,
                coefficients: fit.tasks?.coefficients ?? [], standardErrors: fit.tasks?.standardErrors ?? []))
    }

    /// What tasks that come to the centre later go by: how many tasks it is of, and what is typical of their errors.
    private var centerSummary: [JsonValue.Member] {
        let taskCount = givenCenter?.taskCount ?? fit.count(of: "ok") - fit.ridgedTasks.count
        let variance = givenCenter == nil ? typicalErrorVariance : givenCenter?.errorVariance
        return [.init("center_tasks", .integer(taskCount))]
            + (variance.map { [.init("error_variance", .number($0))] } ?? [])
    }

    /// The median of tasks' error variances.
    private var typicalErrorVariance: Double? {
        guard command.family == .gaussian, let tasks = fit.tasks else { return nil }
        let variance = Quantiles(
            fit.statuses.indices.filter { fit.statuses[$0] == .ok }.map { tasks.errorVariances[$0] }.filter(\.isFinite)
        ).at(0.5)
        return variance.isFinite ? variance : nil
    }

    private var familySettings: [JsonValue.Member] {
        [.init("family", .string(command.family.rawValue))]
            + (design.classes.isEmpty ? [] : [.init("classes", .array(design.classes.map(JsonValue.string)))])
    }
}

extension Fit {
    /// The penalties that were tried, as a model's file has them.
    var tuning: ModelFile.Tuning? {
        guard let penaltyCurve,
            let chosen = penaltyCurve.lastIndex(where: { $0.penalty == penalty?.value && $0.size == penalty?.size })
        else { return nil }
        return ModelFile.Tuning(
            penalties: penaltyCurve.map(\.penalty), errors: penaltyCurve.map(\.error),
            standardErrors: penaltyCurve.map(\.standardError), sizes: penaltyCurve.compactMap(\.size), chosen: chosen)
    }
}
