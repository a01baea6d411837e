import ArgumentParser
import Compute
import Methods
import Tables

/// What armul has beyond the options that it shares.
struct ArmulOptions: ParsableArguments {
    @Option(
        help: """
            armul: what tasks are drawn to: one centre (vanilla), that of their cluster (clustered), or a combination of \
            few vectors (low-rank). (default: vanilla)
            """)
    var structure: StructureName?

    @Option(
        help: ArgumentHelp("armul: how many clusters, as 3; of several, as 2,3,4, the best.", valueName: "counts"),
        transform: CountList.init(parsing:))
    var clusters: CountList?

    @Option(
        help: ArgumentHelp(
            "armul: no cluster is smaller than this share of an even one. (default: 0)", valueName: "share"))
    var leastCluster: Double?

    @Option(
        help: ArgumentHelp("armul: how many vectors, as 2; of several, as 1,2,3, the best.", valueName: "counts"),
        transform: CountList.init(parsing:))
    var rank: CountList?

    @Option(
        help: """
            armul: norm is C sqrt(d/n) ||b - c||, which makes near tasks equal and leaves far ones; squared is \
            C/2 sqrt(d/n) ||b - c||^2, as ridge has. (default: norm)
            """)
    var distance: DistanceName?

    /// - Throws: a complaint about a structure and its sizes that do not go together.
    func check() throws {
        let structure = structure ?? .vanilla
        if clusters != nil || leastCluster != nil, structure != .clustered {
            throw ValidationError("--clusters and --least-cluster go with --structure clustered")
        }
        if rank != nil, structure != .lowRank { throw ValidationError("--rank goes with --structure low-rank") }
        if structure == .clustered, clusters == nil {
            throw ValidationError("--structure clustered needs --clusters, how many there are")
        }
        if structure == .lowRank, rank == nil {
            throw ValidationError("--structure low-rank needs --rank, how many vectors tasks are combined of")
        }
        if let leastCluster, !(0...1).contains(leastCluster) {
            throw ValidationError("--least-cluster \(leastCluster): a share from 0 to 1 is needed")
        }
    }

    /// - Parameter shrunkCount: coefficients of a task that are drawn to its centre.
    /// - Throws: ``TableError`` of kind `usage` for more clusters, or vectors, than the table has room for.
    static func checkSizes(
        clusters: CountList?, rank: CountList?, taskCount: Int, shrunkCount: Int
    ) throws(TableError) {
        if let clusters = clusters?.values.max(), clusters > taskCount {
            throw TableError(
                .usage, "--clusters \(clusters): the table has \(counted(taskCount, "task")); ask for fewer clusters")
        }
        if let rank = rank?.values.max(), rank > min(taskCount, shrunkCount) {
            throw TableError(
                .usage,
                "--rank \(rank): the table has \(counted(taskCount, "task")), and each \(counted(shrunkCount, "coefficient")) "
                    + "to be drawn; at most \(min(taskCount, shrunkCount)) can be")
        }
    }

    /// The numbers of clusters or vectors, where they are given.
    private var sizes: [Int] { (clusters ?? rank)?.values ?? [] }

    /// Whether there are several of those to choose from.
    var choosesSize: Bool { sizes.count > 1 }

    func armul(_ shared: SharedTuningOptions) -> ARMUL {
        let penalty: ARMUL.Penalty
        if let strength = shared.strength, !choosesSize {
            penalty = .value(strength)
        } else {
            penalty = .crossValidated(shared.strengthGrid)
        }
        let structure: ARMUL.Structure =
            switch self.structure ?? .vanilla {
            case .vanilla: .vanilla
            case .clustered: .clustered(ClusterStructure(count: sizes.min() ?? 1, leastShare: leastCluster ?? 0))
            case .lowRank: .lowRank(rank: sizes.min() ?? 1)
            }
        var armul = ARMUL(
            structure: structure, penalty: penalty, intercept: shared.intercept == .shared ? .shared : .free,
            weights: shared.taskWeights == .equal ? .equal : .observations)
        armul.distance = distance == .squared ? .squared : .norm
        armul.standardizes = shared.standardize
        if choosesSize { armul.sizes = sizes }
        return armul
    }

    /// As model files record them.
    func settings(_ shared: SharedTuningOptions) -> [JsonValue.Member] {
        let armul = armul(shared)
        var grid: StrengthGrid?
        if case .crossValidated(let tried) = armul.penalty { grid = tried }
        return [
            .init("structure", .string((structure ?? .vanilla).rawValue)),
            .init("clusters", clusters?.json ?? .null),
            .init("least_cluster", clusters.map { _ in .number(leastCluster ?? 0) } ?? .null),
            .init("rank", rank?.json ?? .null),
            .init("intercept", .string(armul.intercept.rawValue)), .init("standardize", .bool(shared.standardize)),
            .init("distance", .string((distance ?? .norm).rawValue)),
            .init("task_weights", .string((shared.taskWeights ?? .observations).description)),
        ] + shared.strengthSettings(grid)
    }
}

enum StructureName: String, ExpressibleByArgument, CaseIterable {
    case vanilla, clustered
    case lowRank = "low-rank"
}

enum DistanceName: String, ExpressibleByArgument, CaseIterable {
    case norm, squared
}

/// What `--clusters` or `--rank` lists.
struct CountList {
    /// Ascending, each once.
    let values: [Int]

    init(parsing argument: String) throws {
        let counts = try argument.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let value = Int(text), value >= 1 else {
                throw ValidationError("'\(text)' is no number of 1 or more")
            }
            return value
        }
        values = Set(counts).sorted()
    }

    /// One number, or a list of them.
    var json: JsonValue {
        values.count == 1 ? .integer(values[0]) : .array(values.map { .integer($0) })
    }
}
