import Compute

/// The elastic nets of one task's quadratic after another, in one thread's memory: what ``PackElasticNet`` does with a
/// matrix that is full, so that a step changes the residual by one of its rows.
final class TaskElasticNet<Scalar: LaneScalar>: ThreadScratch {
    let order: Int
    /// `A`, full and symmetric, row by row.
    let matrix: UnsafeMutablePointer<Scalar>
    /// `q`, `u`, `r = q - A u`, `1 / (A_kk + t (1 - a))` and `sqrt(A_kk)`.
    private let linear: UnsafeMutablePointer<Scalar>
    let u: UnsafeMutablePointer<Scalar>
    let residual: UnsafeMutablePointer<Scalar>
    let inverse: UnsafeMutablePointer<Scalar>
    let root: UnsafeMutablePointer<Scalar>
    /// Where conjugate gradients go next, and the matrix times that.
    let direction: UnsafeMutablePointer<Scalar>
    let product: UnsafeMutablePointer<Scalar>
    /// The coordinates of the face.
    let visited: UnsafeMutablePointer<Int>
    /// 0, or NaN where an entry of the matrix is not finite.
    private var rest: Scalar = 0

    init(order: Int) {
        self.order = order
        matrix = .allocate(capacity: order * order + 7 * order)
        linear = matrix + order * order
        u = linear + order
        residual = u + order
        inverse = residual + order
        root = inverse + order
        direction = root + order
        product = direction + order
        visited = .allocate(capacity: order)
    }

    func deallocate() {
        matrix.deallocate()
        visited.deallocate()
    }

    /// Takes a task's triangle, whose entries lie a pack's lanes apart, and begins at 0.
    @inline(__always)
    func begin(_ triangle: UnsafeMutablePointer<Scalar>) {
        let lanes = Scalar.Lanes.scalarCount
        var entry = triangle
        rest = 0
        for row in 0..<order {
            for column in 0...row {
                let value = entry[0]
                matrix[row &* order &+ column] = value
                matrix[column &* order &+ row] = value
                rest += value * 0
                entry += lanes
            }
            let diagonal = matrix[row &* order &+ row]
            root[row] = diagonal > 0 ? diagonal.squareRoot() : 0
            u[row] = 0
        }
    }

    /// Solves one column from where the one before it ended, and returns its violation.
    @inline(__always)
    func solve(threshold: Scalar, mixture: Scalar, _ term: (Int) -> Scalar) -> Scalar {
        let bound = mixture == 0 ? 0 : threshold * mixture
        let square = mixture == 1 ? 0 : threshold * (1 - mixture)
        var (scale, size) = (Scalar(0), Scalar(0))
        for k in 0..<order {
            linear[k] = term(k)
            let diagonal = matrix[k &* order &+ k]
            inverse[k] = diagonal > 0 ? 1 / (diagonal + square) : 0
            if root[k] > 0 { scale = max(scale, linear[k].magnitude / root[k]) }
            size = max(size, u[k].magnitude * root[k])
        }
        size = max(size, scale)
        subtractProduct()
        let tolerance = ElasticNet.tolerance(Scalar.self)
        var (sweepCount, last) = (0, Scalar.infinity)
        while sweepCount < ElasticNet.sweepLimit {
            var (largest, isTurned) = (Scalar(0), false)
            for k in 0..<order { step(k, bound, &largest, &isTurned, &size) }
            sweepCount &+= 1
            if !(largest > size * tolerance) { break }
            let isSlow = 2 * largest > last
            last = largest
            // Signs matter where they have a price.
            if !isSlow || isTurned && bound > 0 { continue }
            sweepCount &+= descendOnFace(bound, square, &size, atMost: ElasticNet.sweepLimit &- sweepCount)
        }
        return violation(bound, square, scale: scale)
    }

    /// Writes the answer to entries that lie a pack's lanes apart.
    @inline(__always)
    func write(to answer: UnsafeMutablePointer<Scalar>) {
        for k in 0..<order { answer[k &* Scalar.Lanes.scalarCount] = u[k] }
    }

    @inline(__always)
    private func step(_ k: Int, _ bound: Scalar, _ largest: inout Scalar, _ isTurned: inout Bool, _ size: inout Scalar)
    {
        let row = matrix + k &* order
        let target = residual[k] + row[k] * u[k]
        let clamped = target > bound ? bound : target < -bound ? -bound : target
        let move = (target - clamped) * inverse[k] - u[k]
        if move == 0 { return }
        let new = u[k] + move
        if !(u[k] * new > 0) { isTurned = true }
        u[k] = new
        add(row, times: -move, to: residual)
        largest = max(largest, move.magnitude * root[k])
        size = max(size, new.magnitude * root[k])
    }

    /// `sum += factor row`.
    @inline(__always)
    func add(_ row: UnsafeMutablePointer<Scalar>, times factor: Scalar, to sum: UnsafeMutablePointer<Scalar>) {
        let lanes = Scalar.Lanes.scalarCount
        let factors = Scalar.Lanes(repeating: factor)
        var k = 0
        while k &+ lanes <= order {
            let next = multiplyAdd(factors, vector(at: row + k), vector(at: sum + k))
            UnsafeMutableRawPointer(sum + k).storeBytes(of: next, as: Scalar.Lanes.self)
            k &+= lanes
        }
        while k < order {
            sum[k] += factor * row[k]
            k &+= 1
        }
    }

    /// `r = q - A u`.
    @inline(__always)
    private func subtractProduct() {
        residual.update(from: linear, count: order)
        for k in 0..<order where u[k] != 0 { add(matrix + k &* order, times: -u[k], to: residual) }
    }

    /// By how much the conditions of an optimum fail.
    @inline(__always)
    private func violation(_ bound: Scalar, _ square: Scalar, scale: Scalar) -> Scalar {
        subtractProduct()
        var (worst, total) = (Scalar(0), bound.isNaN ? bound : rest)
        for k in 0..<order where root[k] > 0 {
            let value = u[k]
            let pull = value == 0 ? 0 : (value < 0 ? -bound : bound) + square * value
            let outside = residual[k].magnitude - bound
            let failure = value == 0 ? (outside <= 0 ? 0 : outside) : (residual[k] - pull).magnitude
            worst = max(worst, failure / root[k])
            total += failure / root[k]
        }
        // What is not a number has a sum that is none.
        return (scale == 0 ? worst : worst / scale) + (total - total)
    }
}
