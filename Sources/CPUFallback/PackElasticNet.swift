import Compute

/// The elastic nets of the quadratics of one pack, one task a lane, in one thread's memory.
///
/// A lane's steps are those that it would have alone: some lanes sweep while others are on a face, and what the others do
/// moves none of its numbers. So no task's bits depend on its neighbours.
struct PackElasticNet<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = Scalar.Lanes

    let order: Int
    /// `r = q - A u`.
    let residual: UnsafeMutablePointer<Lanes>
    /// `1 / (A_kk + t (1 - a))`, 0 where the diagonal is not positive.
    let inverse: UnsafeMutablePointer<Lanes>
    /// `sqrt(A_kk)`.
    let root: UnsafeMutablePointer<Lanes>
    /// `p`: where conjugate gradients go next, 0 in lanes that are not on a face.
    let direction: UnsafeMutablePointer<Lanes>
    /// `A p`.
    let product: UnsafeMutablePointer<Lanes>
    let tolerance = ElasticNet.tolerance(Scalar.self)
    let mostSweeps = Lanes(repeating: Scalar(ElasticNet.sweepLimit))

    init(order: Int) {
        self.order = order
        residual = .allocate(capacity: 5 * order)
        inverse = residual + order
        root = inverse + order
        direction = root + order
        product = direction + order
    }

    func deallocate() { residual.deallocate() }

    /// How far each lane's descent is.
    struct Progress {
        /// 1 in lanes that go on.
        var open = Lanes(repeating: 1)
        /// 1 in lanes whose coordinates keep their signs for now.
        var onFace = Lanes.zero
        var sweeps = Lanes.zero
        /// The largest step of the sweep before.
        var last = Lanes(repeating: .infinity)
        /// The largest of what steps are small beside.
        var size: Lanes
        /// `g'D g` on the face, with `g` the slopes there and `D` the inverse diagonal.
        var steepness = Lanes.zero
    }

    /// Solves one column.
    ///
    /// - Parameters:
    ///   - u: where the descent begins, and the answer.
    /// - Returns: the violation.
    @inline(__always)
    func solve(
        _ matrix: UnsafeMutablePointer<Lanes>, linear: UnsafeMutablePointer<Lanes>, threshold: Lanes, mixture: Scalar,
        _ u: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        let penalty = NetPenalty<Scalar>(threshold, mixture: mixture)
        let scale = begin(matrix, linear, penalty, u)
        var progress = Progress(size: scale)
        for k in 0..<order { progress.size = larger(magnitude(u[k]) * root[k], progress.size) }
        while !isZero(progress.open) {
            if !isZero(progress.open - progress.onFace) { sweep(matrix, penalty, u, &progress) }
            if !isZero(progress.onFace) { advance(matrix, penalty, u, &progress) }
        }
        return violation(matrix, linear, penalty, u, scale: scale)
    }

    /// One sweep over all coordinates of the lanes that are not on a face.
    @inline(__always)
    private func sweep(
        _ matrix: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>, _ u: UnsafeMutablePointer<Lanes>,
        _ progress: inout Progress
    ) {
        let mask = progress.open - progress.onFace
        var (largest, turned) = (Lanes.zero, Lanes.zero)
        for k in 0..<order { step(k, matrix, penalty, mask, u, &largest, &turned, &progress.size) }
        progress.sweeps += mask
        let least = progress.size * tolerance
        var goingOn = select(largest, >, least, mask, else: .zero)
        goingOn = select(progress.sweeps, <, mostSweeps, goingOn, else: .zero)
        progress.open = progress.onFace + goingOn
        // Signs matter where they have a price.
        let isLeft = select(penalty.bound, >, .zero, turned, else: .zero)
        let settled = select(isLeft, ==, .zero, goingOn, else: .zero)
        let entering = select(largest + largest, >, progress.last, settled, else: .zero)
        progress.last = select(mask, >, .zero, largest, else: progress.last)
        if !isZero(entering) { enterFace(penalty, u, entering, &progress) }
    }

    /// Forms `r`, and returns the largest `|q_k| / sqrt(A_kk)`.
    @inline(__always)
    private func begin(
        _ matrix: UnsafeMutablePointer<Lanes>, _ linear: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>,
        _ u: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        var scale = Lanes.zero
        let one = Lanes(repeating: 1)
        for k in 0..<order {
            let diagonal = matrix[triangleCount(k) &+ k]
            let length = select(diagonal, >, .zero, diagonal, else: .zero).squareRoot()
            root[k] = length
            inverse[k] = select(diagonal, >, .zero, one / (diagonal + penalty.square), else: .zero)
            scale = larger(select(length, >, .zero, magnitude(linear[k]) / length, else: .zero), scale)
            direction[k] = .zero
        }
        subtractProduct(matrix, linear, u)
        return scale
    }

    /// `r = q - A u`.
    @inline(__always)
    private func subtractProduct(
        _ matrix: UnsafeMutablePointer<Lanes>, _ linear: UnsafeMutablePointer<Lanes>, _ u: UnsafeMutablePointer<Lanes>
    ) {
        for k in 0..<order { residual[k] = linear[k] }
        var row = matrix
        for k in 0..<order {
            let value = u[k]
            let opposite = .zero - value
            var sum = Lanes.zero
            for column in 0..<k {
                sum = multiplyAdd(row[column], u[column], sum)
                residual[column] = multiplyAdd(row[column], opposite, residual[column])
            }
            residual[k] -= multiplyAdd(row[k], value, sum)
            row += k &+ 1
        }
    }

    /// Brings one coordinate to where the objective is least along it, in the lanes where `mask` is 1, and notes in `turned`
    /// where it does not keep its sign.
    @inline(__always)
    private func step(
        _ k: Int, _ matrix: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>, _ mask: Lanes,
        _ u: UnsafeMutablePointer<Lanes>, _ largest: inout Lanes, _ turned: inout Lanes, _ size: inout Lanes
    ) {
        let row = matrix + triangleCount(k)
        let own = u[k]
        let target = multiplyAdd(row[k], own, residual[k])
        let next = (target - penalty.clamped(target)) * inverse[k]
        let move = select(mask, >, .zero, next - own, else: .zero)
        if isZero(move) { return }
        let new = own + move
        u[k] = new
        let opposite = .zero - move
        for column in 0..<k { residual[column] = multiplyAdd(row[column], opposite, residual[column]) }
        var entry = row + k
        for below in k..<order {
            residual[below] = multiplyAdd(entry[0], opposite, residual[below])
            entry += below &+ 1
        }
        largest = larger(magnitude(move) * root[k], largest)
        size = larger(magnitude(new) * root[k], size)
        turned = select(own * new, >, .zero, turned, else: select(move, ==, .zero, turned, else: mask))
    }

    /// By how much the conditions of an optimum fail.
    @inline(__always)
    private func violation(
        _ matrix: UnsafeMutablePointer<Lanes>, _ linear: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>,
        _ u: UnsafeMutablePointer<Lanes>, scale: Lanes
    ) -> Lanes {
        subtractProduct(matrix, linear, u)
        var (worst, total) = (Lanes.zero, select(penalty.bound, ==, penalty.bound, .zero, else: penalty.bound))
        for k in 0..<order {
            let diagonal = matrix[triangleCount(k) &+ k]
            let failure = penalty.failure(of: residual[k], at: u[k])
            let share = select(diagonal, <=, .zero, .zero, else: failure / diagonal.squareRoot())
            worst = larger(share, worst)
            total += share
        }
        // What is not a number has a sum that is none.
        return select(scale, ==, .zero, worst, else: worst / scale) + (total - total)
    }
}
