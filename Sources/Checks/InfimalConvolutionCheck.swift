internal import Compute
import Definitions

/// Minimisers, gradients, values and second derivatives.
struct InfimalConvolutionCheck: OperationCheck {
    var name: String { "infimalConvolution" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for (taskCount, order, columnCount) in [(1, 1, 1), (33, 5, 3), (9, 20, 2), (33, 5, 2)] {
            var problem = ConvolutionProblem(taskCount: taskCount, order: order, columnCount: columnCount)
            if columnCount == 2 { problem.distance = .squared }
            let found = try backend.infimalConvolution(of: problem)
            found.compare(with: problem, B.Scalar.self) { comparison.compare($0, with: $1, within: $2) }
        }
    }
}
