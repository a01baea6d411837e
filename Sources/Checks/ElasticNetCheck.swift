internal import Compute
import Definitions

/// Coefficients and violations, of orders on both sides of what the CPU path handles in packs.
struct ElasticNetCheck: OperationCheck {
    var name: String { "elasticNet" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for (taskCount, order, columnCount, mixture) in [
            (1, 1, 1, 1), (33, 5, 3, 1), (9, 20, 2, 0.5), (2, 70, 1, 0.75),
        ] {
            let problem = NetProblem(taskCount: taskCount, order: order, columnCount: columnCount, mixture: mixture)
            let found = try backend.elasticNet(of: problem)
            found.compare(with: problem, B.Scalar.self) { comparison.compare($0, with: $1, within: $2) }
        }
    }
}
