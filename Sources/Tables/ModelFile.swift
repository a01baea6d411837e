public import Compute

/// A fit as the file that describes it: what was asked, what came out for each task, and how.
///
/// Numbers that are missing are NaN.
public struct ModelFile: Sendable, Equatable {
    /// The version of the file's format.
    public static let format = 1

    /// The version of Kindred that made the fit.
    public var version: String
    /// `itl`, `pool`, ...
    public var method: String
    /// As it was written; ``Formula/init(parsing:)`` reads it.
    public var formula: String
    public var taskColumn: String
    /// The response as results name it.
    public var response: String
    /// The names of the coefficients.
    public var terms: [String]
    /// The levels of each factor, by variable.
    public var levels: [String: [String]]
    /// What the user asked for.
    public var settings: [JsonValue.Member]
    /// What the tasks share, where the method has such a thing.
    public var center: Center?
    /// The clusters of tasks, where the method forms them.
    public var clusters: Clusters?
    /// The subspace of tasks' centres, where the method has one.
    public var subspace: Subspace?
    /// The penalties that were tried, where one was found by its error on rows held out.
    public var tuning: Tuning?
    /// Counts of tasks and rows.
    public var summary: [JsonValue.Member]
    public var provenance: Provenance
    public var tasks: Tasks

    /// One vector of coefficients for all tasks.
    public struct Center: Sendable, Equatable {
        public var coefficients: [Double]
        public var standardErrors: [Double]
        /// The number of observations.
        public var sampleCount: Int
        public var degreesOfFreedom: Double

        public init(
            coefficients: [Double], standardErrors: [Double], sampleCount: Int, degreesOfFreedom: Double
        ) {
            self.coefficients = coefficients
            self.standardErrors = standardErrors
            self.sampleCount = sampleCount
            self.degreesOfFreedom = degreesOfFreedom
        }

        public static func == (left: Center, right: Center) -> Bool {
            left.sampleCount == right.sampleCount
                && isSame([left.degreesOfFreedom], [right.degreesOfFreedom])
                && isSame(left.coefficients, right.coefficients)
                && isSame(left.standardErrors, right.standardErrors)
        }
    }

    /// How a fit came about.
    public struct Provenance: Sendable, Equatable {
        public var device: String
        public var precision: String
        /// What the user was told while it ran, as falling back to another device.
        public var notices: [String]
        public var seed: UInt64?
        /// Seconds, by the name of the step.
        public var timings: [JsonValue.Member]

        public init(
            device: String, precision: String, notices: [String] = [], seed: UInt64? = nil,
            timings: [JsonValue.Member] = []
        ) {
            self.device = device
            self.precision = precision
            self.notices = notices
            self.seed = seed
            self.timings = timings
        }
    }

    /// What came out, task by task.
    public struct Tasks: Sendable, Equatable {
        public var labels: Labels
        /// The number of observations of each task.
        public var sampleCounts: [Int]
        public var degreesOfFreedom: [Double]
        public var statuses: [TaskStatus]
        /// One value a task and term, ordered by task; none at all where tasks have only what they share.
        public var coefficients: [Double]
        /// As many as there are coefficients.
        public var standardErrors: [Double]

        public init(
            labels: Labels, sampleCounts: [Int], degreesOfFreedom: [Double], statuses: [TaskStatus],
            coefficients: [Double], standardErrors: [Double]
        ) {
            self.labels = labels
            self.sampleCounts = sampleCounts
            self.degreesOfFreedom = degreesOfFreedom
            self.statuses = statuses
            self.coefficients = coefficients
            self.standardErrors = standardErrors
        }

        public static func == (left: Tasks, right: Tasks) -> Bool {
            left.labels == right.labels && left.sampleCounts == right.sampleCounts
                && left.statuses == right.statuses && isSame(left.degreesOfFreedom, right.degreesOfFreedom)
                && isSame(left.coefficients, right.coefficients)
                && isSame(left.standardErrors, right.standardErrors)
        }
    }

    /// Numbers beside the coefficients, one a task and term, or one a task.
    public struct TaskArray: Sendable {
        public let name: String
        public let values: [Double]
        let isOfTerms: Bool

        public init(_ name: String, _ values: [Double], isOfTerms: Bool = true) {
            self.name = name
            self.values = values
            self.isOfTerms = isOfTerms
        }
    }

    public init(
        version: String, method: String, formula: String, taskColumn: String, response: String, terms: [String],
        levels: [String: [String]], settings: [JsonValue.Member], center: Center?, clusters: Clusters? = nil,
        subspace: Subspace? = nil, tuning: Tuning? = nil, summary: [JsonValue.Member], provenance: Provenance,
        tasks: Tasks
    ) {
        self.version = version
        self.method = method
        self.formula = formula
        self.taskColumn = taskColumn
        self.response = response
        self.terms = terms
        self.levels = levels
        self.settings = settings
        self.center = center
        self.clusters = clusters
        self.subspace = subspace
        self.tuning = tuning
        self.summary = summary
        self.provenance = provenance
        self.tasks = tasks
    }
}

/// Whether the numbers are the same bits, any NaN like any other.
func isSame(_ left: [Double], _ right: [Double]) -> Bool {
    left.elementsEqual(right) { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
}

func isSame(_ left: [[Double]], _ right: [[Double]]) -> Bool { left.elementsEqual(right, by: isSame) }
