internal import Compute
import Definitions

/// The errors, on rows held out, of ridge fits to the others; tasks without rows have none.
struct RidgeErrorsCheck: OperationCheck {
    var name: String { "ridgeErrors" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        for random in RandomProblem.checked {
            let problem = RidgeProblem(random)
            let found = try backend.ridgeErrors(of: problem)
            for task in problem.fitted.indices {
                for penalty in 0..<3 {
                    comparison.compare(
                        found[task, penalty, 0], with: problem.error(task, penalty),
                        within: problem.tolerance(task, penalty, B.Scalar.self))
                }
            }
        }
    }
}
