import ArgumentParser
import Compute
import Methods
import Tables

/// Options of the methods that shrink.
struct TuningOptions: ParsableArguments {
    @Option(help: "ridge: what coefficients are drawn to: the pooled fit, or zero. (default: pool)")
    var towards: TargetName?

    @Option(
        help: ArgumentHelp(
            """
            ridge: lambda in 1/2 sum w (y - x'b)^2 + lambda/2 sum (b - c)^2, the intercept left free; auto is the best \
            of ten in cross-validation. (default: auto)
            """, valueName: "number|auto"),
        transform: PenaltyOption.init(parsing:))
    var penalty: PenaltyOption?

    @Option(
        name: [.customLong("cv"), .customLong("folds")],
        help: ArgumentHelp(
            "ridge, armul, lasso, elastic-net: how many folds find the penalty or strength. (default: 5)",
            valueName: "count"))
    var folds: Int?

    @Option(
        help: ArgumentHelp(
            "ridge, armul, lasso, elastic-net: which rows are in which fold. (default: 1)", valueName: "number"))
    var seed: UInt64?

    @Flag(help: "ridge, armul, lasso, elastic-net: penalise the coefficients of standardized features.")
    var standardize = false

    @Option(
        help: """
            molar: hard gives a coefficient near the centre the centre's value and leaves others; soft moves all towards \
            it. (default: hard)
            """)
    var shrink: ShrinkageName?

    @Option(
        help: ArgumentHelp(
            """
            molar: how near, as a multiple of the threshold sqrt(log(min(N/n, d))) std_error, of other families than \
            gaussian with the number of tasks for N/n (default: 1). armul: C in \
            1/2 mean w (y - x'b)^2 + C sqrt(d/n) ||b - c||; lasso, elastic-net: S in 1/2 mean w (y - x'b)^2 + S s \
            sqrt(log(d)/n) |b - c|, with s the deviation of the task's errors. (default: found by cross-validation)
            """, valueName: "number"))
    var strength: Double?

    @Option(
        help: ArgumentHelp(
            "armul, lasso, elastic-net: the strengths to choose from, apart by commas.", valueName: "numbers"),
        transform: StrengthList.init(parsing:))
    var strengths: StrengthList?

    @Flag(
        name: .customLong("one-se"),
        help:
            """
            armul, lasso, elastic-net: the fewest clusters or vectors, and the greatest strength, within one standard error of \
            the least error.
            """
    )
    var oneStandardError = false

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

    @Option(
        help: """
            molar, armul: what a task counts in finding the centre: its observations (or the sum of their weights), equal \
            for all, or of molar precision: observations over the variance of errors. (default: precision; of armul \
            observations)
            """)
    var taskWeights: TaskWeightsName?

    @Flag(
        help: """
            armul, lasso, elastic-net: show the error of every strength, and of every number of clusters or vectors, that \
            was tried.
            """)
    var path = false

    @Option(
        help: """
            molar, armul, lasso, elastic-net: free gives each task its own intercept, shared shrinks it as well. (default: \
            free)
            """)
    var intercept: InterceptName?

    @Option(
        help: """
            lasso, elastic-net: what coefficients are drawn to: zero, the median of the tasks' own estimates (ML), their \
            trimmed mean (RM), or a sparse centre that needs no task's own estimates. (default: zero)
            """)
    var center: LassoCenterName?

    @Option(
        help: ArgumentHelp(
            "lasso, elastic-net: the share of tasks left out at each end of a trimmed mean. (default: 0.2)",
            valueName: "share"))
    var trim: Double?

    @Option(
        help: ArgumentHelp(
            "elastic-net: A in A |b - c| + (1 - A)/2 (b - c)^2; 1 is the LASSO, 0 ridge regression. (default: 0.5)",
            valueName: "share"))
    var mixture: Double?

    /// - Throws: a complaint about an option that another method has.
    func check(for method: MethodName) throws {
        let lassos: [MethodName] = [.lasso, .elasticNet]
        let given: [(name: String, isGiven: Bool, owners: [MethodName])] = [
            ("--towards", towards != nil, [.ridge]), ("--penalty", penalty != nil, [.ridge]),
            ("--cv", folds != nil, [.ridge, .armul] + lassos), ("--seed", seed != nil, [.ridge, .armul] + lassos),
            ("--standardize", standardize, [.ridge, .armul] + lassos), ("--shrink", shrink != nil, [.molar]),
            ("--strength", strength != nil, [.molar, .armul] + lassos),
            ("--intercept", intercept != nil, [.molar, .armul] + lassos),
            ("--strengths", strengths != nil, [.armul] + lassos), ("--one-se", oneStandardError, [.armul] + lassos),
            ("--structure", structure != nil, [.armul]), ("--clusters", clusters != nil, [.armul]),
            ("--least-cluster", leastCluster != nil, [.armul]), ("--rank", rank != nil, [.armul]),
            ("--path", path, [.armul] + lassos), ("--center", center != nil, lassos), ("--trim", trim != nil, lassos),
            ("--mixture", mixture != nil, [.elasticNet]), ("--distance", distance != nil, [.armul]),
            ("--task-weights", taskWeights != nil, [.molar, .armul]),
        ]
        if let stray = given.first(where: { $0.isGiven && !$0.owners.contains(method) }) {
            let owners = stray.owners.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("\(stray.name) is for --method \(owners), not \(method.rawValue)")
        }
        if let folds { try Self.checkFolds(folds) }
        if method == .armul { try checkStructure() }
        if method == .armul, taskWeights == .precision {
            throw ValidationError("--task-weights precision is for --method molar, not armul")
        }
        if method == .armul || method.isLasso { try checkStrengths() }
        if method.isLasso { try checkLasso() }
        if let strength, !(strength >= 0) { throw ValidationError("--strength \(strength): 0 or more is needed") }
        if case .value = penalty, folds != nil || seed != nil {
            throw ValidationError("--cv and --seed find a penalty; leave --penalty out, or them")
        }
    }

    private func checkStructure() throws {
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

    private func checkStrengths() throws {
        if strength != nil, strengths != nil {
            throw ValidationError("--strengths are to find a strength; leave --strength out, or them")
        }
        if strength != nil, !choosesSize, oneStandardError || folds != nil || seed != nil || path {
            throw ValidationError(
                "--one-se, --cv, --seed and --path are to find a strength; leave --strength out, or them")
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

    /// More folds than a task has rows change nothing for it, and each costs memory for the moments of every task.
    static func checkFolds(_ folds: Int) throws {
        guard (2...1000).contains(folds) else { throw ValidationError("--cv \(folds): 2 to 1,000 folds are possible") }
    }

    var ridge: Ridge {
        var ridge = Ridge(center: towards == .zero ? .zero : .pool, standardizes: standardize)
        switch penalty {
        case .value(let lambda): ridge.penalty = .value(lambda)
        case .automatic, nil: ridge.penalty = .crossValidated(foldCount: folds ?? 5, seed: seed ?? 1)
        }
        return ridge
    }

    var molar: MOLAR {
        MOLAR(
            shrinkage: shrink == .soft ? .soft : .hard, strength: strength ?? 1,
            intercept: intercept == .shared ? .shared : .free, weights: molarWeights)
    }

    private var molarWeights: MOLAR.TaskWeights {
        switch taskWeights ?? .precision {
        case .precision: .precision
        case .observations: .observations
        case .equal: .equal
        }
    }

    /// The numbers of clusters or vectors, where they are given.
    private var sizes: [Int] { (clusters ?? rank)?.values ?? [] }

    /// Whether there are several of those to choose from.
    var choosesSize: Bool { sizes.count > 1 }

    /// The strengths that cross-validation chooses from, and how.
    var strengthGrid: StrengthGrid {
        let rule: StrengthGrid.Rule = oneStandardError ? .oneStandardError : .least
        let (folds, seed) = (self.folds ?? 5, self.seed ?? 1)
        let tried = strength.map { [$0] } ?? strengths?.values
        return tried.map { StrengthGrid(strengths: $0, foldCount: folds, seed: seed, rule: rule) }
            ?? StrengthGrid(foldCount: folds, seed: seed, rule: rule)
    }

    var armul: ARMUL {
        let penalty: ARMUL.Penalty
        if let strength, !choosesSize { penalty = .value(strength) } else { penalty = .crossValidated(strengthGrid) }
        let structure: ARMUL.Structure =
            switch self.structure ?? .vanilla {
            case .vanilla: .vanilla
            case .clustered: .clustered(ClusterStructure(count: sizes.min() ?? 1, leastShare: leastCluster ?? 0))
            case .lowRank: .lowRank(rank: sizes.min() ?? 1)
            }
        var armul = ARMUL(
            structure: structure, penalty: penalty, intercept: intercept == .shared ? .shared : .free,
            weights: taskWeights == .equal ? .equal : .observations)
        armul.distance = distance == .squared ? .squared : .norm
        armul.standardizes = standardize
        if choosesSize { armul.sizes = sizes }
        return armul
    }

    /// The settings that a method was run with, as model files record them.
    func settings(of method: MethodName) -> [JsonValue.Member] {
        switch method {
        case .itl, .pool, .average: return []
        case .ridge:
            return [
                .init("towards", .string(ridge.center.rawValue)), .init("standardize", .bool(standardize)),
                .init("penalty_by", .string(ridge.isCrossValidated ? "cross-validation" : "user")),
                .init("folds", ridge.isCrossValidated ? .integer(folds ?? 5) : .null),
                .init("seed", ridge.isCrossValidated ? .integer(seed ?? 1) : .null),
            ]
        case .molar:
            return [
                .init("shrink", .string(molar.shrinkage.rawValue)), .init("strength", .number(molar.strength)),
                .init("intercept", .string(molar.intercept.rawValue)),
                .init("task_weights", .string((taskWeights ?? .precision).rawValue)),
            ]
        case .lasso, .elasticNet: return lassoSettings(of: method)
        case .armul:
            var grid: StrengthGrid?
            if case .crossValidated(let tried) = armul.penalty { grid = tried }
            return [
                .init("structure", .string((structure ?? .vanilla).rawValue)),
                .init("clusters", clusters?.json ?? .null),
                .init("least_cluster", clusters.map { _ in .number(leastCluster ?? 0) } ?? .null),
                .init("rank", rank?.json ?? .null),
                .init("intercept", .string(armul.intercept.rawValue)), .init("standardize", .bool(standardize)),
                .init("distance", .string((distance ?? .norm).rawValue)),
                .init("task_weights", .string((taskWeights ?? .observations).rawValue)),
                .init("strength_by", .string(strength != nil ? "user" : "cross-validation")),
                .init("strengths", strengths.map { .array($0.values.map { .number($0) }) } ?? .null),
                .init("rule", grid.map { .string($0.rule == .least ? "least error" : "one standard error") } ?? .null),
                .init("folds", grid.map { .integer($0.foldCount) } ?? .null),
                .init("seed", grid.map { .integer($0.seed) } ?? .null),
            ]
        }
    }
}

enum TargetName: String, ExpressibleByArgument, CaseIterable {
    case pool, zero
}

enum ShrinkageName: String, ExpressibleByArgument, CaseIterable {
    case hard, soft
}

enum StructureName: String, ExpressibleByArgument, CaseIterable {
    case vanilla, clustered
    case lowRank = "low-rank"
}

enum DistanceName: String, ExpressibleByArgument, CaseIterable {
    case norm, squared
}

enum TaskWeightsName: String, ExpressibleByArgument, CaseIterable {
    case precision, observations, equal
}

/// What `--strengths` lists.
struct StrengthList {
    let values: [Double]

    init(parsing argument: String) throws {
        values = try argument.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let value = Double(text), value >= 0 else {
                throw ValidationError("'\(text)' is no number of 0 or more")
            }
            return value
        }
    }
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

enum InterceptName: String, ExpressibleByArgument, CaseIterable {
    case free, shared
}

/// What `--penalty` says.
enum PenaltyOption {
    case automatic
    case value(Double)

    init(parsing argument: String) throws {
        if argument == "auto" {
            self = .automatic
        } else if let value = Double(argument), value > 0, value.isFinite {
            self = .value(value)
        } else {
            throw ValidationError("a number above 0 or auto is needed; --method itl is without a penalty")
        }
    }
}
