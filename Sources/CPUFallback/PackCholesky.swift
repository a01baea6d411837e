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
            eliminate(row, of: gram)
            let target = lower + triangleCount(row)
            let diagonal = gram[triangleCount(row) + row]
            var pivot = diagonal
            for index in 0..<row { pivot = multiplyAdd(-target[index], target[index], pivot) }
            let limit = diagonal * larger(growth * (tolerance / 64), Lanes(repeating: tolerance))
            let isUnsolved = select(pivot, >, limit, .zero, else: one)
            let firstUnsolved = select(code, ==, .zero, Lanes(repeating: Scalar(row + 1)), else: code)
            code = select(isUnsolved, ==, one, firstUnsolved, else: code)
            code = select(diagonal - diagonal, ==, .zero, code, else: -one)
            pivot = select(isUnsolved, ==, one, one, else: pivot)
            growth = select(isUnsolved, ==, one, growth, else: larger(diagonal / pivot, growth))
            target[row] = one / pivot.squareRoot()
        }
        diagnosis[0] = code
        diagnosis[1] = conditionEstimate(gram, scratch: scratch)
    }

    /// Writes the row of `L` left of the diagonal, four columns side by side: their sums do not wait for each other.
    @inline(__always)
    private func eliminate(_ row: Int, of gram: UnsafeMutablePointer<Lanes>) {
        let target = lower + triangleCount(row)
        let source = gram + triangleCount(row)
        var column = 0
        while column + 4 <= row {
            let (l0, l1) = (lower + triangleCount(column), lower + triangleCount(column + 1))
            let (l2, l3) = (lower + triangleCount(column + 2), lower + triangleCount(column + 3))
            var (r0, r1, r2, r3) = (source[column], source[column + 1], source[column + 2], source[column + 3])
            for index in 0..<column {
                let factor = -target[index]
                r0 = multiplyAdd(factor, l0[index], r0)
                r1 = multiplyAdd(factor, l1[index], r1)
                r2 = multiplyAdd(factor, l2[index], r2)
                r3 = multiplyAdd(factor, l3[index], r3)
            }
            r0 *= l0[column]
            r1 = multiplyAdd(-r0, l1[column], r1) * l1[column + 1]
            r2 = multiplyAdd(-r1, l2[column + 1], multiplyAdd(-r0, l2[column], r2)) * l2[column + 2]
            r3 = multiplyAdd(-r1, l3[column + 1], multiplyAdd(-r0, l3[column], r3))
            r3 = multiplyAdd(-r2, l3[column + 2], r3) * l3[column + 3]
            target[column] = r0
            target[column + 1] = r1
            target[column + 2] = r2
            target[column + 3] = r3
            column += 4
        }
        while column < row {
            let other = lower + triangleCount(column)
            var rest = source[column]
            for index in 0..<column { rest = multiplyAdd(-target[index], other[index], rest) }
            target[column] = rest * other[column]
            column += 1
        }
    }

    /// Solves `L x = b` in place.
    ///
    /// - Parameter first: the entries of `b` before it are 0, and so are those of `x`.
    @inline(__always)
    func solveLower(_ x: UnsafeMutablePointer<Lanes>, from first: Int = 0) {
        for column in first..<order {
            let entry = lower + triangleCount(column) + column
            let value = x[column] * entry[0]
            x[column] = value
            subtract(value, timesColumn: column, from: x)
        }
    }

    /// Takes `value` times what lies below the diagonal of a column of `L` from the entries of `x` there.
    @inline(__always)
    private func subtract(_ value: Lanes, timesColumn column: Int, from x: UnsafeMutablePointer<Lanes>) {
        let factor = -value
        var entry = lower + triangleCount(column) + column
        for row in column &+ 1..<order {
            entry += row
            x[row] = multiplyAdd(factor, entry[0], x[row])
        }
    }

    /// Solves `L' x = b` in place.
    @inline(__always)
    func solveUpper(_ x: UnsafeMutablePointer<Lanes>) {
        for row in stride(from: order - 1, through: 0, by: -1) {
            let entries = lower + triangleCount(row)
            let value = x[row] * entries[row]
            x[row] = value
            let factor = -value
            for column in 0..<row { x[column] = multiplyAdd(entries[column], factor, x[column]) }
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
        for row in 0..<order { scales[row] = gram[triangleCount(row) + row].squareRoot() }
        let largest = largestRowSum(gram, scales, reciprocals: z, sums: sums)
        for row in 0..<order { z[row] = .zero }
        for row in 0..<order {
            let (scale, rest) = (scales[row], z[row])
            let signed = select(rest, <, .zero, -scale, else: scale)
            z[row] = (signed + rest) * lower[triangleCount(row) + row]
            subtract(z[row], timesColumn: row, from: z)
        }
        solveUpper(z)
        let before = scaledSquares(z, scales)
        for row in 0..<order { z[row] *= scales[row] * scales[row] }
        solveLower(z)
        solveUpper(z)
        let after = scaledSquares(z, scales)
        return (Lanes(repeating: 1) + largest) * (after / before).squareRoot()
    }

    /// The largest row sum of the magnitudes of `D G D`, without the diagonal's 1.
    @inline(__always)
    private func largestRowSum(
        _ gram: UnsafeMutablePointer<Lanes>, _ scales: UnsafeMutablePointer<Lanes>,
        reciprocals: UnsafeMutablePointer<Lanes>, sums: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        var largest = Lanes.zero
        for row in 0..<order {
            let entries = gram + triangleCount(row)
            let reciprocal = Lanes(repeating: 1) / scales[row]
            reciprocals[row] = reciprocal
            var sum = Lanes.zero
            for column in 0..<row {
                let share = magnitude(entries[column]) * (reciprocal * reciprocals[column])
                sum += share
                sums[column] += share
            }
            sums[row] = sum
        }
        for row in 0..<order { largest = larger(sums[row], largest) }
        return largest
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
}
