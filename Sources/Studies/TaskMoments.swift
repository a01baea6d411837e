import Compute
import Methods

/// Moments of tasks without their rows: for each task the Gram of its features and response, and how many rows it is of.
///
/// Of disjoint parts of a task's rows the moments add up, and so what is left of its rows has the total less the others'.
struct TaskMoments: Sendable {
    let featureCount: Int
    private(set) var sampleCounts: [Int]
    /// For each task its triangle, row by row.
    private(set) var triangles: [Double]

    init(taskCount: Int, featureCount: Int) {
        self.featureCount = featureCount
        sampleCounts = Array(repeating: 0, count: taskCount)
        triangles = Array(repeating: 0, count: taskCount * triangleCount(featureCount + 1))
    }

    /// Tasks of several moments, one behind the other.
    init(_ parts: [TaskMoments], featureCount: Int) {
        self.featureCount = featureCount
        sampleCounts = parts.flatMap(\.sampleCounts)
        triangles = parts.flatMap(\.triangles)
    }

    var taskCount: Int { sampleCounts.count }
    private var size: Int { triangleCount(featureCount + 1) }

    /// A task's triangle.
    subscript(task: Int) -> ArraySlice<Double> { triangles[task * size..<(task + 1) * size] }

    /// Adds a row, its response last, to a task's moments.
    mutating func add(_ row: UnsafeBufferPointer<Double>, to task: Int) {
        sampleCounts[task] += 1
        let size = size
        triangles.withUnsafeMutableBufferPointer { triangles in
            guard let base = triangles.baseAddress, let row = row.baseAddress else { return }
            var own = base + task * size
            for column in 0...featureCount {
                let value = row[column]
                for other in 0...column { own[other] += value * row[other] }
                own += column + 1
            }
        }
    }

    /// Puts a task's moments in the place of another's.
    mutating func replace(_ task: Int, with other: TaskMoments, _ source: Int) {
        sampleCounts[task] = other.sampleCounts[source]
        triangles.replaceSubrange(task * size..<(task + 1) * size, with: other[source])
    }

    /// The moments of the rows that are in neither of two parts.
    func without(_ first: TaskMoments, _ second: TaskMoments) -> TaskMoments {
        var rest = self
        for task in sampleCounts.indices {
            rest.sampleCounts[task] -= first.sampleCounts[task] + second.sampleCounts[task]
        }
        for place in triangles.indices { rest.triangles[place] -= first.triangles[place] + second.triangles[place] }
        return rest
    }

    /// A feature that those before it determine to so small a share of its square is collinear.
    private static var tolerance: Double { 1e-9 }

    /// Whether a task's rows determine its coefficients.
    func determine(_ task: Int) -> Bool {
        pivots(
            of: Array(self[task].prefix(triangleCount(featureCount))), order: featureCount, tolerance: Self.tolerance
        )
        .allSatisfy { $0 > 0 }
    }

    /// The sum over a task's rows of `(y - x'b)^2`.
    func squaredErrors(_ coefficients: ArraySlice<Double>, task: Int) -> Double {
        let (own, first) = (self[task], coefficients.startIndex)
        // With -1 for the response it is the quadratic form of the whole triangle.
        func factor(_ column: Int) -> Double { column == featureCount ? -1 : coefficients[first + column] }
        var (sum, place) = (0.0, own.startIndex)
        for column in 0...featureCount {
            for other in 0...column {
                sum += (column == other ? 1 : 2) * factor(column) * factor(other) * own[place]
                place += 1
            }
        }
        return sum
    }
}

extension TaskMoments: DrawnMoments {
    var foldCount: Int { 1 }
    var areKept: Bool { true }
    func rowCount(of task: Int, fold: Int) -> Int { sampleCounts[task] }

    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        for (place, value) in self[task].enumerated() { triangle[place] = value }
    }

    func kept(_ tasks: Range<Int>) -> ArraySlice<Double>? {
        triangles[tasks.lowerBound * size..<tasks.upperBound * size]
    }
}

/// Tasks' moments as a problem whose errors have variance 1. The last feature is the intercept.
struct MomentProblem: Problem {
    let moments: TaskMoments

    var layout: TaskLayout { TaskLayout(sampleCounts: moments.sampleCounts) }
    var featureCount: Int { moments.featureCount }
    var sampleCounts: [Int] { moments.sampleCounts }
    var isWeighted: Bool { false }
    var scaling: ColumnScaling { .identity(featureCount: featureCount, intercept: featureCount - 1) }
    var clusters: ClusterCodes? { nil }
    var errorVariances: [Double]? { sampleCounts.map { _ in 1 } }
    var drawnMoments: (any DrawnMoments)? { moments }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        preconditionFailure("moments are asked for, and no rows")
    }
}
