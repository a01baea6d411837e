import ArgumentParser
import Methods
import Tables

/// Options of the methods that shrink: those that several share, and each method's own.
///
/// What molar has beyond its strength is in ``MolarOptions``.
struct TuningOptions: ParsableArguments {
    @OptionGroup var shared: SharedTuningOptions
    @OptionGroup var ridgeOptions: RidgeOptions

    @Option(
        help: """
            molar: hard gives a coefficient near the centre the centre's value and leaves others; soft moves all towards \
            it. (default: hard)
            """)
    var shrink: ShrinkageName?

    @OptionGroup var armulOptions: ArmulOptions
    @OptionGroup var lassoOptions: LassoOptions

    /// - Throws: a complaint about an option that another method has.
    func check(for method: MethodName) throws {
        let lassos: [MethodName] = [.lasso, .elasticNet]
        let (ridge, armul, lasso) = (ridgeOptions, armulOptions, lassoOptions)
        let given: [(name: String, isGiven: Bool, owners: [MethodName])] = [
            ("--towards", ridge.towards != nil, [.ridge]), ("--penalty", ridge.penalty != nil, [.ridge]),
            ("--cv", shared.folds != nil, [.ridge, .armul] + lassos),
            ("--seed", shared.seed != nil, [.ridge, .armul] + lassos),
            ("--standardize", shared.standardize, [.ridge, .armul] + lassos), ("--shrink", shrink != nil, [.molar]),
            ("--strength", shared.strength != nil, [.molar, .armul] + lassos),
            ("--intercept", shared.intercept != nil, [.molar, .armul] + lassos),
            ("--strengths", shared.strengths != nil, [.armul] + lassos),
            ("--one-se", shared.oneStandardError, [.armul] + lassos),
            ("--structure", armul.structure != nil, [.armul]), ("--clusters", armul.clusters != nil, [.armul]),
            ("--least-cluster", armul.leastCluster != nil, [.armul]), ("--rank", armul.rank != nil, [.armul]),
            ("--path", shared.path, [.armul] + lassos), ("--center", lasso.center != nil, lassos),
            ("--trim", lasso.trim != nil, lassos), ("--center-strength", lasso.centerStrength != nil, lassos),
            ("--radius", lasso.radius != nil, lassos), ("--rate", lasso.rate != nil, lassos),
            ("--mixture", lasso.mixture != nil, [.elasticNet]),
            ("--distance", armul.distance != nil, [.armul]),
            ("--task-weights", shared.taskWeights != nil, [.molar, .armul]),
        ]
        if let stray = given.first(where: { $0.isGiven && !$0.owners.contains(method) }) {
            let owners = stray.owners.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("\(stray.name) is for --method \(owners), not \(method.rawValue)")
        }
        if let folds = shared.folds { try SharedTuningOptions.checkFolds(folds) }
        if method == .armul { try armul.check() }
        if method == .armul, let weights = shared.taskWeights, weights == .precision || weights.column != nil {
            throw ValidationError("--task-weights \(weights) is for --method molar, not armul")
        }
        if method == .armul || method.isLasso { try shared.checkStrengths(choosesSize: armul.choosesSize) }
        if method.isLasso { try lasso.check() }
        if let strength = shared.strength, !(strength >= 0) {
            throw ValidationError("--strength \(strength): 0 or more is needed")
        }
        try ridge.check(shared)
    }

    var ridge: Ridge { ridgeOptions.ridge(shared) }

    var molar: MOLAR {
        MOLAR(
            shrinkage: shrink == .soft ? .soft : .hard, strength: shared.strength ?? 1,
            intercept: shared.intercept == .shared ? .shared : .free)
    }

    var armul: ARMUL { armulOptions.armul(shared) }

    /// - Parameter method: `lasso` or `elastic-net`.
    func lasso(for method: MethodName) -> Lasso { lassoOptions.lasso(for: method, shared) }

    /// The settings that a method was run with, as model files record them.
    func settings(of method: MethodName) -> [JsonValue.Member] {
        switch method {
        case .itl, .pool, .average: return []
        case .ridge: return ridgeOptions.settings(shared)
        case .molar:
            return [
                .init("shrink", .string(molar.shrinkage.rawValue)), .init("strength", .number(molar.strength)),
                .init("intercept", .string(molar.intercept.rawValue)),
                .init("task_weights", .string((shared.taskWeights ?? .precision).description)),
            ]
        case .lasso, .elasticNet: return lassoOptions.settings(of: method, shared)
        case .armul: return armulOptions.settings(shared)
        }
    }
}

enum ShrinkageName: String, ExpressibleByArgument, CaseIterable {
    case hard, soft
}
