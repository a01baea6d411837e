import Compute
import Glibc
import Studies
import Tables

/// One run of `kindred reproduce`.
struct ReproduceRun {
    let command: ReproduceCommand

    func run() throws {
        guard let experiment = PublishedExperiment.find(paper: command.paper, figure: command.figure) else { return }
        let parts = experiment.parts.filter { command.part == nil || command.part == $0.name }
        if command.printStudy {
            guard let part = parts.first, parts.count == 1 else {
                throw Failure(
                    code: Failure.usageCode,
                    "\(experiment.paper) \(experiment.figure) has several studies; name one with --part: "
                        + experiment.parts.map(\.name).joined(separator: ", "))
            }
            return try OutputFile.show(text(of: part, experiment))
        }
        let studies = try parts.map { part in
            try Study(text(of: part, experiment), file: "\(experiment.paper) \(experiment.figure) \(part.name)")
        }
        var (values, orders): ([ReproducedValue], [ReproducedOrder]) = ([], [])
        let start = seconds(by: CLOCK_PROCESS_CPUTIME_ID)
        for (part, study) in zip(parts, studies) {
            let found = try run(part, of: experiment, study)
            let rows = found.values.isEmpty ? "" : "\n" + table(found.values, study)
            try OutputFile.show("\(study.name): \(experiment.summary)\n" + rows + "\n")
            values += found.values
            orders += found.orders
        }
        let taken = seconds(by: CLOCK_PROCESS_CPUTIME_ID) - start
        try OutputFile.show(
            verdict(values, experiment) + text(orders) + time(taken, zip(parts, studies).map { ($0, $1) }))
    }

    /// The processor's time beside that of the authors' programs, where theirs is known and nothing was kept of a run before.
    private func time(_ taken: Double, _ studies: [(part: PublishedExperiment.Part, study: Study)]) -> String {
        let known = studies.compactMap { part, study in
            part.authorsSeconds.map { $0 * Double(study.cells.count * study.replicationCount) }
        }
        guard known.count == studies.count, command.output == nil else { return "" }
        let total = known.reduce(0, +)
        return "\(Int(taken.rounded())) seconds of processor time; the authors' programs take "
            + "\(rounded(total / 3600)) hours on such a core as an AMD EPYC's (Zen 5), \(Int((total / taken).rounded())) times that\n"
    }

    /// The study as it is run.
    private func text(of part: PublishedExperiment.Part, _ experiment: PublishedExperiment) -> String {
        var text = part.text
        if command.quick {
            text = Study.text(text, setting: "replications", to: "\(experiment.quickReplications)")
        }
        if let draw = command.draw { text = Study.text(text, setting: "draw", to: "\"\(draw.rawValue)\"") }
        return text
    }

    /// Runs one study, and finds what is known of its values and of its methods' order.
    private func run(
        _ part: PublishedExperiment.Part, of experiment: PublishedExperiment, _ study: Study
    ) throws -> (values: [ReproducedValue], orders: [ReproducedOrder]) {
        let isOnly = experiment.parts.count == 1
        let kept = command.output.map { StudyFolder(path: isOnly ? $0 : "\($0)/\(part.name)") }
        let folder = try kept ?? StudyFolder.temporary()
        defer { if kept == nil { folder.remove() } }
        try SweepRun(
            study: study, folder: folder, resuming: kept != nil, shard: StudyShard(), timeLimit: nil, batchTasks: nil,
            place: command.place, settings: command.settings
        ).run(namesResults: kept != nil)
        return (try experiment.compare(part, study, in: folder), try experiment.orders(in: study, folder))
    }

    private func text(_ orders: [ReproducedOrder]) -> String {
        orders.map { order in
            let count = order.settingCount - order.exceptions.count
            let exceptions =
                order.exceptions.isEmpty ? "" : "; not at " + order.exceptions.joined(separator: "; ")
            return
                "\(order.better) is below \(order.worse) in \(count) of \(order.settingCount) settings\(exceptions)\n"
        }.joined()
    }

    private func table(_ values: [ReproducedValue], _ study: Study) -> String {
        let hasMetrics = Set(values.map(\.metric)).count > 1
        let hasCurve = values.contains { $0.published != nil }
        let header =
            study.factorNames + (hasMetrics ? ["metric"] : []) + ["ours", "+-", "known"]
            + (hasCurve ? ["s.e. away", "paper"] : []) + ["verdict"]
        return TextTable(
            corner: "method", header: header, names: values.map(\.method),
            fields: values.map { value in
                var fields = value.setting
                if hasMetrics { fields.append(value.metric) }
                fields += [rounded(value.value), rounded(value.standardError), rounded(value.target)]
                if hasCurve {
                    fields += [String(tenths: value.distance), value.published.map { rounded($0) } ?? ""]
                }
                return fields + [text(value)]
            }
        ).text
    }

    private func text(_ value: ReproducedValue) -> String {
        switch value.verdict {
        case .withinError: "within error"
        case .missing: "missing"
        case .better(let share): "better by \(percent(share))"
        case .differs(let share): "larger by \(percent(share))"
        }
    }

    private func verdict(_ values: [ReproducedValue], _ experiment: PublishedExperiment) -> String {
        if values.isEmpty { return "" }
        let within = values.count { $0.verdict == .withinError }
        var lines = ["\(within) of \(values.count) values are within error: \(experiment.agreementText)"]
        if let farthest = values.map({ abs($0.distance) }).filter(\.isFinite).max() {
            lines.append("the farthest is \(String(tenths: farthest)) standard errors away")
        }
        let curves = values.compactMap { value in value.published.map { value.value < $0 } }
        if !curves.isEmpty {
            lines.append("\(curves.count { $0 }) of \(curves.count) errors are below the paper's curves")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

    private func rounded(_ value: Double) -> String { alignedNumber(value) }
}

extension String {
    /// A number with one digit behind the point.
    fileprivate init(tenths number: Double) {
        guard number.isFinite else {
            self = "-"
            return
        }
        let tenths = Int((abs(number) * 10).rounded())
        self = "\(number < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }
}
