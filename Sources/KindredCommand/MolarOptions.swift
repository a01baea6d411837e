import ArgumentParser
import Compute
import Methods
import Tables

/// What molar has beyond its strength.
struct MolarOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            molar: confidence intervals: own, of each task's own estimate; or quantile, normal or paper, which give a \
            coefficient near the centre's the narrower interval of the centre. They hold where a coefficient is either \
            shared or far from it, and may miss one that differs a little. (default: own)
            """, valueName: "kind"))
    var intervals: IntervalName?

    @Option(
        help: ArgumentHelp(
            """
            molar: the deviation of errors: each task's own, pooled over tasks, a number, or column:NAME of a column with one \
            number a task. (default: each)
            """, valueName: "each|pooled|number|column:NAME"),
        transform: SigmaOption.init(parsing:))
    var sigma: SigmaOption?

    @Option(
        help: ArgumentHelp(
            """
            molar: this share of their mean is added to the diagonal of each task's X'X (standardized columns), so that \
            tasks with dependent columns are fitted too, as 1e-8. (default: 0)
            """, valueName: "share"))
    var ridge: Double?

    @Option(
        help: """
            molar: what thresholds are multiples of: each estimate's standard error (std-error), or sigma / sqrt(n) \
            (isotropic). (default: std-error)
            """)
    var threshold: MOLAR.ThresholdUnit?

    @Option(
        help: """
            molar: the N/n of thresholds counts observations, or, as effective, what they tell: n / sigma^2. \
            (default: observations)
            """)
    var ratio: MOLAR.SampleRatio?

    @Option(
        help: ArgumentHelp(
            """
            molar: gaussian, or orlicz:A for errors with tails like exp(-|e|^A), A from 0 to 2, whose thresholds are larger. \
            (default: gaussian)
            """, valueName: "tails"),
        transform: NoiseOption.init(parsing:))
    var noise: NoiseOption?

    @Option(help: "molar: which of two medians is the centre: midpoint, lower or upper. (default: midpoint)")
    var tie: TieName?

    /// - Throws: a complaint about an option that another method has, or that does not go with these standard errors.
    func check(for method: MethodName, _ vcov: VarianceOption) throws {
        let given: [(name: String, isGiven: Bool)] = [
            ("--intervals", intervals != nil), ("--sigma", sigma != nil), ("--threshold", threshold != nil),
            ("--ratio", ratio != nil), ("--noise", noise != nil), ("--tie", tie != nil), ("--ridge", ridge != nil),
        ]
        if method != .molar, let stray = given.first(where: \.isGiven) {
            throw ValidationError("\(stray.name) is for --method molar, not \(method.rawValue)")
        }
        guard let ridge else { return }
        guard ridge >= 0, ridge.isFinite else { throw ValidationError("--ridge \(ridge): 0 or more is needed") }
        if ridge > 0, vcov.estimator != .iid {
            throw ValidationError(
                "--ridge goes with --vcov iid: of what a task's rows do not tell, robust standard errors are 0")
        }
    }

    /// - Throws: a complaint about an option that is of squared errors alone.
    func checkIsOfAnyFamily(_ family: FamilyName) throws {
        let given: [(name: String, isGiven: Bool)] = [
            ("--sigma", sigma != nil), ("--threshold", threshold != nil), ("--ratio", ratio != nil),
            ("--noise", noise != nil), ("--ridge", ridge != nil),
        ]
        if let stray = given.first(where: \.isGiven) {
            throw ValidationError("\(stray.name) is for --family gaussian, not \(family.rawValue)")
        }
    }

    /// The variance of each task's errors, where it is given.
    func errorVariances(of store: ColumnStore) throws(TableError) -> [Double]? {
        switch sigma {
        case .known(let deviation): Array(repeating: deviation * deviation, count: store.layout.taskCount)
        case .column(let name):
            try TaskNumbers(of: name, use: "a deviation", mayBeZero: false, store: store).values.map { $0 * $0 }
        case .each, .pooled, nil: nil
        }
    }

    func apply(to molar: inout MOLAR, variance: VarianceEstimator) {
        molar.variance = variance
        molar.unit = threshold ?? .standardError
        molar.ratio = ratio ?? .observations
        molar.noise = noise?.noise ?? .gaussian
        molar.tie = tie?.rule ?? .midpoint
        molar.ridge = ridge ?? 0
        if case .pooled = sigma { molar.errorVariance = .pooled }
    }

    /// As model files record them.
    var settings: [JsonValue.Member] {
        [
            .init("sigma", .string((sigma ?? .each).description)),
            .init("ridge", .number(ridge ?? 0)),
            .init("threshold", .string((threshold ?? .standardError).rawValue)),
            .init("ratio", .string((ratio ?? .observations).rawValue)),
            .init("noise", .string((noise ?? NoiseOption(noise: .gaussian)).description)),
            .init("tie", .string((tie ?? .midpoint).rawValue)),
            .init("intervals", .string((intervals ?? .own).rawValue)),
        ]
    }
}

enum IntervalName: String, ExpressibleByArgument, CaseIterable {
    case own, quantile, normal, paper

    /// Nil for intervals of own estimates.
    var halfWidth: SharedIntervals.HalfWidth? { SharedIntervals.HalfWidth(rawValue: rawValue) }
}

enum TieName: String, ExpressibleByArgument, CaseIterable {
    case midpoint, lower, upper

    var rule: TieRule {
        switch self {
        case .midpoint: .midpoint
        case .lower: .lower
        case .upper: .upper
        }
    }
}

extension MOLAR.ThresholdUnit: ExpressibleByArgument {}
extension MOLAR.SampleRatio: ExpressibleByArgument {}

/// What `--sigma` says.
enum SigmaOption: CustomStringConvertible {
    case each, pooled
    case known(Double)
    case column(String)

    init(parsing argument: String) throws {
        switch argument {
        case "each": self = .each
        case "pooled": self = .pooled
        default:
            if let column = columnName(in: argument) {
                self = .column(column)
                return
            }
            guard let deviation = Double(argument), deviation > 0, deviation.isFinite else {
                throw ValidationError("each, pooled, a number above 0 or column:NAME is needed")
            }
            self = .known(deviation)
        }
    }

    var description: String {
        switch self {
        case .each: "each"
        case .pooled: "pooled"
        case .known(let deviation): "\(deviation)"
        case .column(let name): "column:\(name)"
        }
    }

    /// The column that it names.
    var column: String? {
        if case .column(let name) = self { return name }
        return nil
    }
}

/// What `--noise` says.
struct NoiseOption: CustomStringConvertible {
    let noise: MOLAR.Noise

    init(noise: MOLAR.Noise) { self.noise = noise }

    init(parsing argument: String) throws {
        if argument == "gaussian" {
            noise = .gaussian
            return
        }
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0] == "orlicz", parts.count == 2, let exponent = Double(parts[1]), exponent > 0, exponent <= 2
        else {
            throw ValidationError("gaussian, or orlicz:A with A above 0 and at most 2 is needed")
        }
        noise = .orlicz(exponent: exponent)
    }

    var description: String {
        switch noise {
        case .gaussian: "gaussian"
        case .orlicz(let exponent, _): "orlicz:\(exponent)"
        }
    }
}
