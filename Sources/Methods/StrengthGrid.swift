import RealModule

/// Strengths of a penalty that cross-validation chooses from, and how.
public struct StrengthGrid: Sendable, Equatable {
    /// Which of several strengths is taken.
    public enum Rule: String, Sendable, CaseIterable {
        /// The one of the least error.
        case least
        /// The greatest whose error is within one standard error of the least.
        case oneStandardError
    }

    /// What strengths are multiples of.
    public enum Unit: Sendable {
        case one
        /// The strength at which the penalty balances the noise of one task's slopes: `s sqrt(h)`, where `s` is the
        /// deviation of errors around the tasks' own fits and `h` the mean square of a feature, so that results do not
        /// depend on the units of the response, or of all features together. Of the squared distance it is the strength at
        /// which the penalty balances a task's loss, `h`.
        case noise
    }

    /// Ascending, none of them negative.
    public let multiples: [Double]
    public let unit: Unit
    public let foldCount: Int
    public let seed: UInt64
    public let rule: Rule

    public init(strengths: [Double], foldCount: Int = 5, seed: UInt64 = 1, rule: Rule = .least) {
        self.init(multiples: strengths, unit: .one, foldCount: foldCount, seed: seed, rule: rule)
    }

    /// Ten strengths from a fiftieth to ten times the noise; for the squared distance their squares.
    public init(foldCount: Int = 5, seed: UInt64 = 1, rule: Rule = .least) {
        let multiples = (0..<10).map { 0.02 * Double.pow(500, Double($0) / 9) }
        self.init(multiples: multiples, unit: .noise, foldCount: foldCount, seed: seed, rule: rule)
    }

    /// One strength, which only the number of clusters or vectors is chosen for.
    public init(strength: Double, foldCount: Int = 5, seed: UInt64 = 1, rule: Rule = .least) {
        self.init(strengths: [strength], foldCount: foldCount, seed: seed, rule: rule)
    }

    /// The same with the squares of its multiples: the squared distance takes a wider range from own fits to one of all.
    var withSquares: StrengthGrid {
        StrengthGrid(
            multiples: multiples.map { $0 * $0 }, unit: unit, foldCount: foldCount, seed: seed, rule: rule)
    }

    /// The same for a LASSO, whose strengths are multiples of the noise as they are: twelve from a twentieth to two hundred,
    /// where few coefficients of tasks that share most differ from their centre.
    var ofLasso: StrengthGrid {
        if unit == .one { return self }
        let multiples = (0..<12).map { 0.05 * Double.pow(4000, Double($0) / 11) }
        return StrengthGrid(multiples: multiples, unit: .one, foldCount: foldCount, seed: seed, rule: rule)
    }

    private init(multiples: [Double], unit: Unit, foldCount: Int, seed: UInt64, rule: Rule) {
        precondition(!multiples.isEmpty && multiples.allSatisfy { $0 >= 0 }, "strengths are not negative")
        precondition(foldCount >= 2, "rows are held out in two folds at least")
        self.multiples = multiples.sorted()
        self.unit = unit
        self.foldCount = foldCount
        self.seed = seed
        self.rule = rule
    }
}

/// The error of fits at one penalty, on rows that were held out.
public struct PenaltyError: Sendable, Equatable {
    public let penalty: Double
    /// How many clusters or vectors there were, where several numbers were tried.
    public var size: Int?
    /// The weighted mean square.
    public let error: Double
    /// As it varies over folds.
    public let standardError: Double
}
