import Compute
import Methods
import Tables

/// Ends the run when no coefficient at all could be estimated: that is the model's fault or the data's, and one line
/// says which.
struct FitCheck {
    let fit: Fit
    let design: Design
    let store: ColumnStore

    func throwIfNothingWasFitted() throws(TableError) {
        if fit.centerStatus != .ok, fit.centerStatus != .notConverged {
            throw TableError(.data, description(of: fit.centerStatus))
        }
        guard let tasks = fit.tasks, fit.count(of: "ok") == 0 else { return }
        // A search that came to its limit may leave what it has reached.
        let hasReached = fit.statuses.indices.contains {
            fit.statuses[$0] == .notConverged && tasks.coefficients(of: $0).allSatisfy(\.isFinite)
        }
        guard !hasReached else { return }
        let statuses = Set(fit.statuses)
        if statuses.count == 1, let status = statuses.first {
            throw TableError(.data, description(of: status))
        }
        let counts = StatusCounts(fit.statuses, termNames: design.termNames, tasks: store.taskLabels).text
        throw TableError(.data, "\(store.sourceName): no task could be fitted: \(counts)")
    }

    private var isPooled: Bool { fit.tasks == nil }

    private func description(of status: TaskStatus) -> String {
        let source = store.sourceName
        let scope = isPooled ? "all rows" : "every task"
        switch status {
        case .collinear(let feature):
            let before = feature > 0 ? "a linear combination of those before it (\(namesBefore(feature)))" : "0"
            return "\(source): in \(scope), the column '\(design.termNames[feature])' of the model is \(before); "
                + "leave it out of the formula"
        case .tooFewRows:
            return isPooled
                ? "\(source): the table has no more rows than the model has coefficients "
                    + "(\(counted(store.layout.rowCount)) and \(design.featureCount)); use fewer terms"
                : "\(source): no task has more rows than the model has coefficients (the largest has "
                    + "\(counted(store.layout.sampleCounts.max() ?? 0, "row")), the model \(design.featureCount)); "
                    + "use fewer terms, or --method pool"
        case .nonFinite:
            return "\(source): in \(scope), there are values that are not finite\(NonFiniteText(store).text)"
        case .separated:
            return
                "\(source): in \(scope), the features tell every response of some rows, so that no finite coefficients are "
                + "the likeliest; use fewer terms, or --method armul"
        case .notConverged:
            return
                "\(source): in \(scope), the search for coefficients came to its limit of steps; use fewer terms, or columns of "
                + "like size"
        default:
            return "\(source): no coefficient could be estimated in \(scope): \(status.name)"
        }
    }

    private func namesBefore(_ feature: Int) -> String {
        let names = design.termNames[..<feature]
        return names.count > 6 ? names.prefix(6).joined(separator: ", ") + ", ..." : names.joined(separator: ", ")
    }
}

/// Where the first value that is not finite stands, for a message.
struct NonFiniteText {
    let text: String

    init(_ store: ColumnStore) {
        let found = zip(store.columns, store.firstNonFinite).compactMap { column, value in
            value.map { (column.name, $0) }
        }
        guard let (name, value) = found.min(by: { $0.1.place.isBefore($1.1.place) }) else {
            text =
                " (they arise in the formula, as from log(0), or from squares of very large numbers; all numbers of the table are finite)"
            return
        }
        text =
            " (first at \(value.place), column '\(name)': '\(value.text)'; --na \"\(value.text),NA,\" drops such rows)"
    }
}

/// How many tasks have each status, in words, with the columns that are collinear and the first task where each is.
struct StatusCounts {
    let text: String

    init(_ statuses: [TaskStatus], termNames: [String], tasks: Labels) {
        var parts: [String] = []
        func add(_ count: Int, _ words: String) { if count > 0 { parts.append("\(counted(count)) \(words)") } }
        add(statuses.count { $0 == .ok }, "ok")
        add(statuses.count { $0 == .tooFewRows }, "with too few rows")
        var dependent = Array(repeating: 0, count: termNames.count)
        var first: [Int?] = dependent.map { _ in nil }
        for (task, status) in statuses.enumerated() {
            guard case .collinear(let feature) = status else { continue }
            dependent[feature] += 1
            if first[feature] == nil { first[feature] = task }
        }
        let names = dependent.indices.filter { dependent[$0] > 0 }.sorted { dependent[$0] > dependent[$1] }
        let shown = names.prefix(3).map { feature in
            let others = dependent[feature] - 1
            return "\(termNames[feature]) in '\(first[feature].map { printable(tasks[$0]) } ?? "")'"
                + (others > 0 ? " and \(counted(others, "other"))" : "")
        }
        let rest = names.count > 3 ? ", ..." : ""
        add(dependent.reduce(0, +), "collinear (\(shown.joined(separator: ", "))\(rest))")
        add(statuses.count { $0 == .nonFinite }, "with values that are not finite")
        add(statuses.count { $0 == .separated }, "separated")
        add(statuses.count { $0 == .notConverged }, "not converged")
        text = parts.joined(separator: ", ")
    }
}
