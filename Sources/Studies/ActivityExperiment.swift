import Compute
import Engine
import Tables

/// Duan and Wang (2023), Table 1, on a file of activities: who is sitting?
///
/// A repetition draws a fifth of every person's rows for the test. Methods are tuned on the others by the share of mistakes
/// in five folds, of rows that were held out of every person's; of settings with the same share the first is taken, by `K`
/// and then by `C`. Folds keep the penalties of the whole training set. Then each is fitted to it, and tested.
package struct ActivityExperiment: Job {
    /// How methods are fitted.
    package enum Mode: String, Sendable, CaseIterable {
        /// As the authors' programs do.
        case fixedStep = "fixed-step"
    }

    /// What one method came to in one repetition.
    package struct Outcome: Sendable, Equatable {
        /// The share of mistakes on the test's rows, in percent.
        package let error: Double
        package let size: Int
        package let strength: Double

        package init(error: Double, size: Int, strength: Double) {
            self.error = error
            self.size = size
            self.strength = strength
        }
    }

    private let store: ColumnStore
    private let mode: Mode
    private let splitCount: Int
    private let seed: UInt64
    private let progress: @Sendable (_ done: Int, _ total: Int) -> Void
    private let passes: PassProgress

    private static var foldCount: Int { 5 }

    /// - Parameters:
    ///   - store: one that ``ActivityData/check(_:)`` has passed.
    ///   - progress: told of the fits that are done.
    ///   - passes: asked whether to go on.
    package init(
        _ store: ColumnStore, mode: Mode, splitCount: Int, seed: UInt64,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void, passes: PassProgress
    ) {
        self.store = store
        self.mode = mode
        self.splitCount = splitCount
        self.seed = seed
        self.progress = progress
        self.passes = passes
    }

    /// Returns each repetition's outcomes, in the order of ``ActivityMethod/all``.
    package func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R
    ) throws(ComputeError) -> [[Outcome]] {
        let data = try ActivityData(store, on: reference)
        var outcomes: [[Outcome]] = []
        for number in 0..<splitCount {
            let split = ActivitySplit(data, seed: seed, number: number)
            outcomes.append(
                try self.outcomes(of: split, number, dimension: data.componentCount, on: backend, reference: reference))
        }
        return outcomes
    }

    private func outcomes<B: Backend, R: Backend<Double>>(
        of split: ActivitySplit, _ number: Int, dimension: Int, on backend: B, reference: R
    ) throws(ComputeError) -> [Outcome] {
        let thresholds = split.training.sampleCounts.map { (Double(dimension) / Double($0)).squareRoot() }
        func fits(_ training: ActivityRows) throws(ComputeError) -> any ActivityFits {
            switch mode {
            case .fixedStep:
                try FixedStepFits(
                    training, thresholds: thresholds, on: backend, reference: reference, progress: passes)
            }
        }
        let methods = ActivityMethod.all
        let folds = split.folds(count: Self.foldCount)
        var mistakes = methods.map { Array(repeating: 0, count: $0.isTuned ? $0.sizes.count * $0.strengths.count : 0) }
        let fitCount = Self.foldCount * mistakes.reduce(0) { $0 + $1.count } + methods.count
        var done = number * fitCount
        func advance(by count: Int) {
            done += count
            progress(done, splitCount * fitCount)
        }
        for fold in 0..<Self.foldCount {
            let heldOut = split.training.filtered { folds[$0] == fold }
            let fits = try fits(split.training.filtered { folds[$0] != fold })
            for (place, method) in methods.enumerated() where method.isTuned {
                let found = try fits.coefficients(method.structure, sizes: method.sizes, strengths: method.strengths)
                let counts = heldOut.mistakeCounts(
                    found, fitCount: mistakes[place].count, parallel: backend.parallel)
                for (setting, count) in counts.enumerated() { mistakes[place][setting] += count }
                advance(by: counts.count)
            }
        }
        let last = try fits(split.training)
        var outcomes: [Outcome] = []
        for (method, counts) in zip(methods, mistakes) {
            // The first, and the only one where nothing is tuned.
            let setting = counts.indices.min { counts[$0] < counts[$1] } ?? 0
            let size = method.sizes[setting / method.strengths.count]
            let strength = method.strengths[setting % method.strengths.count]
            let found = try last.coefficients(method.structure, sizes: [size], strengths: [strength])
            let count = split.test.mistakeCounts(found, fitCount: 1, parallel: backend.parallel)[0]
            outcomes.append(
                Outcome(
                    error: 100 * Double(count) / Double(split.test.layout.rowCount), size: size, strength: strength))
            advance(by: 1)
        }
        return outcomes
    }
}
