import ArgumentParser
import Methods
import Tables

/// What the LASSO family has beyond the options that it shares.
struct LassoOptions: ParsableArguments {
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
            """
            lasso, elastic-net: C in the bounds C s sqrt(log(n d)/n) on each task's slopes of the loss at a sparse centre. \
            (default: 1)
            """, valueName: "number"))
    var centerStrength: Double?

    @Option(
        help: ArgumentHelp(
            "lasso, elastic-net: how far a task may be from a sparse centre, in Euclidean length. (default: no limit)",
            valueName: "length"))
    var radius: Double?

    @Option(
        help: ArgumentHelp(
            "elastic-net: A in A |b - c| + (1 - A)/2 (b - c)^2; 1 is the LASSO, 0 ridge regression. (default: 0.5)",
            valueName: "share"))
    var mixture: Double?

    @Option(
        help: """
            lasso, elastic-net: what is under the root of the penalty: log(d)/n (coefficients) or log(d n)/n \
            (coefficients-and-rows). (default: coefficients)
            """)
    var rate: Lasso.Rate?

    /// - Throws: a complaint about an option of the LASSO family.
    func check() throws {
        if trim != nil, center != .trimmedMean { throw ValidationError("--trim goes with --center trimmed-mean") }
        if let trim, !(trim >= 0 && trim < 0.5) {
            throw ValidationError("--trim \(trim): a share of 0 or more and less than 0.5 is needed")
        }
        for (name, value) in [("--center-strength", centerStrength), ("--radius", radius)] {
            guard let value else { continue }
            if center != .sparse { throw ValidationError("\(name) goes with --center sparse") }
            if !(value > 0) { throw ValidationError("\(name) \(value): more than 0 is needed") }
        }
        if let mixture, !(0...1).contains(mixture) {
            throw ValidationError("--mixture \(mixture): a share from 0 to 1 is needed")
        }
    }

    /// - Parameter method: `lasso` or `elastic-net`.
    func lasso(for method: MethodName, _ shared: SharedTuningOptions) -> Lasso {
        let center: Lasso.Center =
            switch self.center ?? .zero {
            case .zero: .zero
            case .median: .median
            case .trimmedMean: .trimmedMean(share: trim ?? 0.2)
            case .sparse: .sparse(strength: centerStrength ?? 1, radius: radius ?? .infinity)
            }
        var lasso = Lasso(
            center: center, penalty: shared.strength.map { .value($0) } ?? .crossValidated(shared.strengthGrid),
            intercept: shared.intercept == .shared ? .shared : .free)
        if method == .elasticNet { lasso.mixture = mixture ?? 0.5 }
        lasso.standardizes = shared.standardize
        lasso.rate = rate ?? .coefficients
        return lasso
    }

    /// The settings that a method of the family was run with, as model files record them.
    func settings(of method: MethodName, _ shared: SharedTuningOptions) -> [JsonValue.Member] {
        let lasso = lasso(for: method, shared)
        let name = center ?? .zero
        return [
            .init("center", .string(name.rawValue)),
            .init("trim", name == .trimmedMean ? .number(trim ?? 0.2) : .null),
            .init("center_strength", name == .sparse ? .number(centerStrength ?? 1) : .null),
            .init("radius", radius.map { .number($0) } ?? .null),
            .init("rate", .string(lasso.rate.rawValue)), .init("mixture", .number(lasso.mixture)),
            .init("intercept", .string(lasso.intercept.rawValue)),
            .init("standardize", .bool(shared.standardize)),
        ] + shared.strengthSettings(shared.strength == nil ? shared.strengthGrid : nil)
    }
}

extension Lasso.Rate: ExpressibleByArgument {}

enum LassoCenterName: String, ExpressibleByArgument, CaseIterable {
    case zero, median, sparse
    case trimmedMean = "trimmed-mean"
}
