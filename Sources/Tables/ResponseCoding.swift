import Compute

/// What a response is to a model.
public enum ResponseKind: Sendable {
    /// Any number.
    case numbers
    /// 0 and 1, -1 and 1, or two labels.
    case binary
    /// Whole numbers or labels, a class each.
    case classes
    /// Numbers of 0 or more.
    case counts
}

/// How a response's values become the numbers that a loss is given.
enum ResponseCoding: Sendable {
    /// As they are.
    case numbers
    /// -1 is 0.
    case signs
    /// Each of these, ascending, is its place; others are NaN.
    case values([Double])
    /// Codes of a column of labels.
    case labels(storeColumn: Int)
    /// For each code of a column of labels the number of a model's class, or NaN for a label that is none.
    case classes(storeColumn: Int, ofCode: [Double])
}

/// The response of a fit: how it is coded, and what its classes are called.
struct DesignResponse: Sendable {
    let coding: ResponseCoding
    /// In the order of their numbers; nothing where there are none.
    let classes: [String]

    private static let classLimit = 1000

    /// - Parameter labels: the store's column and its labels, where the response is a column of labels.
    init(labels: (column: Int, labels: Labels), _ kind: ResponseKind, name: String, store: ColumnStore)
        throws(TableError)
    {
        coding = .labels(storeColumn: labels.column)
        classes = (0..<labels.labels.count).map { labels.labels[$0] }
        try Self.check(classes, kind, name: name, store: store)
    }

    /// - Parameter plan: with the place of the response.
    init(numbers plan: DesignPlan, _ kind: ResponseKind, name: String, store: ColumnStore) throws(TableError) {
        var found: Set<Double> = []
        func failure(_ value: Double, _ row: Int, _ advice: String) -> TableError {
            let task = printable(store.taskLabels[store.layout.task(ofRow: row)])
            return dataError(
                store, "response '\(printable(name))': found \(shortText(value)) in task '\(task)'; \(advice)")
        }
        try forEachResponse(of: plan, store: store) { row, value throws(TableError) in
            // A value that is not finite makes its task's status, as for any model.
            guard value.isFinite else { return }
            switch kind {
            case .numbers: return
            case .counts:
                guard value >= 0 else { throw failure(value, row, "--family poisson needs numbers of 0 or more") }
            case .binary:
                guard value == 0 || abs(value) == 1 else {
                    throw failure(value, row, "--family binomial needs 0 and 1, -1 and 1, or two labels")
                }
                found.insert(value)
            case .classes:
                guard value == value.rounded(), abs(value) < 1e15 else {
                    throw failure(value, row, "--family multinomial needs whole numbers or labels, a class each")
                }
                found.insert(value)
                guard found.count <= Self.classLimit else {
                    throw failure(value, row, "it is the class number \(Self.classLimit + 1); is it a measurement?")
                }
            }
        }
        let values = found.sorted()
        switch kind {
        case .numbers, .counts: (coding, classes) = (.numbers, [])
        case .binary:
            guard !(found.contains(0) && found.contains(-1)) else {
                throw dataError(
                    store,
                    "response '\(printable(name))': found -1, 0 and 1; --family binomial needs 0 and 1, or -1 and 1")
            }
            coding = found.contains(-1) ? .signs : .numbers
            classes = found.contains(-1) ? ["-1", "1"] : ["0", "1"]
            if values.count == 1 { try Self.check(["\(shortText(values[0]))"], kind, name: name, store: store) }
        case .classes:
            coding = .values(values)
            classes = values.map { shortText($0) }
            try Self.check(classes, kind, name: name, store: store)
        }
    }

    private static func check(
        _ classes: [String], _ kind: ResponseKind, name: String, store: ColumnStore
    ) throws(TableError) {
        let name = printable(name)
        if kind == .binary, classes.count > 2 {
            let shown = classes.prefix(3).map { "'\(printable($0))'" }.joined(separator: ", ")
            throw dataError(
                store,
                "response '\(name)' has \(classes.count) labels (\(shown)\(classes.count > 3 ? ", ..." : "")), and "
                    + "--family binomial needs two; use --family multinomial")
        }
        if classes.count > classLimit {
            throw dataError(
                store, "response '\(name)' has \(classes.count) labels, more than \(classLimit) classes; is it a name?")
        }
        if classes.count == 1 {
            throw dataError(
                store, "response '\(name)' is '\(printable(classes[0]))' in every row, so there is nothing to explain")
        }
    }
}

/// A number without a fraction where it has none.
private func shortText(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}

/// Calls `body` with every row and its response, uncoded.
private func forEachResponse(
    of plan: DesignPlan, store: ColumnStore, _ body: (Int, Double) throws(TableError) -> Void
) throws(TableError) {
    var block = DesignBlock(plan, store: store)
    for first in stride(from: 0, to: store.layout.rowCount, by: DesignBlock.capacity) {
        let rows = first..<min(first + DesignBlock.capacity, store.layout.rowCount)
        do {
            try block.load(rows)
        } catch {
            throw TableError(.noInput, error.description)
        }
        let values = block.response()
        for row in rows { try body(row, values[row - first]) }
    }
}
