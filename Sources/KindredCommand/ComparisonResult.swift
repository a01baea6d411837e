import Compute
import Methods
import Tables

/// A comparison as it is shown and written.
struct ComparisonResult {
    let comparison: Comparison
    let family: FamilyName
    let store: ColumnStore
    let seed: UInt64
    let deviceName: String

    /// For a terminal: each group under a line that says which tasks it is of.
    var table: String {
        var text = ""
        if comparison.compared.taskCount > 0 { text += compared + table(of: comparison.compared) }
        if let others = comparison.others {
            text += (text.isEmpty ? "" : "\n") + heading(of: others) + table(of: others)
        }
        if comparison.leftOutTaskCount > 0 {
            text += "\n\(counted(comparison.leftOutTaskCount, "task")) could not be compared\n"
        }
        if !comparison.unfittedMethods.isEmpty {
            let names = comparison.unfittedMethods.map(\.rawValue).joined(separator: ", ")
            text +=
                "\n\(names): no task could be fitted; kindred fit --method "
                + "\(comparison.unfittedMethods.contains(.pool) ? "pool" : "itl") says why\n"
        }
        if comparison.separatedTaskCount > 0 {
            text +=
                "\nitl: \(counted(comparison.separatedTaskCount, "task")) without finite coefficients of their own "
                + "in some fold, predicted by the pooled fit there\n"
        }
        let least = comparison.compared.results.map(\.meanError).min() ?? .infinity
        if comparison.roundingError > 0.001 * least {
            text +=
                "\nrounding alone may make \(shortNumber(comparison.roundingError)) of each mse: the responses of tasks are "
                + "far apart beside the errors\n"
        }
        if (comparison.others ?? comparison.compared).results.count > 1 {
            text +=
                "\n\(family.errorText);\(hasClasses ? "\n" : " ")change is that against the first line, less is better; better for: "
                + "the share of tasks\n"
        }
        return text
    }

    /// A line on a task that decides the first method's error alone.
    private func warning(on group: Comparison.Group) -> String {
        guard let (task, share) = group.worstTask, share > 0.5, group.taskCount > 2 else { return "" }
        let method = group.results.first?.method.rawValue ?? ""
        return
            "task '\(store.taskLabels[task])' alone has \(Int((100 * share).rounded(.down))) % of the "
            + "\(family.errorTitle.lowercased()) of \(method)\n"
    }

    private var compared: String {
        let group = comparison.compared
        let taskCount = store.layout.taskCount
        let tasks =
            (group.taskCount == taskCount ? "" : "\(counted(group.taskCount)) of ") + counted(taskCount, "task")
        return "\(family.errorTitle) on rows held out, \(comparison.foldCount) folds: \(tasks), "
            + "\(counted(group.sampleCount, "row"))\n\n"
    }

    private func heading(of others: Comparison.Group) -> String {
        let first = comparison.compared.results.first?.method.rawValue ?? ""
        return
            "The \(counted(others.taskCount, "task")), \(counted(others.sampleCount, "row")), that \(first) cannot fit "
            + "once a fold is held out:\n\n"
    }

    private func table(of group: Comparison.Group) -> String {
        if group.results.count == 1 { return own(of: group) }
        let header = errorHeader + ["change, %", "std_error of it", "better for, %"]
        return TextTable(
            corner: "", header: header, names: group.results.map(\.method.rawValue),
            rows: group.results.enumerated().map { place, result in
                let own = errorFields(result)
                if place == 0 { return own + [.nan, .nan, .nan] }
                return own + [100 * result.change, 100 * result.changeError, 100 * result.betterShare]
            }
        ).text + warning(on: group)
    }

    /// The table of one method, which there is nothing to compare with.
    private func own(of group: Comparison.Group) -> String {
        TextTable(
            corner: "", header: errorHeader, names: group.results.map(\.method.rawValue),
            rows: group.results.map(errorFields)
        ).text
    }

    private var hasClasses: Bool { family == .binomial || family == .multinomial }

    private var errorHeader: [String] { [family.errorName, "std_error"] + (hasClasses ? ["wrong, %"] : []) }

    private func errorFields(_ result: Comparison.Result) -> [Double] {
        [result.meanError, result.standardError] + (result.wrongShare.map { [100 * $0] } ?? [])
    }

    /// Each method and group, with every number in full.
    var csv: OutputText {
        var text = OutputText()
        text.append("group,method,tasks,rows,\(family.errorName),std_error,change,change_std_error,better_share")
        text.append(hasClasses ? ",wrong_share\n" : "\n")
        for (group, tasks, result) in entries {
            text.append("\(group),\(result.method.rawValue),\(tasks.taskCount),\(tasks.sampleCount)")
            for number in [
                result.meanError, result.standardError, result.change, result.changeError, result.betterShare,
            ] + (result.wrongShare.map { [$0] } ?? []) {
                text.append(",")
                text.append(number)
            }
            text.append("\n")
        }
        return text
    }

    var json: OutputText {
        let results: [JsonValue] = entries.map { group, tasks, result in
            .object(
                [
                    .init("group", .string(group)), .init("method", .string(result.method.rawValue)),
                    .init("tasks", .integer(tasks.taskCount)), .init("rows", .integer(tasks.sampleCount)),
                    .init(family.errorName, .number(result.meanError)),
                    .init("std_error", .number(result.standardError)),
                    .init("change", .number(result.change)), .init("change_std_error", .number(result.changeError)),
                    .init("better_share", .number(result.betterShare)),
                ] + (result.wrongShare.map { [.init("wrong_share", .number($0))] } ?? []))
        }
        var text = OutputText()
        text.append(
            json: .object([
                .init("format", .integer(1)), .init("folds", .integer(comparison.foldCount)),
                .init("seed", .integer(seed)), .init("family", .string(family.rawValue)),
                .init("device", .string(deviceName)),
                .init("unfitted_methods", .array(comparison.unfittedMethods.map { .string($0.rawValue) })),
                .init("left_out_tasks", .integer(comparison.leftOutTaskCount)),
                .init("separated_tasks", .integer(comparison.separatedTaskCount)), .init("results", .array(results)),
            ]))
        text.append("\n")
        return text
    }

    private var entries: [(String, Comparison.Group, Comparison.Result)] {
        let compared =
            comparison.compared.taskCount == 0
            ? [] : comparison.compared.results.map { ("all_methods", comparison.compared, $0) }
        guard let others = comparison.others else { return compared }
        return compared + others.results.map { ("without_first", others, $0) }
    }

    /// The penalties that cross-validation chose, a line a method.
    var penaltyLines: [String] {
        ComparedMethod.allCases.compactMap { method in
            guard let chosen = comparison.penalties[method] else { return nil }
            let name = method.isRidge ? "penalties" : "strengths"
            var parts = ["\(name) \(Self.list(chosen.map { shortNumber($0.value) }))"]
            let sizes = chosen.compactMap(\.size)
            if Set(sizes).count > 1 {
                parts.insert(
                    "\(method == .armulClustered ? "clusters" : "rank") \(Self.list(sizes.map { "\($0)" }))", at: 0)
            } else if let size = sizes.first {
                parts.insert("\(method == .armulClustered ? "clusters" : "rank") \(size)", at: 0)
            }
            return "\(method.rawValue): " + parts.joined(separator: "; ")
        }
    }

    /// One of each fold, or the one of all.
    private static func list(_ values: [String]) -> String {
        Set(values).count == 1 ? "all " + values[0] : values.joined(separator: ", ")
    }
}

extension ComparedMethod {
    fileprivate var isRidge: Bool { self == .ridgeZero || self == .ridgePool }
}
