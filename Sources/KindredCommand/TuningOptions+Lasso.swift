import ArgumentParser
import Methods
import Tables

/// What the options are to the LASSO family.
extension TuningOptions {
    /// - Throws: a complaint about an option of the LASSO family.
    func checkLasso() throws {
        if trim != nil, center != .trimmedMean { throw ValidationError("--trim goes with --center trimmed-mean") }
        if let trim, !(trim >= 0 && trim < 0.5) {
            throw ValidationError("--trim \(trim): a share of 0 or more and less than 0.5 is needed")
        }
        if let mixture, !(0...1).contains(mixture) {
            throw ValidationError("--mixture \(mixture): a share from 0 to 1 is needed")
        }
    }

    /// - Parameter method: `lasso` or `elastic-net`.
    func lasso(for method: MethodName) -> Lasso {
        let center: Lasso.Center =
            switch self.center ?? .zero {
            case .zero: .zero
            case .median: .median
            case .trimmedMean: .trimmedMean(share: trim ?? 0.2)
            case .sparse: .sparse(strength: 1)
            }
        var lasso = Lasso(
            center: center, penalty: strength.map { .value($0) } ?? .crossValidated(strengthGrid),
            intercept: intercept == .shared ? .shared : .free)
        if method == .elasticNet { lasso.mixture = mixture ?? 0.5 }
        lasso.standardizes = standardize
        return lasso
    }

    /// The settings that a method of the family was run with, as model files record them.
    func lassoSettings(of method: MethodName) -> [JsonValue.Member] {
        let lasso = lasso(for: method)
        let grid = strength == nil ? strengthGrid : nil
        let name = center ?? .zero
        return [
            .init("center", .string(name.rawValue)),
            .init("trim", name == .trimmedMean ? .number(trim ?? 0.2) : .null),
            .init("mixture", .number(lasso.mixture)), .init("intercept", .string(lasso.intercept.rawValue)),
            .init("standardize", .bool(standardize)),
            .init("strength_by", .string(strength != nil ? "user" : "cross-validation")),
            .init("strengths", strengths.map { .array($0.values.map { .number($0) }) } ?? .null),
            .init("rule", grid.map { .string($0.rule == .least ? "least error" : "one standard error") } ?? .null),
            .init("folds", grid.map { .integer($0.foldCount) } ?? .null),
            .init("seed", grid.map { .integer($0.seed) } ?? .null),
        ]
    }
}

enum LassoCenterName: String, ExpressibleByArgument, CaseIterable {
    case zero, median, sparse
    case trimmedMean = "trimmed-mean"
}
