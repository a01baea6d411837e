import Compute
import Studies
import Tables

/// One run of `kindred reproduce`.
struct ReproduceRun {
    let command: ReproduceCommand

    func run() throws {
        guard let experiment = PublishedExperiment.find(paper: command.paper, figure: command.figure) else { return }
        var text = experiment.text
        if command.quick { text = Study.text(text, setting: "replications", to: "2") }
        if let draw = command.draw { text = Study.text(text, setting: "draw", to: "\"\(draw.rawValue)\"") }
        if command.printStudy { return try OutputFile.show(text) }
        let study = try Study(text, file: "\(experiment.paper) \(experiment.figure)")
        let kept = command.output.map { StudyFolder(path: $0) }
        let folder = try kept ?? StudyFolder.temporary()
        defer { if kept == nil { folder.remove() } }
        try SweepRun(
            study: study, folder: folder, resuming: kept != nil, shard: StudyShard(), timeLimit: nil, batchTasks: nil,
            place: command.place, settings: command.settings
        ).run(namesResults: kept != nil)
        let values = try experiment.compare(study, in: folder)
        try OutputFile.show("\(study.name): \(experiment.summary)\n\n" + table(values, study) + "\n" + verdict(values))
    }

    private func table(_ values: [ReproducedValue], _ study: Study) -> String {
        TextTable(
            corner: "method", header: study.factorNames + ["ours", "+-", "known", "verdict"],
            names: values.map(\.method),
            fields: values.map { value in
                value.setting + [
                    rounded(value.value), rounded(value.standardError), rounded(value.target), text(value),
                ]
            }
        ).text
    }

    private func text(_ value: ReproducedValue) -> String {
        switch value.verdict {
        case .withinError: "within error"
        case .better(let share): "better by \(percent(share))"
        case .differs(let share): "larger by \(percent(share))"
        }
    }

    private func verdict(_ values: [ReproducedValue]) -> String {
        let within = values.count { $0.verdict == .withinError }
        return
            "\(within) of \(values.count) values are within error: within 10 % of what is known, or 3 standard errors\n"
    }

    private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

    private func rounded(_ value: Double) -> String { alignedNumber(value) }
}
