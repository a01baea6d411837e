import Compute
import Engine
import Methods
import Tables

/// Huang et al. (2024), Table 2, on students of another year: how far each method is from a country's coefficients.
///
/// A split gives methods a twentieth of every country's rows. Least squares on nine tenths stand for the true coefficients,
/// and on another twentieth each method's coefficient is chosen: one for all countries, by the mean squared error of
/// predictions, summed over countries. The intercept is shrunk like any coefficient. Splits are drawn and fitted many at a
/// time, all from moments: of the rows of the test, those of all rows less the others'.
package struct StudentExperiment: Job {
    private let data: StudentData
    private let splitCount: Int
    private let seed: UInt64
    private let progress: @Sendable (_ done: Int, _ total: Int) -> Void
    private let passes: PassProgress

    /// Splits that are side by side: what they take of memory is a megabyte or two.
    private static var batchSize: Int { 25 }

    /// - Parameters:
    ///   - progress: told of the fits that are done.
    ///   - passes: asked whether to go on.
    package init(
        _ data: StudentData, splitCount: Int, seed: UInt64,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void, passes: PassProgress
    ) {
        self.data = data
        self.splitCount = splitCount
        self.seed = seed
        self.progress = progress
        self.passes = passes
    }

    /// Returns each split's outcome, or which country's rows determine no coefficients.
    package func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R
    ) throws(ComputeError) -> Result<[StudentOutcome], TableError> {
        let total = data.moments
        var outcomes: [StudentOutcome] = []
        for first in stride(from: 0, to: splitCount, by: Self.batchSize) {
            try passes.advance(rows: 0)
            let count = min(Self.batchSize, splitCount - first)
            let drawn = backend.parallel.map(count) { place -> Result<StudentSplit, TableError> in
                Result { () throws(TableError) in
                    try StudentSplit(data, total: total, seed: seed, number: first + place)
                }
            }
            var splits: [StudentSplit] = []
            for split in drawn {
                switch split {
                case .success(let split): splits.append(split)
                case .failure(let failure): return .failure(failure)
                }
            }
            outcomes += try self.outcomes(of: splits, done: first, on: backend, reference: reference)
        }
        return .success(outcomes)
    }

    private func outcomes<B: Backend, R: Backend<Double>>(
        of splits: [StudentSplit], done first: Int, on backend: B, reference: R
    ) throws(ComputeError) -> [StudentOutcome] {
        let countries = data.countries.count
        func batch(_ part: (StudentSplit) -> TaskMoments) -> ProblemBatch<MomentProblem> {
            ProblemBatch(
                MomentProblem(moments: TaskMoments(splits.map(part), featureCount: data.features.count)),
                groups: splits.indices.map { $0 * countries..<($0 + 1) * countries })
        }
        func fits(
            _ estimator: any Estimator, _ batch: ProblemBatch<MomentProblem>
        ) throws(ComputeError) -> [[Double]] {
            try estimator.fits(batch, on: backend, reference: reference, progress: passes).map { fit in
                fit.tasks?.coefficients ?? (0..<countries).flatMap { _ in fit.center?.coefficients ?? [] }
            }
        }
        let training = batch(\.training)
        let truth = try fits(Individual(), batch(\.test))
        let fitCount = StudentMethod.all.reduce(0) { $0 + $1.estimators.count }
        var fitted = 0
        var choices = splits.map { _ in [StudentOutcome.Choice]() }
        for method in StudentMethod.all {
            var found: [[[Double]]] = []
            for estimator in method.estimators {
                found.append(try fits(estimator, training))
                fitted += 1
                progress(first * fitCount + fitted * splits.count, splitCount * fitCount)
            }
            for (place, split) in splits.enumerated() {
                choices[place].append(
                    StudentOutcome.Choice(
                        errors: found.map { errors($0[place], truth[place]) },
                        validation: found.map { validationError($0[place], split.validation) }))
            }
        }
        return zip(choices, splits).map { StudentOutcome(choices: $0, redrawnCount: $1.redrawnCount) }
    }

    /// The l1 error of each country's coefficients.
    private func errors(_ coefficients: [Double], _ truth: [Double]) -> [Double] {
        let width = data.features.count
        return data.countries.indices.map { country in
            (country * width..<(country + 1) * width).reduce(0) { $0 + abs(coefficients[$1] - truth[$1]) }
        }
    }

    private func validationError(_ coefficients: [Double], _ moments: TaskMoments) -> Double {
        let width = data.features.count
        return data.countries.indices.reduce(0) { sum, country in
            sum + moments.squaredErrors(coefficients[country * width..<(country + 1) * width], task: country)
                / Double(moments.sampleCounts[country])
        }
    }
}
