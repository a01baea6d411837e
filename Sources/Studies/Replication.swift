import Compute

/// One replication of a cell: the truth that its data are drawn from, and where their random numbers come from.
///
/// It depends on the study's seed, the cell and the replication's number alone.
struct Replication: Sendable {
    let cell: StudyCell
    let number: Int
    private let seed: UInt64
    /// The rows of each task.
    let sampleCounts: [Int]
    /// The true coefficients, `taskCount x featureCount`.
    let coefficients: [Double]
    let isOutlier: [Bool]

    /// The task of a stream that stands for what is drawn once for all tasks.
    private static let allTasks = UInt32.max

    init(_ number: Int, of cell: StudyCell, seed: UInt64, parallel: Parallel) throws(StudyError) {
        self.cell = cell
        self.number = number
        self.seed = seed
        let setting = cell.setting
        let (taskCount, featureCount) = (setting.taskCount, setting.featureCount)
        let stream = Self.stream(.coefficients, number, cell, seed)
        var sizes = DrawSequence(Self.stream(.design, number, cell, seed), task: Self.allTasks)
        sampleCounts = try setting.rows.draw(tasks: taskCount, features: featureCount, &sizes)
        var shared = DrawSequence(stream, task: Self.allTasks)
        let center = setting.coefficients.center(features: featureCount, &shared)
        var isOutlier = Array(repeating: false, count: taskCount)
        let outlierCount = setting.outliers.count(of: taskCount)
        if outlierCount > 0 {
            for task in shared.subset(outlierCount, of: taskCount) { isOutlier[task] = true }
        }
        self.isOutlier = isOutlier
        let outliers = isOutlier
        coefficients = Array(unsafeUninitializedCapacity: taskCount * featureCount) { values, count in
            guard let base = values.baseAddress else { return }
            parallel.forEachRange(of: taskCount, grain: 256) { tasks in
                for task in tasks {
                    var draws = DrawSequence(stream, task: UInt32(truncatingIfNeeded: task))
                    var own = setting.coefficients.draw(task: task, center: center, &draws)
                    if outliers[task] { own = draws.pointOnSphere(featureCount, radius: setting.outliers.radius) }
                    for (feature, value) in own.enumerated() {
                        (base + task * featureCount + feature).initialize(to: value)
                    }
                }
            }
            count = taskCount * featureCount
        }
    }

    func coefficients(of task: Int) -> ArraySlice<Double> {
        let featureCount = cell.setting.featureCount
        return coefficients[task * featureCount..<(task + 1) * featureCount]
    }

    /// A root of the covariance of a task's features.
    func covarianceRoot(of task: Int) -> CovarianceRoot {
        let setting = cell.setting
        var draws = sequence(.rotation, task: task)
        let root = setting.covariance.root(features: setting.featureCount, &draws)
        return root.scaled(by: setting.coefficients.curvature(task: task).squareRoot())
    }

    /// The numbers of a task, from a position on.
    func sequence(_ purpose: RandomPurpose, task: Int, position: Int = 0) -> DrawSequence {
        DrawSequence(
            Self.stream(purpose, number, cell, seed), task: UInt32(truncatingIfNeeded: task),
            position: UInt32(truncatingIfNeeded: position))
    }

    private static func stream(
        _ purpose: RandomPurpose, _ number: Int, _ cell: StudyCell, _ seed: UInt64
    ) -> RandomStream {
        RandomStream(
            seed: seed, purpose: purpose, replication: UInt32(truncatingIfNeeded: number),
            cell: UInt32(truncatingIfNeeded: cell.index))
    }
}
