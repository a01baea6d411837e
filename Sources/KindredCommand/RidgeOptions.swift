import ArgumentParser
import Methods
import Tables

/// What ridge has beyond the options that it shares.
struct RidgeOptions: ParsableArguments {
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

    /// - Throws: a complaint about folds for a penalty that is given.
    func check(_ shared: SharedTuningOptions) throws {
        if case .value = penalty, shared.folds != nil || shared.seed != nil {
            throw ValidationError("--cv and --seed find a penalty; leave --penalty out, or them")
        }
    }

    func ridge(_ shared: SharedTuningOptions) -> Ridge {
        var ridge = Ridge(center: towards == .zero ? .zero : .pool, standardizes: shared.standardize)
        switch penalty {
        case .value(let lambda): ridge.penalty = .value(lambda)
        case .automatic, nil: ridge.penalty = .crossValidated(foldCount: shared.folds ?? 5, seed: shared.seed ?? 1)
        }
        return ridge
    }

    /// As model files record them.
    func settings(_ shared: SharedTuningOptions) -> [JsonValue.Member] {
        let ridge = ridge(shared)
        return [
            .init("towards", .string(ridge.center.rawValue)), .init("standardize", .bool(shared.standardize)),
            .init("penalty_by", .string(ridge.isCrossValidated ? "cross-validation" : "user")),
            .init("folds", ridge.isCrossValidated ? .integer(shared.folds ?? 5) : .null),
            .init("seed", ridge.isCrossValidated ? .integer(shared.seed ?? 1) : .null),
        ]
    }
}

enum TargetName: String, ExpressibleByArgument, CaseIterable {
    case pool, zero
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
