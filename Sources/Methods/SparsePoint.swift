import Compute

/// Where the search for a ``SparseCenter`` is: the unknowns, and a multiplier for each constraint.
///
/// Vectors lie one after another, each with zeros up to a whole number of SIMD vectors: the centre; the multipliers of the
/// gradient of all tasks together, and of the ball around the first task's LASSO; a difference a task, that of the first zero;
/// the multipliers of each task's gradient, those of the first zero.
struct SparsePoint {
    private(set) var values: [Double]
    let order: Int
    let taskCount: Int
    /// From one vector to the next.
    let stride: Int

    /// All zero.
    init(order: Int, taskCount: Int) {
        self.order = order
        self.taskCount = taskCount
        stride = Self.stride(of: order)
        values = Array(repeating: 0, count: (3 + 2 * taskCount) * stride)
    }

    static func stride(of order: Int) -> Int { (order + 7) / 8 * 8 }

    var center: [Double] { Array(values[..<order]) }

    func difference(of task: Int) -> [Double] { Array(values[(3 + task) * stride..<(3 + task) * stride + order]) }

    mutating func setCenter(_ center: [Double]) { values.replaceSubrange(..<order, with: center) }

    mutating func clear() { for index in values.indices { values[index] = 0 } }

    mutating func add(_ other: SparsePoint) { for index in values.indices { values[index] += other.values[index] } }

    func scaled(by factor: Double) -> SparsePoint {
        var scaled = self
        for index in values.indices { scaled.values[index] *= factor }
        return scaled
    }

    /// How far unknowns and multipliers are from those of another point.
    func distances(to other: SparsePoint) -> (primal: Double, dual: Double) {
        func square(_ range: Range<Int>) -> Double {
            range.reduce(0) { sum, index in
                let apart = values[index] - other.values[index]
                return sum + apart * apart
            }
        }
        let (differences, multipliers) = (3 * stride, (3 + taskCount) * stride)
        let primal = square(0..<stride) + square(differences..<multipliers)
        let dual = square(stride..<differences) + square(multipliers..<values.count)
        return (primal.squareRoot(), dual.squareRoot())
    }

    /// Calls `body` with the memory of the vectors.
    mutating func withVectors(_ body: (Vectors) -> Void) {
        let (stride, taskCount) = (stride, taskCount)
        values.withUnsafeMutableBufferPointer { values in
            guard let first = values.baseAddress else { return }
            body(Vectors(first: first, stride: stride, taskCount: taskCount))
        }
    }

    struct Vectors {
        let first: UnsafeMutablePointer<Double>
        let stride: Int
        let taskCount: Int

        var center: UnsafeMutablePointer<Double> { first }
        var together: UnsafeMutablePointer<Double> { first + stride }
        var ball: UnsafeMutablePointer<Double> { first + 2 * stride }
        func difference(of task: Int) -> UnsafeMutablePointer<Double> { first + (3 + task) * stride }
        func multipliers(of task: Int) -> UnsafeMutablePointer<Double> { first + (3 + taskCount + task) * stride }
    }
}
