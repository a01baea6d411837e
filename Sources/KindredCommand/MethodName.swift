import ArgumentParser
import Compute
import Methods

/// What `--method` names.
enum MethodName: String, ExpressibleByArgument, CaseIterable {
    case itl, pool, ridge, molar, armul

    /// Whether `--vcov` means something to it.
    var hasVariances: Bool { self == .itl || self == .pool || self == .molar }

    /// - Parameter loss: of a row; all but ARMUL have the squared one.
    func estimator(
        variance: VarianceEstimator, loss: Loss, _ tuning: TuningOptions, _ sparse: MolarOptions,
        towards center: MOLAR.GivenCenter? = nil
    ) -> any Estimator {
        switch self {
        case .itl: return Individual(variance: variance)
        case .pool: return Pooled(variance: variance)
        case .ridge: return tuning.ridge
        case .molar:
            var molar = tuning.molar
            sparse.apply(to: &molar, variance: variance)
            molar.givenCenter = center
            return molar
        case .armul:
            var armul = tuning.armul
            armul.loss = loss
            return armul
        }
    }
}
