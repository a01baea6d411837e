public import Compute

/// What a tidy table says of a task in each of its lines.
public struct TidyTask: Sendable {
    /// The number of observations.
    public let sampleCount: Int
    /// NaN where it has none.
    public let degreesOfFreedom: Double
    public let status: TaskStatus

    public init(sampleCount: Int, degreesOfFreedom: Double, status: TaskStatus) {
        self.sampleCount = sampleCount
        self.degreesOfFreedom = degreesOfFreedom
        self.status = status
    }
}

/// What a tidy table says of one coefficient. NaN is missing.
public struct TidyEstimate: Sendable {
    public let estimate: Double
    public let standardError: Double
    public let statistic: Double
    public let pValue: Double
    public let confidenceLow: Double
    public let confidenceHigh: Double

    public init(
        estimate: Double, standardError: Double = .nan, statistic: Double = .nan, pValue: Double = .nan,
        confidenceLow: Double = .nan, confidenceHigh: Double = .nan
    ) {
        self.estimate = estimate
        self.standardError = standardError
        self.statistic = statistic
        self.pValue = pValue
        self.confidenceLow = confidenceLow
        self.confidenceHigh = confidenceHigh
    }
}

/// Columns that a method has beyond those of every tidy table.
public struct TidyColumns: Sendable {
    let names: [String]
    let append: @Sendable (_ task: Int, _ term: Int, inout OutputText) -> Void

    /// - Parameter append: appends a comma and the field for each of the names. It is called from several threads.
    public init(names: [String], append: @escaping @Sendable (_ task: Int, _ term: Int, inout OutputText) -> Void) {
        self.names = names
        self.append = append
    }
}

/// Writes a fit as CSV, one line a task and term, with the columns that R's `broom` gives.
public struct TidyWriter: Sendable {
    public static let header = "task,term,estimate,std_error,statistic,p_value,conf_low,conf_high,n,df,status\n"

    private let terms: [String]
    private let tasks: Labels
    private let further: TidyColumns?
    private let heading: [String]

    /// - Parameters:
    ///   - further: columns behind the others.
    ///   - heading: lines above the header, each written behind `# `.
    public init(terms: [String], tasks: Labels, further: TidyColumns? = nil, heading: [String] = []) {
        self.terms = terms
        self.tasks = tasks
        self.further = further
        self.heading = heading
    }

    /// Writes the heading, the header and all lines, a missing value as an empty field.
    ///
    /// `task` and `estimate` (of a task and a term) are called from several threads.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func write(
        to file: OutputFile, parallel: Parallel, task: (Int) -> TidyTask, estimate: (Int, Int) -> TidyEstimate
    ) throws(TableError) {
        for line in heading { try file.write("# \(line)\n") }
        try file.write(Self.header.dropLast() + (further?.names ?? []).map { "," + $0 }.joined() + "\n")
        let names = terms.map { term in
            var field = OutputText()
            field.append(field: term)
            return field.bytes
        }
        let grain = max(1, 4096 / max(1, terms.count))
        try file.writeBlocks(of: tasks.count, grain: grain, parallel: parallel) { range, text in
            for index in range {
                var start = OutputText()
                start.append(field: tasks[index])
                start.append(",")
                let facts = task(index)
                var end = OutputText()
                end.append(",")
                end.append(facts.sampleCount)
                end.append(",")
                end.append(count: facts.degreesOfFreedom)
                end.append(",\(facts.status.name)")
                for term in names.indices {
                    let line = estimate(index, term)
                    text.append(bytes: start.bytes)
                    text.append(bytes: names[term])
                    text.append(commaAnd: line.estimate)
                    text.append(commaAnd: line.standardError)
                    text.append(commaAnd: line.statistic)
                    text.append(commaAnd: line.pValue)
                    text.append(commaAnd: line.confidenceLow)
                    text.append(commaAnd: line.confidenceHigh)
                    text.append(bytes: end.bytes)
                    further?.append(index, term, &text)
                    text.append("\n")
                }
            }
        }
    }
}

extension OutputText {
    fileprivate mutating func append(commaAnd number: Double) {
        append(",")
        append(number)
    }
}
