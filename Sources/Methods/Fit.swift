public import Compute

/// What an estimator found: the centre that tasks share, the tasks' own coefficients, or both.
///
/// Coefficients and standard errors are on the user's scale; NaN stands for missing.
public struct Fit: Sendable {
    /// The coefficients that all tasks share, where the method has them; of several centres the mean over tasks.
    public var center: Estimate?
    /// Whether the centre could be estimated.
    public var centerStatus = TaskStatus.ok
    /// Each task's own coefficients, where the method has them.
    public var tasks: TaskEstimates?
    /// One status a task.
    public var statuses: [TaskStatus]
    /// For each coefficient, how many tasks' own estimates differ from the centre's by more than their threshold, where
    /// the method tells; nil for a coefficient that is not shrunk.
    public var differingTaskCounts: [Int?]?
    /// How each task's own estimates differ from the centre's, where the method shrinks coefficients one by one.
    public var differences: CenterDifferences?
    /// The penalty, where the method has one.
    public var penalty: ChosenPenalty?
    /// The errors of all penalties that were tried, on rows held out, where the penalty was found by them.
    public var penaltyCurve: [PenaltyError]?
    /// The clusters of tasks, where the method forms them.
    public var clusters: FittedClusters?
    /// The subspace of tasks' centres, where the method has one.
    public var subspace: FittedSubspace?
    /// How close an iterative method came to its optimum.
    public var certificate: Certificate?
    /// Tasks that were solved again in double because their condition is beyond what float carries.
    public var refittedTaskCount = 0
    /// Fitted tasks that have no estimates of their own, and were drawn to a given centre by the LASSO.
    public var penalizedTaskCount = 0
    /// Fitted tasks whose columns depend on each other, so that their own estimates are those of a ridge; ascending.
    public var ridgedTasks: [Int] = []
    /// Fitted tasks that were solved by QR of their rows: the normal equations leave fewer than six certain digits.
    public var orthogonalizedTaskCount = 0
    /// Fitted tasks whose condition even then leaves coefficients with fewer than six certain digits.
    public var illConditionedTaskCount = 0
    /// Fitted tasks without standard errors: a row decides a coefficient alone (HC2, HC3), or there is one cluster.
    public var missingErrorTaskCount = 0

    public init(center: Estimate? = nil, tasks: TaskEstimates? = nil, statuses: [TaskStatus]) {
        self.center = center
        self.tasks = tasks
        self.statuses = statuses
    }

    /// Makes room for so many tasks in all.
    mutating func reserveCapacity(taskCount: Int) {
        tasks?.reserveCapacity(taskCount: taskCount)
        statuses.reserveCapacity(taskCount)
    }

    /// Adds what was found of further tasks.
    mutating func append(_ part: Fit) {
        if let estimates = part.tasks { tasks?.append(estimates) }
        ridgedTasks += part.ridgedTasks.map { statuses.count + $0 }
        statuses += part.statuses
        refittedTaskCount += part.refittedTaskCount
        orthogonalizedTaskCount += part.orthogonalizedTaskCount
    }

    /// The number of tasks with this status, whatever its detail.
    public func count(of name: String) -> Int { statuses.count { $0.name == name } }
}

/// A penalty, and how it came about.
public struct ChosenPenalty: Sendable, Equatable {
    public enum Origin: Sendable {
        case given
        /// It had the least error on rows held out.
        case crossValidated
        /// It did, and it is the least or the greatest that was tried.
        case atBorder
        /// No task could be fitted without some of its rows, so that none could be held out.
        case notValidated
    }

    public let value: Double
    public let origin: Origin
    /// How many clusters or vectors there are, where that was chosen too.
    public let size: Int?

    public init(value: Double, origin: Origin, size: Int? = nil) {
        self.value = value
        self.origin = origin
        self.size = size
    }
}

/// One set of coefficients with its standard errors.
public struct Estimate: Sendable, Equatable {
    public var coefficients: [Double]
    public var standardErrors: [Double]
    /// Degrees of freedom of the t statistics.
    public var degreesOfFreedom: Double
    /// The number of observations.
    public var sampleCount: Int
    /// An estimate of the condition number of the columns, each scaled to unit length.
    public var condition: Double
}

/// Coefficients of every task, `taskCount x featureCount`, row-major.
public struct TaskEstimates: Sendable {
    public let featureCount: Int
    public var coefficients: [Double]
    public var standardErrors: [Double]
    /// Degrees of freedom of the t statistics, one a task.
    public var degreesOfFreedom: [Double]
    /// An estimate of the condition number of each task's columns, each column scaled to unit length.
    public var conditions: [Double]
    /// The variance of each task's errors that its standard errors are formed with, where they need one.
    public var errorVariances: [Double]
    /// The weighted mean of each feature in each task, `taskCount x featureCount`, for methods that move an intercept.
    var featureMeans: [Double] = []
    /// The sum of the weights of each task's rows, for methods that weigh tasks.
    var weightSums: [Double] = []

    /// Missing everywhere.
    init(taskCount: Int, featureCount: Int) {
        self.featureCount = featureCount
        coefficients = Array(repeating: .nan, count: taskCount * featureCount)
        standardErrors = coefficients
        degreesOfFreedom = Array(repeating: .nan, count: taskCount)
        conditions = degreesOfFreedom
        errorVariances = degreesOfFreedom
    }

    /// What has been found; nothing is known of features' means and of weights.
    init(
        featureCount: Int, coefficients: [Double], standardErrors: [Double], degreesOfFreedom: [Double],
        conditions: [Double], errorVariances: [Double]
    ) {
        self.featureCount = featureCount
        self.coefficients = coefficients
        self.standardErrors = standardErrors
        self.degreesOfFreedom = degreesOfFreedom
        self.conditions = conditions
        self.errorVariances = errorVariances
    }

    public var taskCount: Int { degreesOfFreedom.count }

    /// The coefficients of one task.
    public func coefficients(of task: Int) -> ArraySlice<Double> {
        coefficients[task * featureCount..<(task + 1) * featureCount]
    }

    /// The standard errors of one task.
    public func standardErrors(of task: Int) -> ArraySlice<Double> {
        standardErrors[task * featureCount..<(task + 1) * featureCount]
    }

    /// Makes a task missing.
    mutating func clear(task: Int) {
        for index in task * featureCount..<(task + 1) * featureCount {
            coefficients[index] = .nan
            standardErrors[index] = .nan
        }
        degreesOfFreedom[task] = .nan
    }

    /// Gives tasks that are not ok the centre's coefficients.
    mutating func replaceBadTasks(_ statuses: [TaskStatus], with center: [Double]) {
        for (task, status) in statuses.enumerated() where status != .ok { setCoefficients(of: task, to: center) }
    }

    /// Gives a task these coefficients.
    mutating func setCoefficients(of task: Int, to values: [Double]) {
        for feature in 0..<featureCount { coefficients[task * featureCount + feature] = values[feature] }
    }

    /// Makes room for the estimates of so many tasks in all.
    mutating func reserveCapacity(taskCount: Int) {
        coefficients.reserveCapacity(taskCount * featureCount)
        standardErrors.reserveCapacity(taskCount * featureCount)
        degreesOfFreedom.reserveCapacity(taskCount)
        conditions.reserveCapacity(taskCount)
        errorVariances.reserveCapacity(taskCount)
        if !featureMeans.isEmpty { featureMeans.reserveCapacity(taskCount * featureCount) }
        if !weightSums.isEmpty { weightSums.reserveCapacity(taskCount) }
    }

    /// Adds the estimates of further tasks.
    mutating func append(_ other: TaskEstimates) {
        coefficients += other.coefficients
        standardErrors += other.standardErrors
        degreesOfFreedom += other.degreesOfFreedom
        conditions += other.conditions
        errorVariances += other.errorVariances
        featureMeans += other.featureMeans
        weightSums += other.weightSums
    }

    /// Writes the estimates of `other`'s tasks over those of `tasks`.
    mutating func replace(tasks: [Int], with other: TaskEstimates) {
        for (index, task) in tasks.enumerated() {
            for feature in 0..<featureCount {
                coefficients[task * featureCount + feature] = other.coefficients[index * featureCount + feature]
                standardErrors[task * featureCount + feature] = other.standardErrors[index * featureCount + feature]
            }
            degreesOfFreedom[task] = other.degreesOfFreedom[index]
            conditions[task] = other.conditions[index]
            errorVariances[task] = other.errorVariances[index]
        }
    }
}
