import Compute
import Methods
import Tables

/// Students' scores in mathematics and what is known of their homes, a task a country: PISA 2003 as experiments take it.
///
/// Columns that hardly vary within some country, and those that repeat an earlier one, are dropped; what is left and the
/// score are standardised by the mean and the standard deviation of all rows, and an intercept is the last feature.
package struct StudentData: Sendable {
    /// A country a task, that with most rows first.
    package let countries: [String]
    package let layout: TaskLayout
    /// The names of the features, the intercept's last.
    package let features: [String]
    /// How many columns there were at first, how many of them vary, and how many of these are features.
    package let columnCounts: (coded: Int, varying: Int, kept: Int)
    /// `rowCount x (features + 1)`, the response last.
    let rows: [Double]

    private static let taskColumn = "country"
    private static let responseColumn = "math"
    /// A part of a country's rows is one of so many.
    package static var partCount: Int { 20 }

    /// Reads a table of students. Rows without a score are dropped; what else is missing drops none.
    ///
    /// - Throws: ``TableError`` where it cannot be read or a column is missing.
    package static func read(
        _ path: String, parallel: Parallel, progress: @escaping TableReader.Progress
    ) throws(TableError) -> ColumnStore {
        let variables = StudentFeatures.variables.map { variable -> (name: String, role: TableRequest.Role) in
            if case .number = variable.coding { (variable.name, .numbersIfAny) } else { (variable.name, .labelsIfAny) }
        }
        let store = try TableReader(
            path: path,
            request: TableRequest(task: taskColumn, columns: variables + [(name: responseColumn, role: .numbers)]),
            parallel: parallel, progress: progress
        ).read()
        let absent = variables.map(\.name).filter { store.column(named: $0) == nil }
        guard absent.isEmpty else {
            throw TableError(
                .data,
                "\(store.sourceName): found no column '\(absent.joined(separator: "', '"))'; a student's columns are "
                    + "\(taskColumn), \(variables.map(\.name).joined(separator: ", ")) and \(responseColumn)")
        }
        return store
    }

    /// Prepares what `read` has read.
    ///
    /// - Throws: ``TableError/Kind/data`` where the experiments cannot be run with it.
    package init(_ store: ColumnStore, parallel: Parallel) throws {
        let source = store.sourceName
        func failure(_ text: String) -> TableError { TableError(.data, "\(source): \(text)") }
        guard let response = store.column(named: Self.responseColumn) else {
            preconditionFailure("a store as `read` makes it")
        }
        let scores = try store.numbers(of: response)
        guard scores.allSatisfy(\.isFinite) else {
            throw failure("column '\(Self.responseColumn)' holds a number that is not finite")
        }
        guard store.layout.taskCount > 1 else {
            throw failure("holds scores of \(store.layout.taskCount == 1 ? "one" : "no") country; several are compared")
        }
        let coded = try StudentFeatures(store)
        let varying = coded.varying(within: store.layout, parallel: parallel)
        let kept = varying.uncorrelated(parallel: parallel)
        columnCounts = (coded.columns.count, varying.columns.count, kept.columns.count)
        features = kept.columns.map(\.name) + ["intercept"]
        guard scores.contains(where: { $0 != scores[0] }) else {
            throw failure("column '\(Self.responseColumn)' holds one number alone")
        }
        let columns = kept.columns.map(\.standardized) + [StudentFeatures.standardized(scores)]

        let counts = store.layout.sampleCounts
        let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
        countries = order.map { store.taskLabels[$0] }
        layout = TaskLayout(sampleCounts: order.map { counts[$0] })
        var rows: [Double] = []
        rows.reserveCapacity(layout.rowCount * (features.count + 1))
        for country in order {
            for row in store.layout.offsets[country]..<store.layout.offsets[country + 1] {
                for column in columns.dropLast() { rows.append(column[row]) }
                rows.append(1)
                rows.append(columns[columns.count - 1][row])
            }
        }
        self.rows = rows
        try check(failure)
    }

    /// Every country's rows have to determine its coefficients, and so must a part of them.
    private func check(_ failure: (String) -> TableError) throws {
        let all = moments
        for (country, name) in countries.enumerated() {
            let least = features.count + 1
            guard layout.sampleCount(of: country) / Self.partCount >= least else {
                throw failure(
                    "country '\(name)' has \(counted(layout.sampleCount(of: country))) rows; \(features.count) "
                        + "coefficients are fitted to a twentieth of them, which takes \(counted(least * Self.partCount))"
                )
            }
            guard all.determine(country) else {
                throw failure("country '\(name)': its rows do not determine \(features.count) coefficients")
            }
        }
    }

    /// The moments of each country's rows.
    var moments: TaskMoments {
        var moments = TaskMoments(taskCount: countries.count, featureCount: features.count)
        for country in countries.indices {
            for place in 0..<layout.sampleCount(of: country) { add(place, of: country, to: &moments, country) }
        }
        return moments
    }

    /// Adds one of a country's rows to the moments of a task.
    func add(_ place: Int, of country: Int, to moments: inout TaskMoments, _ task: Int) {
        let width = features.count + 1
        let row = layout.offsets[country] + place
        rows.withUnsafeBufferPointer {
            moments.add(UnsafeBufferPointer(rebasing: $0[row * width..<(row + 1) * width]), to: task)
        }
    }
}
