/// How well methods predict rows that they were not fitted to.
public struct Comparison: Sendable {
    /// Tasks that some methods were compared on.
    public struct Group: Sendable {
        public let taskCount: Int
        /// The observations of those tasks, each held out once.
        public let sampleCount: Int
        /// The first is what the others are compared with.
        public let results: [Result]
        /// The task with the largest error under the first method, and its share of the sum over tasks.
        public let worstTask: (task: Int, share: Double)?
    }

    /// The held-out error of one method.
    public struct Result: Sendable {
        public let method: ComparedMethod
        /// `sum of w e / sum of w` over all rows of the group: `e` is `(y - prediction)^2`; of classes `-log p` of the row's
        /// class; of counts the deviance `2 (y log(y / mu) - y + mu)`.
        public let meanError: Double
        /// The share of the rows, by weight, whose likeliest class is not theirs; nil where there are no classes.
        public let wrongShare: Double?
        /// Its standard error over tasks, which are taken to be independent; NaN for one task.
        public let standardError: Double
        /// The mean error over that of the group's first method, less 1.
        public let change: Double
        /// The standard error of `change`, by the same tasks' errors under both methods.
        public let changeError: Double
        /// The share of tasks on which the method's error is below that of the first.
        public let betterShare: Double
    }

    public let foldCount: Int
    /// The tasks that every method could fit without each fold.
    public let compared: Group
    /// The tasks that the first method could not, but all others could, where there are any: the others' errors.
    public let others: Group?
    /// Tasks in neither group.
    public let leftOutTaskCount: Int
    /// Methods that could fit no task, and are in no group.
    public let unfittedMethods: [ComparedMethod]
    /// The penalties that cross-validation chose in each fold, of each method that has one.
    public let penalties: [ComparedMethod: [ChosenPenalty]]
    /// What rounding may add to a mean squared error.
    public let roundingError: Double
    /// Tasks without finite coefficients of their own in some fold, which `itl` predicts by the pooled fit; always 0 for the
    /// squared loss, where such tasks are in no group with `itl`.
    public let separatedTaskCount: Int
}

/// The methods that can be compared.
public enum ComparedMethod: String, Sendable, CaseIterable {
    case itl, pool, average
    case ridgeZero = "ridge-zero"
    case ridgePool = "ridge-pool"
    case molarHard = "molar-hard"
    case molarSoft = "molar-soft"
    case armul
    case armulClustered = "armul-clustered"
    case armulLowRank = "armul-low-rank"
    case lasso
    case elasticNet = "elastic-net"
    case rm, ml

    /// Those that go through the moments alone and have no options: what is compared where nothing else is asked for.
    public static let usual: [ComparedMethod] = [.itl, .pool, .ridgeZero, .ridgePool, .molarHard, .molarSoft]

    /// Those that other losses than the squared one have too.
    public static let ofAnyLoss: [ComparedMethod] = [.itl, .pool, .armul, .armulClustered, .armulLowRank]
    /// Those that every loss of one column has: all of these but `softmax`.
    public static let ofOneColumn: [ComparedMethod] = [.molarHard, .molarSoft] + ofAnyLoss

    /// How MOLAR shrinks, where that is the method.
    var shrinkage: MOLAR.Shrinkage? {
        switch self {
        case .molarHard: .hard
        case .molarSoft: .soft
        default: nil
        }
    }
}

/// What a method's predictions of rows held out cost each task.
struct MethodErrors {
    let method: ComparedMethod
    /// Sums over all rows of each task, each predicted without its fold; NaN where a fold of its rows could not be.
    var errors: [Double]
    /// The weight of each task's rows that were taken for another class than theirs; nil where there are no classes.
    var wrongWeights: [Double]?

    init(_ method: ComparedMethod, taskCount: Int, hasClasses: Bool = false) {
        self.method = method
        errors = Array(repeating: 0, count: taskCount)
        wrongWeights = hasClasses ? errors : nil
    }
}

extension Comparison.Group {
    /// - Parameters:
    ///   - tasks: those of the group.
    ///   - methods: their errors of every task.
    ///   - weights: the sum of the weights of every task.
    init(tasks: [Int], methods: [MethodErrors], weights: [Double], sampleCounts: [Int]) {
        taskCount = tasks.count
        sampleCount = tasks.reduce(0) { $0 + sampleCounts[$1] }
        let total = tasks.reduce(0.0) { $0 + weights[$1] }
        let first = methods.first?.errors ?? []
        let firstTotal = tasks.reduce(0.0) { $0 + first[$1] }
        worstTask = tasks.max { first[$0] < first[$1] }.map { ($0, first[$0] / firstTotal) }
        results = methods.map { own in
            let errors = own.errors
            let sum = tasks.reduce(0.0) { $0 + errors[$1] }
            let (mean, ratio) = (sum / total, sum / firstTotal)
            // Less than that is rounding.
            let better = tasks.count { errors[$0] < first[$0] * (1 - 1e-9) }
            return Comparison.Result(
                method: own.method, meanError: mean,
                wrongShare: own.wrongWeights.map { wrong in tasks.reduce(0.0) { $0 + wrong[$1] } / total },
                standardError: Self.ratioError(tasks.map { errors[$0] - mean * weights[$0] }, over: total),
                change: ratio - 1,
                changeError: Self.ratioError(tasks.map { errors[$0] - ratio * first[$0] }, over: firstTotal),
                betterShare: Double(better) / Double(tasks.count))
        }
    }

    /// The standard error of a ratio of sums over tasks, by its linearisation: `sqrt(m / (m - 1) sum of d_j^2)` over the
    /// sum below, with `d_j` what task `j` adds above beyond the ratio's share of what it adds below.
    private static func ratioError(_ deviations: [Double], over denominator: Double) -> Double {
        let count = Double(deviations.count)
        guard count > 1 else { return .nan }
        return (count / (count - 1) * deviations.reduce(0) { $0 + $1 * $1 }).squareRoot() / denominator
    }
}
