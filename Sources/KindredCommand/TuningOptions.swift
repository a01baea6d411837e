import ArgumentParser
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

    @Option(help: ArgumentHelp("ridge: how many folds find the penalty. (default: 5)", valueName: "count"))
    var folds: Int?

    @Option(help: ArgumentHelp("ridge: which rows are in which fold. (default: 1)", valueName: "number"))
    var seed: UInt64?

    @Flag(help: "ridge: penalise the coefficients of standardized features.")
    var standardize = false

    @Option(
        help: """
            molar: hard gives a coefficient near the centre the centre's value and leaves others; soft moves all towards \
            it. (default: hard)
            """)
    var shrink: ShrinkageName?

    @Option(
        help: ArgumentHelp(
            "molar: how near, as a multiple of the threshold sqrt(log(min(N/n, d))) std_error. (default: 1)",
            valueName: "number"))
    var strength: Double?

    @Option(help: "molar: free gives each task its own intercept, shared shrinks it as well. (default: free)")
    var intercept: InterceptName?

    /// - Throws: a complaint about an option that another method has.
    func check(for method: MethodName) throws {
        let given: [(name: String, isGiven: Bool, owner: MethodName)] = [
            ("--towards", towards != nil, .ridge), ("--penalty", penalty != nil, .ridge),
            ("--folds", folds != nil, .ridge), ("--seed", seed != nil, .ridge),
            ("--standardize", standardize, .ridge), ("--shrink", shrink != nil, .molar),
            ("--strength", strength != nil, .molar), ("--intercept", intercept != nil, .molar),
        ]
        if let stray = given.first(where: { $0.isGiven && $0.owner != method }) {
            throw ValidationError(
                "\(stray.name) is for --method \(stray.owner.rawValue), not \(method.rawValue)")
        }
        if let folds { try Self.checkFolds(folds) }
        if let strength, !(strength >= 0) { throw ValidationError("--strength \(strength): 0 or more is needed") }
        if case .value = penalty, folds != nil || seed != nil {
            throw ValidationError("--folds and --seed find a penalty; leave --penalty out, or them")
        }
    }

    /// More folds than a task has rows change nothing for it, and each costs memory for the moments of every task.
    static func checkFolds(_ folds: Int) throws {
        guard (2...1000).contains(folds) else { throw ValidationError("--folds \(folds): 2 to 1,000 are possible") }
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
            intercept: intercept == .shared ? .shared : .free)
    }

    /// The settings that a method was run with, as model files record them.
    func settings(of method: MethodName) -> [JsonValue.Member] {
        switch method {
        case .itl, .pool: return []
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
