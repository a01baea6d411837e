import ArgumentParser
import Methods

/// What `--method` names.
enum MethodName: String, ExpressibleByArgument, CaseIterable {
    case itl, pool, ridge, molar, armul

    /// Whether `--vcov` means something to it.
    var hasVariances: Bool { self == .itl || self == .pool }

    func estimator(variance: VarianceEstimator, _ tuning: TuningOptions) -> any Estimator {
        switch self {
        case .itl: Individual(variance: variance)
        case .pool: Pooled(variance: variance)
        case .ridge: tuning.ridge
        case .molar: tuning.molar
        case .armul: tuning.armul
        }
    }
}
