/// What became of one task.
///
/// Only a task with status ``ok`` takes part in statistics across tasks.
public enum TaskStatus: Hashable, Sendable {
    /// The task was fitted.
    case ok
    /// It has no more rows than coefficients, so nothing is left to estimate its variance from.
    case tooFewRows
    /// The feature with this index is, in this task, a linear combination of the features before it.
    case collinear(feature: Int)
    /// A classifier's two classes can be separated, so its coefficients have no finite estimate.
    case separated
    /// An iteration reached its limit before its certificate was small enough.
    case notConverged
    /// Its rows hold, or lead to, a value that is not a finite number.
    case nonFinite

    /// The name in output files: `ok`, `too_few_rows`, `collinear`, `separated`, `not_converged` or `non_finite`.
    public var name: String {
        switch self {
        case .ok: "ok"
        case .tooFewRows: "too_few_rows"
        case .collinear: "collinear"
        case .separated: "separated"
        case .notConverged: "not_converged"
        case .nonFinite: "non_finite"
        }
    }
}
