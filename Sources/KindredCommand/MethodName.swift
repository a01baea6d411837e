import ArgumentParser
import Compute
import Methods

/// What `--method` names.
enum MethodName: String, CaseIterable {
    case itl, pool, ridge, molar, armul, lasso
    case elasticNet = "elastic-net"

    /// So many names would be a line each in the parser's own complaint.
    init(parsing argument: String) throws {
        guard let method = MethodName(rawValue: argument) else {
            throw ValidationError(
                "'\(argument)' is not one of \(MethodName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = method
    }

    /// Whether `--vcov` means something to it.
    var hasVariances: Bool { self == .itl || self == .pool }

    /// Whether it is one of the LASSO family.
    var isLasso: Bool { self == .lasso || self == .elasticNet }

    /// - Parameter loss: of a row; all but ARMUL have the squared one.
    func estimator(variance: VarianceEstimator, loss: Loss, _ tuning: TuningOptions) -> any Estimator {
        switch self {
        case .itl: return Individual(variance: variance)
        case .pool: return Pooled(variance: variance)
        case .ridge: return tuning.ridge
        case .molar: return tuning.molar
        case .lasso, .elasticNet: return tuning.lasso(for: self)
        case .armul:
            var armul = tuning.armul
            armul.loss = loss
            return armul
        }
    }
}
