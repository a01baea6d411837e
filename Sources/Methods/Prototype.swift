/// The prototypes `gamma_j` of the tasks of one fit, which a structure across tasks confines, and a step of theirs.
///
/// A structure is one such type: it says where prototypes are, and how they move down the slopes `f_j'(gamma_j + v_j)`.
/// Steps are those for losses whose curvature is at most `1 / step`: with such losses no step raises their weighted sum.
package protocol Prototype: Sendable {
    /// How many steps there are in a round, each with slopes at what the one before has left.
    static var phaseCount: Int { get }

    /// Writes a task's prototype.
    func write(task: Int, to vector: UnsafeMutablePointer<Double>)

    /// Moves what phase `phase` is about, from the slope of each task's loss.
    mutating func move(phase: Int, slopes: FitVectors, step: Double)

    /// Centres among which tasks choose at the end of a round; none where there is nothing to choose.
    var candidates: [[Double]] { get }

    /// Gives each task one of the candidates.
    ///
    /// - Parameters:
    ///   - costs: each task's loss at every candidate, its deviation added: `taskCount x candidates`.
    ///   - penalties: what its deviation costs besides.
    /// - Returns: the tasks whose deviations are now 0, since their coefficients have become a centre.
    mutating func choose(costs: FitVectors, penalties: [Double], deviations: FitVectors) -> [Int]
}

extension Prototype {
    package static var phaseCount: Int { 1 }
    package var candidates: [[Double]] { [] }
    package mutating func choose(costs: FitVectors, penalties: [Double], deviations: FitVectors) -> [Int] { [] }
}

/// A vector a task, of one of several fits side by side.
package struct FitVectors {
    private let first: UnsafePointer<Double>
    private let stride: Int
    let width: Int

    /// - Parameters:
    ///   - first: that of task 0.
    ///   - stride: values from one task's to the next.
    init(_ first: UnsafePointer<Double>, stride: Int, width: Int) {
        self.first = first
        self.stride = stride
        self.width = width
    }

    subscript(task: Int) -> UnsafePointer<Double> { first + task * stride }
}
