import Compute
import Methods

/// The table's methods, fitted to one training set in one way.
protocol ActivityFits {
    /// Every task's coefficients for each size of the structure and, within it, each strength: `taskCount x (sizes x
    /// strengths) x featureCount`.
    func coefficients(
        _ structure: ActivityMethod.Structure, sizes: [Int], strengths: [Double]
    ) throws(ComputeError) -> [Double]
}

/// As the authors do: alternating gradient descent with a step of 0.1 for all blocks and 200 rounds, from 0 or, for clusters and
/// subspaces, from what own fits have come to by then.
struct FixedStepFits<B: Backend>: ActivityFits {
    private let training: ActivityRows
    private let backend: B
    private let thresholds: [Double]
    private let weights: [Double]
    private let starts: PrototypeStarts
    /// Of each number of vectors from 1 on.
    private let subspaces: [LowRankPrototype]
    private let progress: PassProgress

    private static var descent: AlternatingGradient {
        AlternatingGradient(loss: .logistic, step: 0.1, roundCount: 200)
    }

    /// - Parameter thresholds: `sqrt(d / n_j)`.
    init<R: Backend<Double>>(
        _ training: ActivityRows, thresholds: [Double], on backend: B, reference: R, progress: PassProgress
    ) throws(ComputeError) {
        self.training = training
        self.backend = backend
        self.thresholds = thresholds
        self.progress = progress
        weights = training.sampleCounts.map { Double($0) }
        let width = training.featureCount
        let zeros = Array(repeating: 0.0, count: weights.count * width)
        let own = try Self.descent.fits(
            [OwnPrototype(values: zeros, width: width)], strengths: [.infinity], thresholds: thresholds,
            weights: weights, to: training, on: backend, progress: progress)
        starts = PrototypeStarts(estimates: own.coefficients, width: width, weights: weights)
        var subspaces: [LowRankPrototype] = []
        for rank in 1...max(1, min(5, weights.count, width)) {
            var subspace = try starts.subspace(rank: rank, on: reference)
            subspace.hasConstantSteps = true
            subspaces.append(subspace)
        }
        self.subspaces = subspaces
    }

    func coefficients(
        _ structure: ActivityMethod.Structure, sizes: [Int], strengths: [Double]
    ) throws(ComputeError) -> [Double] {
        switch structure {
        case .own: return starts.estimates
        case .common: return try coefficients(sizes, strengths, from: nil) { _ in starts.commonZero }
        case .clustered:
            return try coefficients(sizes, strengths, from: starts.estimates) { size in
                starts.clusters(count: min(size, weights.count), seed: 1)
            }
        case .lowRank:
            return try coefficients(sizes, strengths, from: starts.estimates) { size in
                subspaces[min(size, subspaces.count) - 1]
            }
        }
    }

    private func coefficients<P: Prototype>(
        _ sizes: [Int], _ strengths: [Double], from start: [Double]?, _ prototype: (Int) -> P
    ) throws(ComputeError) -> [Double] {
        let prototypes = sizes.flatMap { size in Array(repeating: prototype(size), count: strengths.count) }
        return try Self.descent.fits(
            prototypes, strengths: sizes.flatMap { _ in strengths }, thresholds: thresholds, weights: weights,
            from: start, to: training, on: backend, progress: progress
        ).coefficients
    }
}

/// As the objective has it: searches that end when slopes are small, whatever that takes. Losses of tasks, clusters or
/// subspaces that can be separated have no least point; their searches end on the way to it.
struct ConvergedFits<B: Backend, R: Backend<Double>>: ActivityFits {
    let training: ActivityRows
    /// The rows of the whole training set, which penalties and weights go by.
    let sampleCounts: [Int]
    /// `d` in the penalties, and what a norm over all coefficients would have in its place.
    let dimension: Int
    let backend: B
    let reference: R
    let progress: PassProgress

    /// Slopes that are left, over their scale.
    private var tolerance: Double { 1e-5 }
    /// The share by which an objective has to fall in ten rounds for a search to go on.
    private var leastDecrease: Double { 0.05 }

    func coefficients(
        _ structure: ActivityMethod.Structure, sizes: [Int], strengths: [Double]
    ) throws(ComputeError) -> [Double] {
        var fits: [[Double]] = []
        for size in sizes {
            var armul = ARMUL(structure: .vanilla, strength: 0, intercept: .shared)
            switch structure {
            case .own, .common: break
            case .clustered: armul.structure = .clustered(ClusterStructure(count: size))
            case .lowRank: armul.structure = .lowRank(rank: size)
            }
            armul.loss = .logistic
            let unit = (Double(dimension) / Double(training.featureCount)).squareRoot()
            fits += try armul.coefficientPath(
                to: training, weightSums: sampleCounts.map { Double($0) },
                strengths: structure == .own ? [0] : strengths.map { $0 * unit }, tolerance: tolerance,
                leastDecrease: leastDecrease, on: backend,
                reference: reference, progress: progress)
        }
        let width = training.featureCount
        return (0..<sampleCounts.count).flatMap { task in
            fits.flatMap { $0[task * width..<(task + 1) * width] }
        }
    }
}
