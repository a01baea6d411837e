import Compute
import Tables

/// What is known of students besides their score, as columns of numbers.
///
/// A text is a column for each of its levels but the first in their order, 1 where a student has that level; of two levels
/// the one that is named. Each variable also has a column that is 1 where its value is missing, and is 0 itself there.
struct StudentFeatures {
    struct Column {
        let name: String
        /// One a row.
        let values: [Double]
    }

    private(set) var columns: [Column]

    /// How a variable becomes columns.
    enum Coding {
        /// 1 for this level, under this name.
        case level(String, name: String)
        /// A column for each level but the first.
        case levels
        /// The number itself.
        case number
    }

    /// The variables of the protocol, in the order of their columns.
    static let variables: [(name: String, coding: Coding)] =
        [("gender", .level("female", name: "female"))]
        + ["computer", "internet", "desk", "room", "dishwasher"].map { ($0, .level("yes", name: $0)) }
        + ["mother_educ", "father_educ", "book"].map { ($0, .levels) } + [("escs", .number)]

    /// A column that varies less than this within some task is dropped.
    static var leastDeviation: Double { 0.03 }
    /// A column that correlates more than this with an earlier one is dropped.
    static var mostCorrelation: Double { 0.6 }

    /// Codes the variables of a store that has a column of each.
    init(_ store: ColumnStore) throws(ComputeError) {
        columns = []
        var missing: [Column] = []
        for variable in Self.variables {
            let coded = try Self.code(variable, in: store)
            columns += coded.columns
            missing.append(coded.missing)
        }
        columns += missing
    }

    init(columns: [Column]) { self.columns = columns }

    private static func code(
        _ variable: (name: String, coding: Coding), in store: ColumnStore
    ) throws(ComputeError) -> (columns: [Column], missing: Column) {
        guard let place = store.column(named: variable.name) else { preconditionFailure("a store as `read` makes it") }
        func missing(_ isMissing: [Bool]) -> Column {
            Column(name: "\(variable.name) missing", values: isMissing.map { $0 ? 1 : 0 })
        }
        guard case .codes(let levels) = store.columns[place].kind else {
            let numbers = try store.numbers(of: place)
            return (
                [Column(name: variable.name, values: numbers.map { $0.isFinite ? $0 : 0 })],
                missing(numbers.map { !$0.isFinite })
            )
        }
        let codes = try store.codes(of: place)
        // What is missing has the empty label.
        let present = (0..<levels.count).filter { !levels.utf8(of: $0).isEmpty }
        func column(_ name: String, _ level: Int?) -> Column {
            Column(name: name, values: codes.map { Int($0) == level ? 1 : 0 })
        }
        let columns: [Column]
        switch variable.coding {
        case .level(let label, let name): columns = [column(name, present.first { levels[$0] == label })]
        case .levels, .number:
            columns = present.dropFirst().map { column("\(variable.name) \(levels[$0])", $0) }
        }
        return (columns, missing(codes.map { levels.utf8(of: Int($0)).isEmpty }))
    }

    /// Those columns whose standard deviation is large enough within every task.
    func varying(within layout: TaskLayout, parallel: Parallel) -> StudentFeatures {
        let isKept = parallel.map(columns.count) { column in
            (0..<layout.taskCount).allSatisfy { task in
                let rows = columns[column].values[layout.offsets[task]..<layout.offsets[task + 1]]
                return !rows.isEmpty && Spread(of: rows).deviation >= Self.leastDeviation
            }
        }
        return StudentFeatures(columns: zip(columns, isKept).filter(\.1).map(\.0))
    }

    /// Those columns that do not correlate too much with an earlier one that is kept.
    func uncorrelated(parallel: Parallel) -> StudentFeatures {
        let standard = StudentFeatures(
            columns: parallel.map(columns.count) { Column(name: columns[$0].name, values: columns[$0].standardized) })
        var kept: [Int] = []
        for column in columns.indices {
            let own = standard.columns[column].values
            let correlations = parallel.map(kept.count) { place in
                zip(own, standard.columns[kept[place]].values).reduce(0) { $0 + $1.0 * $1.1 } / Double(own.count)
            }
            if correlations.allSatisfy({ abs($0) <= Self.mostCorrelation }) { kept.append(column) }
        }
        return StudentFeatures(columns: kept.map { columns[$0] })
    }
}

extension StudentFeatures.Column {
    /// Less its mean, over its standard deviation.
    var standardized: [Double] { StudentFeatures.standardized(values) }
}

extension StudentFeatures {
    /// Numbers less their mean, over their standard deviation, of all rows.
    static func standardized(_ values: [Double]) -> [Double] {
        let spread = Spread(of: values[...])
        return values.map { ($0 - spread.mean) / spread.deviation }
    }

    /// The mean of some numbers and their standard deviation around it.
    struct Spread {
        let mean: Double
        let deviation: Double

        init(of values: ArraySlice<Double>) {
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            self.mean = mean
            deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        }
    }
}
