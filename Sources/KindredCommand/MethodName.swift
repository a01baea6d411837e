import ArgumentParser
import Compute
import Methods

/// What `--method` names.
enum MethodName: String, CaseIterable {
    case itl, pool, average, ridge, molar, armul, lasso
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
    var hasVariances: Bool { [.itl, .pool, .average, .molar].contains(self) }

    /// Whether it is one of the LASSO family.
    var isLasso: Bool { self == .lasso || self == .elasticNet }

    /// The families that it has.
    var families: [FamilyName] {
        switch self {
        case .itl, .pool, .molar: [.gaussian, .binomial, .poisson]
        case .average, .ridge, .lasso, .elasticNet: [.gaussian]
        case .armul: FamilyName.allCases
        }
    }

    /// - Parameters:
    ///   - loss: of a row, of a family that it has.
    ///   - taskWeights: of MOLAR.
    func estimator(
        variance: VarianceEstimator, loss: Loss, _ tuning: TuningOptions, _ sparse: MolarOptions,
        taskWeights: MOLAR.TaskWeights? = nil, towards center: MOLAR.GivenCenter? = nil
    ) -> any Estimator {
        switch self {
        case .itl:
            var individual = Individual(variance: variance)
            individual.loss = loss
            return individual
        case .pool:
            var pooled = Pooled(variance: variance)
            pooled.loss = loss
            return pooled
        case .average: return Average(variance: variance)
        case .ridge: return tuning.ridge
        case .molar:
            var molar = tuning.molar
            sparse.apply(to: &molar, variance: variance)
            molar.weights = taskWeights ?? .precision
            molar.givenCenter = center
            molar.loss = loss
            return molar
        case .lasso, .elasticNet: return tuning.lasso(for: self)
        case .armul:
            var armul = tuning.armul
            armul.loss = loss
            return armul
        }
    }
}
