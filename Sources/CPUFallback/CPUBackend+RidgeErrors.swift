import CMachine
public import Compute

extension CPUBackend {
    /// A thread takes a pack's moments once, and penalises, factors and solves them in scratch that stays in its cache.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func ridgeErrors(
        of moments: Moments<Buffer>, holdingOut heldOut: Moments<Buffer>, penalties: Vectors<Buffer>,
        toward center: Vectors<Buffer>, tolerance: Scalar, into errors: Vectors<Buffer>
    ) {
        let (taskCount, order) = (moments.taskCount, moments.featureCount)
        let count = penalties.columnCount
        precondition(
            heldOut.taskCount == taskCount && heldOut.featureCount == order, "moments of as many tasks and features")
        precondition(errors.taskCount == taskCount && errors.valuesPerTask == count, "an error a task and penalty")
        let diagonals = Operand(
            penalties, penalties.broadcast(taskCount: taskCount, columnCount: count, width: order))
        let centers = Operand(center, center.broadcast(taskCount: taskCount, columnCount: count, width: order))
        let grain = packsPerUnit(costPerPack: count * (order * order * order / 6 + 2 * order * order) + 1)
        parallel.forEachRange(of: packCount(taskCount), grain: grain, scratch: PackRidge<Scalar>(order: order)) {
            packs, ridge in
            for pack in packs {
                let held: UnsafeMutablePointer<Scalar.Lanes> = heldOut.joint.entries.vectors(ofPack: pack)
                let output: UnsafeMutablePointer<Scalar.Lanes> = errors.entries.vectors(ofPack: pack)
                ridge.train(on: moments.joint.entries.vectors(ofPack: pack), without: held)
                let next = (
                    UnsafePointer<Scalar.Lanes>(moments.joint.entries.vectors(ofPack: pack + 1)),
                    UnsafePointer<Scalar.Lanes>(heldOut.joint.entries.vectors(ofPack: pack + 1))
                )
                for first in stride(from: 0, to: count, by: ridge.problemCount) {
                    // The next pack's moments are on their way while this one's are worked on.
                    for entry in stride(from: first, to: triangleCount(order + 1), by: count) {
                        for ahead in entry..<min(entry + ridge.problemCount, triangleCount(order + 1)) {
                            kindred_prefetch(next.0 + ahead)
                            kindred_prefetch(next.1 + ahead)
                        }
                    }
                    let last = min(first + ridge.problemCount, count) - 1
                    for problem in 0..<ridge.problemCount {
                        let index = min(first + problem, last)
                        ridge.penalise(
                            problem, diagonals.column(index, ofPack: pack), diagonals.coordinateStep,
                            toward: centers.column(index, ofPack: pack), centers.coordinateStep)
                    }
                    ridge.solve(tolerance: tolerance)
                    for index in first...last { output[index] = ridge.squaredError(index - first, held) }
                }
            }
        }
    }
}

/// Ridge fits of the tasks of one pack, at one penalty or two at a time, in one thread's memory.
///
/// A task and penalty is a lane. Two factorizations side by side do not wait for their square roots and divisions.
private struct PackRidge<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = Scalar.Lanes
    typealias Wide = Scalar.WideLanes

    private let order: Int
    /// The penalised Gram, and behind it the right-hand side.
    private let gram: UnsafeMutablePointer<Wide>
    /// The diagonal of the Gram and `X'Wy` without a penalty.
    private let diagonal: UnsafeMutablePointer<Lanes>
    private let cross: UnsafeMutablePointer<Lanes>
    /// It has room for the coefficients behind the factor.
    private let cholesky: PackCholesky<Wide>
    /// What factoring found.
    private let code: UnsafeMutablePointer<Wide>

    init(order: Int) {
        self.order = order
        gram = .allocate(capacity: triangleCount(order) + order)
        diagonal = .allocate(capacity: order)
        cross = .allocate(capacity: order)
        cholesky = PackCholesky(order: order, lower: .allocate(capacity: triangleCount(order) + order))
        code = .allocate(capacity: 1)
    }

    func deallocate() {
        gram.deallocate()
        diagonal.deallocate()
        cross.deallocate()
        cholesky.lower.deallocate()
        code.deallocate()
    }

    /// Penalties at a time.
    @inline(__always)
    var problemCount: Int { Wide.scalarCount / Lanes.scalarCount }

    /// One problem's part of the first entry; those of further entries follow at a distance of `problemCount`.
    @inline(__always)
    private func part(_ problem: Int, of entries: UnsafeMutablePointer<Wide>) -> UnsafeMutablePointer<Lanes> {
        UnsafeMutableRawPointer(entries).assumingMemoryBound(to: Lanes.self) + problem
    }

    /// Takes the moments of all rows less those held out.
    @inline(__always)
    func train(on moments: UnsafeMutablePointer<Lanes>, without heldOut: UnsafeMutablePointer<Lanes>) {
        let parts = part(0, of: gram)
        for entry in 0..<triangleCount(order) {
            let rest = moments[entry] - heldOut[entry]
            for problem in 0..<problemCount { parts[entry &* problemCount &+ problem] = rest }
        }
        for row in 0..<order {
            diagonal[row] = parts[(triangleCount(row) + row) * problemCount]
            cross[row] = moments[triangleCount(order) + row] - heldOut[triangleCount(order) + row]
        }
    }

    /// Sets one of the problems to `(G + D) b = c + D m`.
    @inline(__always)
    func penalise(
        _ problem: Int, _ penalties: UnsafeMutablePointer<Lanes>, _ penaltyStep: Int,
        toward center: UnsafeMutablePointer<Lanes>, _ centerStep: Int
    ) {
        let (matrix, rightSide) = (part(problem, of: gram), part(problem, of: gram + triangleCount(order)))
        for row in 0..<order {
            let penalty = penalties[row &* penaltyStep]
            matrix[(triangleCount(row) + row) * problemCount] = diagonal[row] + penalty
            rightSide[row &* problemCount] = multiplyAdd(penalty, center[row &* centerStep], cross[row])
        }
    }

    private var coefficients: UnsafeMutablePointer<Wide> { cholesky.lower + triangleCount(order) }

    /// Solves the problems.
    @inline(__always)
    func solve(tolerance: Scalar) {
        code[0] = cholesky.factor(gram, tolerance: tolerance)
        cholesky.solveLowerBehind(gram)
        cholesky.solveUpper(coefficients)
    }

    /// `s - 2 b'c + b'G b` of one problem from other rows' moments, at least 0; NaN where it could not be solved.
    @inline(__always)
    func squaredError(_ problem: Int, _ moments: UnsafeMutablePointer<Lanes>) -> Lanes {
        let (b, cross) = (part(problem, of: coefficients), moments + triangleCount(order))
        var error = cross[order]
        var entries = moments
        for row in 0..<order {
            let value = b[row &* problemCount]
            // Half of `G b - 2 c`, without what is right of the diagonal: that is counted twice below it.
            var sum = multiplyAdd(entries[row], value * 0.5, -cross[row])
            for column in 0..<row { sum = multiplyAdd(entries[column], b[column &* problemCount], sum) }
            error = multiplyAdd(value * 2, sum, error)
            entries += row &+ 1
        }
        error = select(error, <, .zero, .zero, else: error)
        return select(part(problem, of: code)[0], ==, .zero, error, else: Lanes(repeating: .nan))
    }
}
