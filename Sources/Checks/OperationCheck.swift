package import Compute
import Definitions

/// One operation, run on small problems and compared with its definition.
package protocol OperationCheck: Sendable {
    /// The operation, as a report names it.
    var name: String { get }

    /// Runs the operation and compares all that it gives.
    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError)
}

/// Every operation of ``Backend``.
package enum OperationChecks {
    package static let all: [any OperationCheck] =
        [
            MemoryCheck(), AccumulateCheck(), ResponsesCheck(), FoldsCheck(), FusedLeastSquaresCheck(),
            ResidualsCheck(),
        ]
        + [.none, .single, .squared].map { SquaredScoresCheck(correction: $0) }
        + LossModel.checked.map { EvaluateCheck(model: $0, hasSeveralFits: false) }
        + LossModel.checked.map { EvaluateCheck(model: $0, hasSeveralFits: true) }
        + LossModel.checked.map { CurvatureCheck(model: $0) }
        + [
            FactorCheck(), SolveCheck(), InverseDiagonalsCheck(), SandwichDiagonalsCheck(), EigenCheck(),
            MultiplyCheck(), GradientStepCheck(), DotsCheck(), CombineCheck(), RidgeErrorsCheck(),
            InfimalConvolutionCheck(), ElasticNetCheck(),
        ]
        + Prox.allCases.map { ShrinkCheck(prox: $0) }
        + [
            MatmulCheck(), CrossProductCheck(), WeightedSumCheck(), CarriedSumCheck(), LabelSumCheck(), GroupSumCheck(),
            QuantileCheck(), TrimmedMeanCheck(), NearestCenterCheck(), SimplexCheck(), SimplexAcrossTasksCheck(),
            WordsCheck(), UniformCheck(), NormalCheck(),
        ]
}

/// What became of one check on one backend.
package struct CheckResult: Sendable {
    package let name: String
    /// The backend's scalar.
    package let scalar: String
    package let comparison: Comparison
    /// Why the operation could not be carried out.
    package let error: ComputeError?

    package var hasPassed: Bool { error == nil && comparison.hasPassed }

    /// Runs the check. An operation that fails is a result, and the next check still runs.
    ///
    /// - Parameters:
    ///   - hasDouble: whether the device has double; where it has none, sums over rows and across tasks are in float.
    ///   - hasFault: whether a wrong value is planted among what the operation gave.
    package init<B: Backend>(
        of check: some OperationCheck, on backend: B, hasDouble: Bool = true, hasFault: Bool = false
    ) {
        var comparison = Comparison(hasDouble: hasDouble, hasFault: hasFault)
        var failure: ComputeError?
        do throws(ComputeError) {
            try check.run(on: backend, &comparison)
        } catch {
            failure = error
        }
        name = check.name
        scalar = B.Scalar.name
        self.comparison = comparison
        error = failure
    }
}
