internal import Compute
import Definitions

/// The nearest point of the simplex to each task's columns.
struct SimplexCheck: OperationCheck {
    var name: String { "projectOntoSimplex" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 8)
        for (taskCount, columns, width) in [(1, 1, 1), (33, 2, 9)] {
            let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
            let vectors = try backend.upload(x)
            try backend.projectOntoSimplex(vectors, radius: 1, into: vectors)
            let found = try backend.hostCopy(of: vectors)
            for task in 0..<taskCount {
                for column in 0..<columns {
                    let expected = Definitions.simplexProjection(x.vector(task, column), radius: 1)
                    comparison.compare(
                        found.vector(task, column), with: expected, within: tolerance(width, B.Scalar.self))
                }
            }
        }
    }
}

/// The same of vectors that have a value a task.
struct SimplexAcrossTasksCheck: OperationCheck {
    var name: String { "projectOntoSimplex, across tasks" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 9)
        for taskCount in [1, 33, 600] {
            let x = TaskValues(taskCount: taskCount, width: 2, from: &stream)
            let vectors = try backend.upload(x)
            try backend.projectOntoSimplex(acrossTasks: vectors, radius: 1, into: vectors)
            let found = try backend.hostCopy(of: vectors)
            for entry in 0..<2 {
                let expected = Definitions.simplexProjection((0..<taskCount).map { x[$0, 0, entry] }, radius: 1)
                comparison.compare(
                    (0..<taskCount).map { found[$0, 0, entry] }, with: expected,
                    within: tolerance(taskCount, B.Scalar.self))
            }
        }
    }
}

/// The threshold is rounded once and is at most the radius; it moves every value that is left.
private func tolerance<Scalar: LaneScalar>(_ size: Int, _ scalar: Scalar.Type) -> Double {
    Double(size + 2) * 2 * Double(Scalar.ulpOfOne)
}
