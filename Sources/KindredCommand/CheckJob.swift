import Checks
import Compute
import Engine

/// Every check on one backend.
struct CheckJob: Job {
    let hasDouble: Bool
    /// The check whose result a wrong value is planted in.
    let faultyCheck: String?
    /// Takes each result as it arises, and says whether to go on.
    let take: (CheckResult) -> Bool

    /// Returns whether the backend rounds division and square root correctly; nil where that could not be found out.
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Bool? {
        for check in OperationChecks.all {
            let result = CheckResult(
                of: check, on: backend, hasDouble: hasDouble, hasFault: check.name == faultyCheck)
            if !take(result) { throw .interrupted }
        }
        do throws(ComputeError) {
            return try roundsCorrectly(backend)
        } catch {
            // The normals, which ask the same, have failed with it.
            return nil
        }
    }
}
