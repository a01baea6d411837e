import Compute

/// The elastic nets of the quadratics of one pack, one task a lane, in one thread's memory.
///
/// A lane's sweeps are those that it would have alone: a coordinate that other lanes visit and it does not has no step in
/// it, and a lane that is done keeps its numbers. So no task's bits depend on its neighbours.
struct PackElasticNet<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = Scalar.Lanes

    private let order: Int
    /// `r = q - A u`.
    private let residual: UnsafeMutablePointer<Lanes>
    /// `1 / (A_kk + t (1 - a))`, 0 where the diagonal is not positive.
    private let inverse: UnsafeMutablePointer<Lanes>
    /// `sqrt(A_kk)`.
    private let root: UnsafeMutablePointer<Lanes>
    /// 1 for a coordinate that the lane's inner sweeps visit, else 0.
    private let isActive: UnsafeMutablePointer<Lanes>
    /// The coordinates that some lane's inner sweeps visit.
    private let visited: UnsafeMutablePointer<Int>

    init(order: Int) {
        self.order = order
        residual = .allocate(capacity: 4 * order)
        inverse = residual + order
        root = inverse + order
        isActive = root + order
        visited = .allocate(capacity: order)
    }

    func deallocate() {
        residual.deallocate()
        visited.deallocate()
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
        var size = scale
        for k in 0..<order { size = larger(magnitude(u[k]) * root[k], size) }
        let (one, tolerance) = (Lanes(repeating: 1), ElasticNet.tolerance(Scalar.self))
        let most = Lanes(repeating: Scalar(ElasticNet.sweepLimit))
        // Lanes that sweep over all coordinates, and how often each has swept.
        var (open, sweeps) = (one, Lanes.zero)
        while open != .zero {
            var largest = Lanes.zero
            for k in 0..<order { step(k, matrix, penalty, open, u, &largest, &size) }
            sweeps += open
            open = select(largest, >, size * tolerance, open, else: .zero)
            open = select(sweeps, <, most, open, else: .zero)
            if open == .zero { break }
            let count = collect(u)
            var moving = open
            while moving != .zero {
                largest = .zero
                for place in 0..<count {
                    let k = visited[place]
                    step(k, matrix, penalty, moving * isActive[k], u, &largest, &size)
                }
                sweeps += moving
                moving = select(largest, >, size * tolerance, moving, else: .zero)
                moving = select(sweeps, <, most, moving, else: .zero)
            }
        }
        return violation(matrix, linear, penalty, u, scale: scale)
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

    /// Brings one coordinate to where the objective is least along it, in the lanes where `mask` is 1.
    @inline(__always)
    private func step(
        _ k: Int, _ matrix: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>, _ mask: Lanes,
        _ u: UnsafeMutablePointer<Lanes>, _ largest: inout Lanes, _ size: inout Lanes
    ) {
        let row = matrix + triangleCount(k)
        let own = u[k]
        let target = multiplyAdd(row[k], own, residual[k])
        let next = (target - penalty.clamped(target)) * inverse[k]
        let move = select(mask, >, .zero, next - own, else: .zero)
        if move == .zero { return }
        u[k] = own + move
        let opposite = .zero - move
        for column in 0..<k { residual[column] = multiplyAdd(row[column], opposite, residual[column]) }
        var entry = row + k
        for below in k..<order {
            residual[below] = multiplyAdd(entry[0], opposite, residual[below])
            entry += below &+ 1
        }
        largest = larger(magnitude(move) * root[k], largest)
        size = larger(magnitude(u[k]) * root[k], size)
    }

    /// Notes the coordinates that are not 0, and returns how many some lane has.
    @inline(__always)
    private func collect(_ u: UnsafeMutablePointer<Lanes>) -> Int {
        let one = Lanes(repeating: 1)
        var count = 0
        for k in 0..<order {
            let active = select(u[k], ==, .zero, .zero, else: one)
            isActive[k] = active
            if active == .zero { continue }
            visited[count] = k
            count &+= 1
        }
        return count
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

/// The penalty of an elastic net in one column of a pack: `bound |u| + square u^2 / 2`.
struct NetPenalty<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let bound: Lanes
    let square: Lanes

    @inline(__always)
    init(_ threshold: Lanes, mixture: Scalar) {
        // An infinite threshold times nothing is none.
        bound = mixture == 0 ? .zero : threshold * mixture
        square = mixture == 1 ? .zero : threshold * (1 - mixture)
    }

    /// What the absolute value takes off a slope: the nearest to it from `-bound` to `bound`.
    @inline(__always)
    func clamped(_ slope: Lanes) -> Lanes {
        select(slope, >, bound, bound, else: select(slope, <, .zero - bound, .zero - bound, else: slope))
    }

    /// By how much a slope of the smooth part, its sign changed, fails the condition of an optimum.
    @inline(__always)
    func failure(of slope: Lanes, at u: Lanes) -> Lanes {
        let outside = magnitude(slope) - bound
        let inside = slope - multiplyAdd(square, u, select(u, <, .zero, .zero - bound, else: bound))
        return select(
            u, ==, .zero, select(outside, <=, .zero, .zero, else: outside), else: magnitude(inside))
    }
}
