import Compute

/// The Cholesky factors of the tasks of one pack, one task a lane.
///
/// `lower` holds the lower triangle row by row, with the reciprocals of `L`'s diagonal on its diagonal: divisions are
/// made once, while factoring.
struct PackCholesky<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let order: Int
    let lower: UnsafeMutablePointer<Lanes>

    @inline(__always)
    init(order: Int, lower: UnsafeMutablePointer<Lanes>) {
        self.order = order
        self.lower = lower
    }

    /// Factors `gram` and diagnoses each lane: its code and its condition estimate.
    ///
    /// `scratch` has room for three vectors of `order`.
    @inline(__always)
    func factor(
        _ gram: UnsafeMutablePointer<Lanes>, tolerance: Scalar, diagnosis: UnsafeMutablePointer<Lanes>,
        scratch: UnsafeMutablePointer<Lanes>
    ) {
        var code = Lanes.zero
        let one = Lanes(repeating: 1)
        // The largest factor by which a diagonal shrank so far: rounding grew by it.
        var growth = one
        for row in 0..<order {
            let target = lower + triangleCount(row)
            let source = gram + triangleCount(row)
            for column in 0..<row {
                let other = lower + triangleCount(column)
                var rest = source[column]
                for index in 0..<column { rest = multiplyAdd(.zero - target[index], other[index], rest) }
                target[column] = rest * other[column]
            }
            let diagonal = source[row]
            var pivot = diagonal
            for index in 0..<row { pivot = multiplyAdd(.zero - target[index], target[index], pivot) }
            let grown = growth * (tolerance / 64)
            let share = grown.replacing(with: Lanes(repeating: tolerance), where: grown .< Lanes(repeating: tolerance))
            let isSolvable = pivot .> diagonal * share
            code.replace(with: Lanes(repeating: Scalar(row + 1)), where: .!isSolvable .& (code .== .zero))
            code.replace(with: .zero - one, where: .!((diagonal - diagonal) .== .zero))
            pivot.replace(with: one, where: .!isSolvable)
            let shrinkage = (diagonal / pivot).replacing(with: growth, where: .!isSolvable)
            growth.replace(with: shrinkage, where: shrinkage .> growth)
            target[row] = one / pivot.squareRoot()
        }
        diagnosis[0] = code
        diagnosis[1] = conditionEstimate(gram, scratch: scratch)
    }

    /// Solves `L x = b` in place.
    @inline(__always)
    func solveLower(_ x: UnsafeMutablePointer<Lanes>) {
        for row in 0..<order {
            let entries = lower + triangleCount(row)
            var rest = x[row]
            for column in 0..<row { rest = multiplyAdd(.zero - entries[column], x[column], rest) }
            x[row] = rest * entries[row]
        }
    }

    /// Solves `L' x = b` in place.
    @inline(__always)
    func solveUpper(_ x: UnsafeMutablePointer<Lanes>) {
        for row in stride(from: order - 1, through: 0, by: -1) {
            let entries = lower + triangleCount(row)
            let value = x[row] * entries[row]
            x[row] = value
            for column in 0..<row { x[column] = multiplyAdd(.zero - entries[column], value, x[column]) }
        }
    }

    /// Estimates the condition number of the matrix scaled to a unit diagonal, `D G D`.
    ///
    /// Its largest eigenvalue is bounded by the largest row sum. For the smallest, signs are chosen that make the
    /// solution of `D L z = e` large (Cline, Moler, Stewart and Wilkinson, SIAM J. Numer. Anal. 16, 1979), and one more
    /// inverse iteration follows. The result is a lower bound up to the row sum's factor of at most `sqrt(order)`.
    @inline(__always)
    private func conditionEstimate(_ gram: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Lanes>) -> Lanes {
        let (scales, z, sums) = (scratch, scratch + order, scratch + 2 * order)
        for row in 0..<order {
            scales[row] = gram[triangleCount(row) + row].squareRoot()
            sums[row] = .zero
        }
        for row in 0..<order {
            let entries = lower + triangleCount(row)
            var rest = Lanes.zero
            for column in 0..<row {
                rest = multiplyAdd(.zero - entries[column], z[column], rest)
                let share = magnitude(gram[triangleCount(row) + column]) / (scales[row] * scales[column])
                sums[row] += share
                sums[column] += share
            }
            let signed = scales[row].replacing(with: .zero - scales[row], where: rest .< .zero)
            z[row] = (signed + rest) * entries[row]
        }
        var largest = Lanes.zero
        for row in 0..<order { largest.replace(with: sums[row], where: sums[row] .> largest) }
        solveUpper(z)
        let before = scaledSquares(z, scales)
        for row in 0..<order { z[row] *= scales[row] * scales[row] }
        solveLower(z)
        solveUpper(z)
        let after = scaledSquares(z, scales)
        return (Lanes(repeating: 1) + largest) * (after / before).squareRoot()
    }

    @inline(__always)
    private func scaledSquares(_ x: UnsafeMutablePointer<Lanes>, _ scales: UnsafeMutablePointer<Lanes>) -> Lanes {
        var sum = Lanes.zero
        for row in 0..<order {
            let scaled = x[row] * scales[row]
            sum = multiplyAdd(scaled, scaled, sum)
        }
        return sum
    }

    @inline(__always)
    private func magnitude(_ x: Lanes) -> Lanes { x.replacing(with: .zero - x, where: x .< .zero) }
}
