internal import Compute
import Definitions

/// `sum of w z z'`.
struct AccumulateCheck: OperationCheck {
    var name: String { "accumulate" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for problem in RandomProblem.checked {
            let moments = try backend.moments(of: problem.source(of: B.Scalar.self), chunkRows: 600)
            let found = moments.joint.hostMatrices(try backend.download(moments.joint.triangles))
            for (gram, task) in zip(found, problem.tasks) {
                comparison.compare(gram, with: task, featureCount: problem.featureCount, B.Scalar.self)
            }
        }
    }
}

/// The same of several responses.
struct ResponsesCheck: OperationCheck {
    var name: String { "accumulate, 3 responses" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        let problem = RandomProblem.checked[0]
        let source = problem.source(of: B.Scalar.self)
        // The same rows, of which the last three columns are responses: the joint Gram does not tell them apart.
        let joint = RowArrays(
            layout: source.layout, featureCount: 2, responseCount: 3, values: source.values, weights: source.weights)
        let moments = try backend.moments(of: joint)
        let found = moments.joint.hostMatrices(try backend.download(moments.joint.triangles))
        for (gram, task) in zip(found, problem.tasks) {
            comparison.compare(gram, with: task, featureCount: problem.featureCount, B.Scalar.self)
        }
    }
}

/// The same of each fold's rows.
struct FoldsCheck: OperationCheck {
    var name: String { "accumulate, 3 folds" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        let problem = RandomProblem.checked[0]
        let folds = RowFolds(foldCount: 3, seed: 1)
        let moments = try backend.foldMoments(of: problem.source(of: B.Scalar.self), folds: folds, chunkRows: 600)
        for fold in 0..<folds.foldCount {
            let joint = moments[fold].joint
            let found = joint.hostMatrices(try backend.download(joint.triangles))
            for (index, task) in problem.tasks.enumerated() {
                var rows = task
                let foldOfRow = folds.folds(ofRows: 0..<task.response.count, task: index)
                for row in foldOfRow.indices where foldOfRow[row] != fold { rows.weights[row] = 0 }
                comparison.compare(found[index], with: rows, featureCount: problem.featureCount, B.Scalar.self)
            }
        }
    }
}

extension Comparison {
    /// Compares the joint Gram of a task's rows with its definition.
    fileprivate mutating func compare<Scalar: LaneScalar>(
        _ gram: [[Double]], with rows: TaskRows, featureCount: Int, _ scalar: Scalar.Type
    ) {
        let expected = Definitions.jointGram(rows, featureCount: featureCount)
        // Each block is rounded once and each addition of a block once; a row adds a rounding of the sum.
        let count = rows.response.count
        let tolerance =
            Double(count / TaskLayout.rowsPerBlock + 2) * Double(Scalar.ulpOfOne) + 2 * Double(count) * sumRounding
        for row in expected.indices {
            for column in expected.indices {
                let scale = (expected[row][row] * expected[column][column]).squareRoot()
                compare(gram[row][column], with: expected[row][column], within: tolerance * scale)
            }
        }
    }
}
