import ArgumentParser
import Methods
import Tables

/// Options that several of the methods that shrink have.
struct SharedTuningOptions: ParsableArguments {
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
        help: ArgumentHelp(
            """
            molar, armul: what a task counts in finding the centre: its observations (or the sum of their weights), equal \
            for all; of molar also precision: observations over the variance of errors, or column:NAME of a column with one \
            number a task. (default: precision; of armul observations)
            """, valueName: "weights"),
        transform: TaskWeightsOption.init(parsing:))
    var taskWeights: TaskWeightsOption?

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

    /// - Parameter choosesSize: whether a number of clusters or vectors is to be found as well.
    /// - Throws: a complaint about a search for a strength that is given.
    func checkStrengths(choosesSize: Bool) throws {
        if strength != nil, strengths != nil {
            throw ValidationError("--strengths are to find a strength; leave --strength out, or them")
        }
        if strength != nil, !choosesSize, oneStandardError || folds != nil || seed != nil || path {
            throw ValidationError(
                "--one-se, --cv, --seed and --path are to find a strength; leave --strength out, or them")
        }
    }

    /// More folds than a task has rows change nothing for it, and each costs memory for the moments of every task.
    static func checkFolds(_ folds: Int) throws {
        guard (2...1000).contains(folds) else { throw ValidationError("--cv \(folds): 2 to 1,000 folds are possible") }
    }

    /// The strengths that cross-validation chooses from, and how.
    var strengthGrid: StrengthGrid {
        let rule: StrengthGrid.Rule = oneStandardError ? .oneStandardError : .least
        let (folds, seed) = (self.folds ?? 5, self.seed ?? 1)
        let tried = strength.map { [$0] } ?? strengths?.values
        return tried.map { StrengthGrid(strengths: $0, foldCount: folds, seed: seed, rule: rule) }
            ?? StrengthGrid(foldCount: folds, seed: seed, rule: rule)
    }

    /// How the strength was found, as model files record it.
    ///
    /// - Parameter grid: what cross-validation chose from, if it did.
    func strengthSettings(_ grid: StrengthGrid?) -> [JsonValue.Member] {
        [
            .init("strength_by", .string(strength != nil ? "user" : "cross-validation")),
            .init("strengths", strengths.map { .array($0.values.map { .number($0) }) } ?? .null),
            .init("rule", grid.map { .string($0.rule == .least ? "least error" : "one standard error") } ?? .null),
            .init("folds", grid.map { .integer($0.foldCount) } ?? .null),
            .init("seed", grid.map { .integer($0.seed) } ?? .null),
        ]
    }
}

enum InterceptName: String, ExpressibleByArgument, CaseIterable {
    case free, shared
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
