import Compute

/// What tasks' own estimates say against the centre, coefficient by coefficient: whether a task's differs from what tasks
/// share.
///
/// It is kept by methods that shrink each coefficient by itself. All is on the user's scale; tasks are those of the fit.
public struct CenterDifferences: Sendable {
    public let featureCount: Int
    /// Each task's estimates from its own rows, `taskCount x featureCount`; NaN for a task without.
    public let ownCoefficients: [Double]
    public let ownStandardErrors: [Double]
    /// Degrees of freedom of the own estimates' t statistics, one a task.
    public let degreesOfFreedom: [Double]
    public let center: [Double]
    /// For each coefficient, how many tasks' own estimates are farther from the centre's than their threshold; nil for
    /// a coefficient that is not compared, as a free intercept.
    public let differingTaskCounts: [Int?]
    /// The weight of each task in the centre: 0 for one without estimates of its own, and for all where it is given.
    let weights: [Double]
    /// The observations of each task.
    let sampleCounts: [Int]
    let thresholds: MOLARThresholds

    init(
        _ own: OwnEstimates, _ shrunken: MOLARShrinkage, degreesOfFreedom: [Double]
    ) {
        featureCount = own.featureCount
        ownCoefficients = own.coefficients
        ownStandardErrors = own.standardErrors
        self.degreesOfFreedom = degreesOfFreedom
        center = shrunken.center
        differingTaskCounts = shrunken.differingTaskCounts
        weights = shrunken.weights
        sampleCounts = own.sampleCounts
        thresholds = shrunken.thresholds
    }

    public var taskCount: Int { degreesOfFreedom.count }

    /// Whether the task has estimates from its own rows.
    public func hasOwnEstimates(_ task: Int) -> Bool { !ownCoefficients[task &* featureCount].isNaN }

    /// Whether the coefficient is compared with the centre's.
    func isCompared(_ feature: Int) -> Bool { differingTaskCounts[feature] != nil }

    /// The own estimate less the centre's; NaN where there is none.
    func difference(_ task: Int, _ feature: Int) -> Double {
        ownCoefficients[task &* featureCount &+ feature] - center[feature]
    }

    /// Whether the task's own estimate is farther from the centre's than its threshold: MOLAR's estimate of where the
    /// task's coefficient is not the shared one. Nil where they are not compared.
    public func differs(task: Int, feature: Int) -> Bool? {
        let difference = difference(task, feature)
        guard isCompared(feature), !difference.isNaN else { return nil }
        return abs(difference)
            > thresholds.ofTask(task).value(ownStandardErrors[task * featureCount + feature])
    }
}

extension CenterDifferences {
    /// Sums over tasks, a run of them for each coefficient, in blocks of tasks whose order is fixed.
    ///
    /// - Parameters:
    ///   - count: how many sums a coefficient has.
    ///   - body: adds what a task of positive weight has, to sums that begin with those of the first coefficient.
    func sums(
        _ count: Int, _ parallel: Parallel, _ body: (_ task: Int, UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let width = featureCount * count
        let blockCount = (taskCount + Self.blockSize - 1) / Self.blockSize
        let parts = parallel.map(blockCount) { block in
            [Double](unsafeUninitializedCapacity: width) { sums, initializedCount in
                sums.initialize(repeating: 0)
                initializedCount = width
                guard let first = sums.baseAddress else { return }
                for task in block * Self.blockSize..<min(taskCount, (block + 1) * Self.blockSize)
                where weights[task] > 0 {
                    body(task, first)
                }
            }
        }
        var sums = Array(repeating: 0.0, count: width)
        for part in parts { for index in sums.indices { sums[index] += part[index] } }
        return sums
    }

    private static let blockSize = 4096
}
