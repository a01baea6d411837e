/// How many rows each task of a study has.
enum RowCounts: Sendable {
    case fixed(Int)
    /// As many as a whole number of these bounds, all as likely.
    case uniform(ClosedRange<Int>)
    /// Shares of `mean` times the tasks, from a Dirichlet distribution of this concentration for every task.
    case dirichlet(concentration: Double, mean: Int)

    static let most = 1 << 30

    /// `rows = 200`, `rows = { from = 20, to = 200 }` or `rows = { mean = 200, dirichlet = 5 }`.
    init(_ design: inout StudyFields) throws(StudyError) {
        guard let value = design.take("rows") else {
            throw design.error(nil, "\(design.name) needs 'rows', the rows of each task")
        }
        guard case .table(let table) = value.content else {
            guard case .integer(let count) = value.content, (1...Self.most).contains(count) else {
                throw design.error(
                    value.line,
                    "'rows' is a whole number of 1 or more, { from = .., to = .. } or "
                        + "{ mean = .., dirichlet = .. }, not \(value.found)")
            }
            self = .fixed(count)
            return
        }
        var fields = StudyFields(table, name: "'rows'", file: design.file)
        if table["dirichlet"] != nil {
            self = .dirichlet(
                concentration: try fields.number("dirichlet", in: .positive),
                mean: try fields.integer("mean", in: 1...Self.most))
        } else {
            let least = try fields.integer("from", in: 1...Self.most)
            self = .uniform(least...(try fields.integer("to", in: least...Self.most)))
        }
        try fields.finish()
    }

    /// The fewest that a task can have.
    func least(features: Int) -> Int {
        switch self {
        case .fixed(let count): count
        case .uniform(let range): range.lowerBound
        // Tasks with fewer are drawn again.
        case .dirichlet: 2 * features
        }
    }

    /// The most that a task can have.
    func most(tasks: Int) -> Int {
        switch self {
        case .fixed(let count): count
        case .uniform(let range): range.upperBound
        case .dirichlet(_, let mean): min(tasks * mean, .max / 2)
        }
    }

    /// About how many rows so many tasks have.
    func expected(tasks: Int) -> Int {
        switch self {
        case .fixed(let count): tasks * count
        case .uniform(let range): tasks * (range.lowerBound + range.upperBound) / 2
        case .dirichlet(_, let mean): tasks * mean
        }
    }

    /// Draws the rows of each task. Shares that would leave a task with fewer than twice its features are drawn again.
    ///
    /// - Throws: when a thousand draws have left too few.
    func draw(tasks: Int, features: Int, _ draws: inout DrawSequence) throws(StudyError) -> [Int] {
        switch self {
        case .fixed(let count): return Array(repeating: count, count: tasks)
        case .uniform(let range):
            return (0..<tasks).map { _ in range.lowerBound + draws.index(below: range.count) }
        case .dirichlet(let concentration, let mean):
            for _ in 0..<1000 {
                let shares = (0..<tasks).map { _ in draws.gamma(shape: concentration) }
                let total = shares.reduce(0, +)
                let counts = shares.map { Int((Double(mean) * Double(tasks) * $0 / total).rounded()) }
                if counts.allSatisfy({ $0 >= 2 * features }) { return counts }
            }
            throw StudyError(
                "of a thousand draws from the Dirichlet distribution all left a task with fewer than \(2 * features) rows; "
                    + "raise 'mean' or 'dirichlet'")
        }
    }
}
