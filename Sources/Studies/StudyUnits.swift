import Engine

/// One replication of one cell: what is drawn, fitted and measured as a whole.
struct StudyUnit: Hashable, Sendable, Comparable {
    let cell: Int
    let replication: Int

    static func < (first: StudyUnit, second: StudyUnit) -> Bool {
        (first.cell, first.replication) < (second.cell, second.replication)
    }
}

/// A part of a study's units, of several that make up all: of each cell a run of its replications.
public struct StudyShard: Sendable, Equatable {
    /// From 1.
    public let number: Int
    public let count: Int

    public init(number: Int = 1, count: Int = 1) {
        precondition(count >= 1 && (1...count).contains(number), "a shard's number is one of theirs")
        self.number = number
        self.count = count
    }

    /// The replications of each cell that it has.
    func replications(of total: Int) -> Range<Int> {
        // Products of 10^7 replications and any number of shards that a cluster has fit.
        (number - 1) * total / count..<number * total / count
    }
}

extension Study {
    /// The units of a shard, in order.
    func units(of shard: StudyShard) -> [StudyUnit] {
        let replications = shard.replications(of: replicationCount)
        return cells.indices.flatMap { cell in
            replications.map { StudyUnit(cell: cell, replication: $0) }
        }
    }

    /// The rows of results of one unit.
    var rowsPerUnit: Int { cells[0].methods.count * metrics.count }
}

/// Which units are worked on together: as many in a row as there is room for.
struct BatchPlan {
    private let study: Study
    private let units: [StudyUnit]
    /// Bytes of moments a batch.
    private let byteLimit: Int
    private let taskLimit: Int?
    private var place = 0

    /// - Parameter taskLimit: at most so many tasks, if there is such a limit; a unit is never divided.
    init(_ study: Study, units: [StudyUnit], byteLimit: Int, taskLimit: Int?) {
        self.study = study
        self.units = units
        self.byteLimit = byteLimit
        self.taskLimit = taskLimit
    }

    mutating func next() -> [StudyUnit]? {
        guard place < units.count else { return nil }
        let first = place
        let cell = study.cells[units[first].cell]
        let order = cell.setting.featureCount + 1
        let room = max(1, min(byteLimit / (4 * order * (order + 1)), taskLimit ?? .max))
        var tasks = 0
        while place < units.count {
            let own = study.cells[units[place].cell]
            guard own.isFitted(with: cell) else { break }
            tasks += own.setting.taskCount
            if tasks > room, place > first { break }
            place += 1
        }
        return Array(units[first..<place])
    }
}

extension Study {
    /// How much work the rows of a shard are, for the choice of a device.
    public func workload(of shard: StudyShard, precision: Precision) -> Workload {
        let replications = shard.replications(of: replicationCount).count
        let rows = cells.reduce(0.0) { sum, cell in
            sum + Double(replications) * Double(cell.setting.rows.expected(tasks: cell.setting.taskCount))
        }
        // Drawn moments are as wide as they are long, whatever they stand for.
        let tasks = cells.reduce(0.0) { $0 + Double(replications) * Double($1.setting.taskCount) }
        let features = cells.map(\.setting.featureCount).max() ?? 1
        let count = draw == .moments ? tasks * Double(features + 1) : rows
        return Workload(
            rowCount: Int(min(count, 1e15)), featureCount: features, passCount: cells[0].methods.count,
            precision: precision)
    }
}
