import Compute
import Methods
import Tables

/// Where tasks differ from what they share, as a page: which coefficients of which tasks, how large tasks' estimates are
/// beside the centre, and how much each task knows.
///
/// Of many tasks or terms the page shows some, and says so: its size does not grow with the fit.
package struct DifferenceReport: Sendable {
    let title: String
    let description: [String]
    let terms: [String]
    let tasks: Labels
    let sampleCounts: [Int]
    let statuses: [TaskStatus]
    /// What the method has for each task and term.
    let coefficients: [Double]
    let differences: CenterDifferences
    /// For each task and term the rate of false discoveries at which its difference is one.
    let rates: [Double]
    let intervals: SharedIntervals

    /// - Parameters:
    ///   - title: what was fitted to what.
    ///   - description: lines under it.
    ///   - coefficients: `taskCount x terms`, as those of the differences and the rates.
    package init(
        title: String, description: [String], terms: [String], tasks: Labels, sampleCounts: [Int],
        statuses: [TaskStatus], coefficients: [Double], differences: CenterDifferences, rates: [Double],
        intervals: SharedIntervals
    ) {
        self.title = title
        self.description = description
        self.terms = terms
        self.tasks = tasks
        self.sampleCounts = sampleCounts
        self.statuses = statuses
        self.coefficients = coefficients
        self.differences = differences
        self.rates = rates
        self.intervals = intervals
    }

    /// More of each are not shown at a time.
    private static let mostTasks = 60
    private static let mostTerms = 24
    private static let mostPanels = 12
    private static let mostListedTasks = 500

    // MARK: What is shown

    /// Terms that tasks may differ in, the ones with most differences first where there are too many, in their order.
    var shownTerms: [Int] {
        let compared = terms.indices.filter { differences.differingTaskCounts[$0] != nil }
        return most(Self.mostTerms, of: compared) { differences.differingTaskCounts[$0] ?? 0 }
    }

    /// Tasks with estimates of their own, the ones that differ in most terms first where there are too many, in their
    /// order.
    var shownTasks: [Int] {
        most(Self.mostTasks, of: fittedTasks) { task in
            terms.indices.count { differences.differs(task: task, feature: $0) == true }
        }
    }

    /// Terms with a panel of their own.
    var panelTerms: [Int] { most(Self.mostPanels, of: shownTerms) { differences.differingTaskCounts[$0] ?? 0 } }

    /// Tasks by their own estimates of a term, at equal distances where there are too many.
    func ordered(by term: Int) -> [Int] {
        let sorted = fittedTasks.sorted { estimate($0, term) < estimate($1, term) }
        guard sorted.count > Self.mostTasks else { return sorted }
        return (0..<Self.mostTasks).map { sorted[$0 * (sorted.count - 1) / (Self.mostTasks - 1)] }
    }

    func estimate(_ task: Int, _ term: Int) -> Double { differences.ownCoefficients[task * terms.count + term] }

    /// The own estimate less the centre's in standard errors.
    func distance(_ task: Int, _ term: Int) -> Double {
        (estimate(task, term) - differences.center[term]) / differences.ownStandardErrors[task * terms.count + term]
    }

    var fittedTasks: [Int] { statuses.indices.filter { statuses[$0] == .ok } }

    private func most(_ count: Int, of places: [Int], by size: (Int) -> Int) -> [Int] {
        guard places.count > count else { return places }
        let sized = places.map { (place: $0, size: size($0)) }
        return sized.sorted { ($1.size, $0.place) < ($0.size, $1.place) }.prefix(count).map(\.place).sorted()
    }

    private func omitted(_ count: Int, of total: Int, _ what: String, _ which: String) -> String {
        count == total ? "" : " \(counted(count)) of \(counted(total)) \(what) are shown: \(which)."
    }
}

extension DifferenceReport: DrawnFigures {
    package var specification: OutputText {
        var text = OutputText()
        text.append(
            json: [
                "$schema": .string(VegaStyle.schema), "config": VegaStyle.picture.config, "spacing": 40,
                "vconcat": [heatMap(.picture), caterpillars(.picture)],
            ])
        text.append("\n")
        return text
    }

    package func page(bundle: [UInt8], version: String) -> OutputText {
        var body = OutputText()
        for line in description {
            body.append("<p>")
            body.append(html: line)
            body.append("</p>\n")
        }
        body.append("<h2>Where tasks differ</h2>\n")
        append(
            figure: 1,
            caption: "Own estimates less the centre's, in standard errors, where they are farther from it than their "
                + "threshold; elsewhere nothing tells the task's coefficient from the shared one."
                + omitted(shownTasks.count, of: fittedTasks.count, "tasks", "those that differ in most terms")
                + omitted(
                    shownTerms.count, of: terms.count, "terms", "those that are compared, and most tasks differ in"),
            &body)
        appendTerms(&body)
        body.append("<h2>Tasks beside the centre</h2>\n")
        append(
            figure: 2,
            caption: "For each term the tasks in the order of their own estimates: a line is the interval of "
                + "\(shortNumber(100 * intervals.level)) %, a dot what the method has for the task, the rule across the "
                + "centre." + intervalText
                + omitted(
                    min(fittedTasks.count, Self.mostTasks), of: fittedTasks.count, "tasks",
                    "at equal distances in that order"),
            &body)
        appendTasks(&body)
        body.append(footer: version, sources: "the fit of one table")
        return HtmlPage(
            title: title, body: body, specifications: [together(heatMap(.page)), together(caterpillars(.page))],
            bundle: bundle
        ).text
    }

    private func together(_ view: JsonValue) -> JsonValue { view.adding(["config": VegaStyle.page.config]) }

    private var intervalText: String {
        intervals.halfWidth == nil
            ? " Intervals are those of tasks' own estimates."
            : " Of a task that is near the centre it is the centre's interval, which holds if its coefficient is the shared "
                + "one; a coefficient that differs by a few standard errors may be missed."
    }

    private func append(figure number: Int, caption: String, _ body: inout OutputText) {
        body.append("<figure>\n<div class=\"plot\" id=\"figure-\(number)\"></div>\n<figcaption>")
        body.append(html: "Figure \(number). \(caption)")
        body.append("</figcaption>\n</figure>\n")
    }

    private func appendTerms(_ body: inout OutputText) {
        body.append("<details open><summary>Terms</summary>\n")
        let fitted = fittedTasks
        body.append(
            table: ["term", "centre", "10 %", "median", "90 %", "differ", "of them at a rate of 5 %"], words: 1,
            rows: terms.indices.map { term in
                let sorted = fitted.map { estimate($0, term) }.sorted()
                func quantile(_ share: Double) -> String {
                    sorted.isEmpty ? "" : shortNumber(sorted[Int((Double(sorted.count - 1) * share).rounded())])
                }
                let found = fitted.count { rates[$0 * terms.count + term] <= 0.05 }
                let differing = differences.differingTaskCounts[term]
                return [
                    terms[term], shortNumber(differences.center[term]), quantile(0.1), quantile(0.5), quantile(0.9),
                ]
                    + [differing.map { counted($0) } ?? "own", differing == nil ? "" : counted(found)]
            })
        body.append(
            "<p>Quantiles are of tasks' own estimates. A rate of false discoveries is Benjamini and Hochberg's, over all tasks "
                + "and terms.</p></details>\n")
    }

    private func appendTasks(_ body: inout OutputText) {
        body.append("<h2>Tasks</h2>\n<p>")
        let sizes = sampleCounts.sorted()
        func size(_ share: Double) -> String { counted(sizes[Int((Double(sizes.count - 1) * share).rounded())]) }
        if !sizes.isEmpty {
            body.append(
                html:
                    "\(counted(sizes.count, "task")) of \(size(0)) to \(size(1)) rows, half of them of at most \(size(0.5)). "
            )
        }
        let counts = Dictionary(grouping: statuses, by: \.name).map { ($0.key, $0.value.count) }.sorted { $1.1 < $0.1 }
        body.append(html: counts.map { "\($0.0): \(counted($0.1))" }.joined(separator: ", ") + ".")
        body.append("</p>\n<details><summary>Each task</summary>\n")
        let listed = min(tasks.count, Self.mostListedTasks)
        body.append(
            table: ["task", "status", "rows", "terms that differ"], words: 2,
            rows: (0..<listed).map { task in
                let count = terms.indices.count { differences.differs(task: task, feature: $0) == true }
                return [
                    tasks[task], statuses[task].name, counted(sampleCounts[task]),
                    statuses[task] == .ok ? counted(count) : "",
                ]
            })
        if listed < tasks.count {
            body.append("<p>\(counted(tasks.count - listed)) further tasks stand in the fit's table.</p>\n")
        }
        body.append("</details>\n")
    }
}
