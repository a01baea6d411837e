/// Strengths of a penalty that cross-validation chooses from, and how.
public struct StrengthGrid: Sendable, Equatable {
    /// Which of several strengths is taken.
    public enum Rule: String, Sendable, CaseIterable {
        /// The one of the least error.
        case least
        /// The greatest whose error is within one standard error of the least.
        case oneStandardError
    }

    /// Ascending, none of them negative.
    public let strengths: [Double]
    public let foldCount: Int
    public let seed: UInt64
    public let rule: Rule

    /// By default those of the paper's simulations: 0.2 to 2 in steps of 0.2, in five folds.
    public init(
        strengths: [Double] = (1...10).map { Double($0) / 5 }, foldCount: Int = 5, seed: UInt64 = 1,
        rule: Rule = .least
    ) {
        precondition(!strengths.isEmpty && strengths.allSatisfy { $0 >= 0 }, "strengths are not negative")
        precondition(foldCount >= 2, "rows are held out in two folds at least")
        self.strengths = strengths.sorted()
        self.foldCount = foldCount
        self.seed = seed
        self.rule = rule
    }
}

/// The error of fits at one penalty, on rows that were held out.
public struct PenaltyError: Sendable, Equatable {
    public let penalty: Double
    /// The weighted mean square.
    public let error: Double
    /// As it varies over folds.
    public let standardError: Double
}
