public import Compute

/// What a tidy table says of a task in each of its lines.
public struct TidyTask: Sendable {
    /// The number of observations.
    public let sampleCount: Int
    /// NaN where it has none.
    public let degreesOfFreedom: Double
    public let status: TaskStatus
    /// The cluster that it is in, from 0.
    public let cluster: Int?

    public init(sampleCount: Int, degreesOfFreedom: Double, status: TaskStatus, cluster: Int? = nil) {
        self.sampleCount = sampleCount
        self.degreesOfFreedom = degreesOfFreedom
        self.status = status
        self.cluster = cluster
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

/// Writes a fit as CSV, one line a task and term, with the columns that R's `broom` gives.
public struct TidyWriter: Sendable {
    public static let header = "task,term,estimate,std_error,statistic,p_value,conf_low,conf_high,n,df,status\n"

    private let terms: [String]
    private let tasks: Labels
    private let hasClusters: Bool

    /// - Parameter hasClusters: whether a last column, `cluster`, says which one a task is in.
    public init(terms: [String], tasks: Labels, hasClusters: Bool = false) {
        self.terms = terms
        self.tasks = tasks
        self.hasClusters = hasClusters
    }

    /// Writes the header and all lines, a missing value as an empty field.
    ///
    /// `task` and `estimate` (of a task and a term) are called from several threads.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func write(
        to file: OutputFile, parallel: Parallel, task: (Int) -> TidyTask, estimate: (Int, Int) -> TidyEstimate
    ) throws(TableError) {
        try file.write(hasClusters ? Self.header.dropLast() + ",cluster\n" : Self.header)
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
                if hasClusters { end.append(",\(facts.cluster.map { String($0) } ?? "")") }
                end.append("\n")
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
