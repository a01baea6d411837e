import Compute

/// Moments of a problem's tasks that are made without rows, as simulations draw them.
///
/// Every call gives the same values.
public protocol DrawnMoments: Sendable {
    /// In how many folds they are made. A method that holds out folds takes these.
    var foldCount: Int { get }

    /// How many rows of a task a fold stands for.
    func rowCount(of task: Int, fold: Int) -> Int

    /// Writes the joint moments of a task's rows in a fold, the Gram of features and response: the lower triangle, row by
    /// row. Called on several threads at a time.
    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>)

    /// Whether they are in memory, so that to write them again costs little.
    var areKept: Bool { get }

    /// The triangles of some tasks, end to end, where there is one fold and they are in memory.
    func kept(_ tasks: Range<Int>) -> ArraySlice<Double>?
}

extension DrawnMoments {
    public var areKept: Bool { false }
    public func kept(_ tasks: Range<Int>) -> ArraySlice<Double>? { nil }
}

/// The drawn moments of some tasks of a problem.
struct SomeDrawnMoments: DrawnMoments {
    let whole: any DrawnMoments
    /// The task of the whole problem that is task `j` here.
    let tasks: @Sendable (Int) -> Int

    var foldCount: Int { whole.foldCount }
    var areKept: Bool { whole.areKept }
    func rowCount(of task: Int, fold: Int) -> Int { whole.rowCount(of: tasks(task), fold: fold) }
    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        whole.write(task: tasks(task), fold: fold, into: triangle)
    }
}

/// The drawn moments of consecutive tasks of a problem.
struct DrawnMomentSlice: DrawnMoments {
    let whole: any DrawnMoments
    let firstTask: Int

    var foldCount: Int { whole.foldCount }
    var areKept: Bool { whole.areKept }
    func rowCount(of task: Int, fold: Int) -> Int { whole.rowCount(of: firstTask + task, fold: fold) }
    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        whole.write(task: firstTask + task, fold: fold, into: triangle)
    }
    func kept(_ tasks: Range<Int>) -> ArraySlice<Double>? {
        whole.kept(firstTask + tasks.lowerBound..<firstTask + tasks.upperBound)
    }
}

extension DrawnMoments {
    /// The triangles of some tasks in a fold, or the sums of all their folds.
    func triangles(taskCount: Int, width: Int, fold: Int?, parallel: Parallel) -> [Double] {
        Array(unsafeUninitializedCapacity: taskCount * width) { values, count in
            guard let base = values.baseAddress else { return }
            parallel.forEachRange(of: taskCount, grain: 64) { tasks in
                let part = UnsafeMutablePointer<Double>.allocate(capacity: width)
                part.initialize(repeating: 0, count: width)
                defer { part.deallocate() }
                for task in tasks {
                    let triangle = base + task * width
                    if foldCount == 1 || fold != nil {
                        write(task: task, fold: fold ?? 0, into: triangle)
                        continue
                    }
                    triangle.initialize(repeating: 0, count: width)
                    for fold in 0..<foldCount {
                        write(task: task, fold: fold, into: part)
                        for place in 0..<width { triangle[place] += part[place] }
                    }
                }
            }
            count = taskCount * width
        }
    }
}

extension Backend {
    /// Brings drawn moments to the device: those of a fold, or the sums of all folds.
    func upload(
        _ drawn: some DrawnMoments, fold: Int?, into moments: Moments<Buffer>
    ) throws(ComputeError) {
        let triangles = moments.joint.triangles
        let values =
            drawn.kept(0..<triangles.taskCount)
            ?? drawn.triangles(
                taskCount: triangles.taskCount, width: triangles.width, fold: fold, parallel: parallel)[...]
        try upload(values, into: triangles)
    }
}
