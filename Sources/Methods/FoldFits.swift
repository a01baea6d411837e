import Compute

/// ARMUL's fits to the rows outside of each fold: every size and strength.
///
/// Small problems keep one thread busy, not several: so many of their folds are fitted side by side, one a thread.
struct FoldFits<B: Backend, P: Problem> {
    private let armul: ARMUL
    private let grid: StrengthGrid
    private let units: [Double]
    private let folded: FoldedMoments<B, P>
    private let sharing: CenterSharing

    init(
        _ armul: ARMUL, _ grid: StrengthGrid, units: [Double], of folded: FoldedMoments<B, P>, sharing: CenterSharing
    ) {
        self.armul = armul
        self.grid = grid
        self.units = units
        self.folded = folded
        self.sharing = sharing
    }

    /// The folds that are fitted at a time.
    var rounds: [Range<Int>] {
        let size = folded.taskCount <= mostTasksOfSmallGroup ? folded.backend.parallel.threadCount : 1
        return stride(from: 0, to: folded.foldCount, by: size).map { $0..<min($0 + size, folded.foldCount) }
    }

    /// Every task's coefficients on the user's scale, fitted to the rows outside of each of some folds: for each fold `sizes x
    /// strengths`, then `taskCount x coefficients`.
    func coefficients<R: Backend<Double>>(
        outside folds: Range<Int>, on reference: R
    ) throws(ComputeError) -> [[[Double]]] {
        var losses: [ProfiledLoss<B>] = []
        for fold in folds {
            let quadratics = try armul.quadratics(of: folded.training(without: fold))
            losses.append(
                armul.loss(of: quadratics, sharing: sharing, strengths: units, weightSums: folded.allWeightSums))
        }
        if folds.count > 1, let found = try coefficientsSideBySide(losses, on: reference) { return found }
        var found: [[[Double]]] = []
        for loss in losses { found.append(try coefficients(loss, on: reference)) }
        return found
    }

    /// One fold a thread; nil where the backend works on one thread alone, or tasks come in several shards.
    private func coefficientsSideBySide<R: Backend<Double>>(
        _ losses: [ProfiledLoss<B>], on reference: R
    ) throws(ComputeError) -> [[[Double]]]? {
        let own = losses.compactMap { $0.forOneThread() }
        guard own.count == losses.count, reference.forOneThread() != nil else { return nil }
        let results = folded.backend.parallel.map(own.count) { place -> Result<[[Double]], ComputeError> in
            Result { () throws(ComputeError) in
                try coefficients(own[place], on: reference.forOneThread() ?? reference)
            }
        }
        var fits: [[[Double]]] = []
        for result in results { fits.append(try result.get()) }
        return fits
    }

    private func coefficients<R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, on reference: R
    ) throws(ComputeError) -> [[Double]] {
        var found: [[Double]] = []
        for size in armul.triedSizes {
            found += try armul.structure.sized(size).solver.coefficients(
                loss, strengths: grid.multiples, on: reference)
        }
        return found
    }
}

extension CenterStructure {
    /// Every task's coefficients on the user's scale at several strengths, ascending: `strengths`, then `taskCount x
    /// coefficients`.
    func coefficients<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [[Double]] {
        var found: [[Double]] = []
        for (strength, centers) in zip(strengths, try solve(loss, strengths: strengths, on: reference)) {
            let own = loss.times(strength)
            found.append(own.coefficients(try own.solutions(at: centers).coefficients, around: centers))
        }
        return found
    }
}
