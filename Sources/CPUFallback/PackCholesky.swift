import Compute

/// The Cholesky factors of the tasks of one pack, one task a lane.
///
/// `lower` holds the lower triangle row by row, with the reciprocals of `L`'s diagonal on its diagonal: divisions are
/// made once, while factoring.
struct PackCholesky<Lanes: SIMD> where Lanes.Scalar: LaneScalar {
    typealias Scalar = Lanes.Scalar

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
        diagnosis[0] = factor(gram, tolerance: tolerance)
        diagnosis[1] = conditionEstimate(gram, scratch: scratch)
    }

    /// Factors `gram` and returns each lane's code.
    @inline(__always)
    func factor(_ gram: UnsafeMutablePointer<Lanes>, tolerance: Scalar) -> Lanes {
        var pivots = Pivots<Lanes>(tolerance: tolerance)
        for row in 0..<order {
            if row & 1 == 0 && row &+ 1 < order {
                eliminatePair(row, of: gram)
            } else {
                // Of the second row of a pair one entry is left; a last row without a next one is whole.
                eliminate(row, of: gram, from: row & 1 == 0 ? 0 : row &- 1)
            }
            let target = lower + triangleCount(row)
            let diagonal = gram[triangleCount(row) + row]
            var pivot = diagonal
            for index in 0..<row { pivot = multiplyAdd(-target[index], target[index], pivot) }
            target[row] = pivots.reciprocalRoot(of: pivot, diagonal: diagonal, row: row)
        }
        return pivots.code
    }

    /// Solves `L x = b` where `b` lies behind the matrix, as its row `order`, and `x` behind the factor.
    @inline(__always)
    func solveLowerBehind(_ gram: UnsafeMutablePointer<Lanes>) { eliminate(order, of: gram, from: 0) }

    /// Writes the row of `L` left of the diagonal, from a column that is a multiple of four or the last.
    @inline(__always)
    private func eliminate(_ row: Int, of gram: UnsafeMutablePointer<Lanes>, from first: Int) {
        let target = lower + triangleCount(row)
        let source = gram + triangleCount(row)
        var column = first
        while column &+ 4 <= row {
            let above = FourRows<Lanes>(of: lower, from: column)
            var entries = FourEntries<Lanes>(at: source + column)
            for index in 0..<column { entries.subtract(target[index], times: above[index]) }
            entries.solve(above, column: column, into: target + column)
            column &+= 4
        }
        while column < row {
            let other = lower + triangleCount(column)
            var rest = source[column]
            for index in 0..<column { rest = multiplyAdd(-target[index], other[index], rest) }
            target[column] = rest * other[column]
            column &+= 1
        }
    }

    /// Writes an even row of `L` left of the diagonal, and as much of the next one: what is above is loaded once for both.
    @inline(__always)
    private func eliminatePair(_ row: Int, of gram: UnsafeMutablePointer<Lanes>) {
        let (upper, under) = (lower + triangleCount(row), lower + triangleCount(row &+ 1))
        let (source, next) = (gram + triangleCount(row), gram + triangleCount(row &+ 1))
        var column = 0
        while column &+ 4 <= row {
            let above = FourRows<Lanes>(of: lower, from: column)
            var entries = FourEntries<Lanes>(at: source + column)
            var others = FourEntries<Lanes>(at: next + column)
            for index in 0..<column {
                let factors = above[index]
                entries.subtract(upper[index], times: factors)
                others.subtract(under[index], times: factors)
            }
            entries.solve(above, column: column, into: upper + column)
            others.solve(above, column: column, into: under + column)
            column &+= 4
        }
        if column < row {
            let (l0, l1) = (lower + triangleCount(column), lower + triangleCount(column &+ 1))
            var (r0, r1) = (source[column], source[column &+ 1])
            var (s0, s1) = (next[column], next[column &+ 1])
            for index in 0..<column {
                let (r, s) = (-upper[index], -under[index])
                r0 = multiplyAdd(r, l0[index], r0)
                r1 = multiplyAdd(r, l1[index], r1)
                s0 = multiplyAdd(s, l0[index], s0)
                s1 = multiplyAdd(s, l1[index], s1)
            }
            r0 *= l0[column]
            s0 *= l0[column]
            upper[column] = r0
            under[column] = s0
            upper[column &+ 1] = multiplyAdd(-r0, l1[column], r1) * l1[column &+ 1]
            under[column &+ 1] = multiplyAdd(-s0, l1[column], s1) * l1[column &+ 1]
        }
    }

    /// Solves `L x = b` in place.
    ///
    /// - Parameter first: the entries of `b` before it are 0, and so are those of `x`.
    @inline(__always)
    func solveLower(_ x: UnsafeMutablePointer<Lanes>, from first: Int = 0) {
        solveLower(x, from: first) { _, rest in rest }
    }

    /// Solves `L x = b` in place, where `b` is chosen while it is solved: `choose` takes the number of an entry and what
    /// is left of it, which is what `x` holds there less what the entries before it take.
    @inline(__always)
    private func solveLower(
        _ x: UnsafeMutablePointer<Lanes>, from first: Int, _ choose: (Int, Lanes) -> Lanes
    ) {
        var column = first
        // Two columns at a time: what is left of `x` is then read and written half as often.
        while column &+ 1 < order {
            var entries = lower + triangleCount(column &+ 1) + column
            let value = choose(column, x[column]) * lower[triangleCount(column) + column]
            let next = choose(column &+ 1, multiplyAdd(entries[0], -value, x[column &+ 1])) * entries[1]
            x[column] = value
            x[column &+ 1] = next
            let (factor, second) = (-value, -next)
            for row in column &+ 2..<order {
                entries += row
                x[row] = multiplyAdd(entries[1], second, multiplyAdd(entries[0], factor, x[row]))
            }
            column &+= 2
        }
        if column < order { x[column] = choose(column, x[column]) * lower[triangleCount(column) + column] }
    }

    /// Solves `L' x = b` in place.
    @inline(__always)
    func solveUpper(_ x: UnsafeMutablePointer<Lanes>) {
        var row = order &- 1
        // Two rows at a time: what is left of `x` is then read and written half as often.
        while row > 0 {
            let (entries, above) = (lower + triangleCount(row), lower + triangleCount(row &- 1))
            let value = x[row] * entries[row]
            let next = multiplyAdd(entries[row &- 1], -value, x[row &- 1]) * above[row &- 1]
            x[row] = value
            x[row &- 1] = next
            let (factor, second) = (-value, -next)
            for column in 0..<row &- 1 {
                x[column] = multiplyAdd(above[column], second, multiplyAdd(entries[column], factor, x[column]))
            }
            row &-= 2
        }
        if row == 0 { x[0] *= lower[0] }
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
        solveLower(z, from: 0) { row, rest in
            let scale = scales[row]
            return select(rest, <, .zero, -scale, else: scale) + rest
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

/// What is found of each lane while its pivots are formed, one after another.
private struct Pivots<Lanes: SIMD> where Lanes.Scalar: LaneScalar {
    typealias Scalar = Lanes.Scalar

    private let tolerance: Scalar
    private(set) var code = Lanes.zero
    /// The largest factor by which a diagonal shrank so far: rounding grew by it.
    private var growth = Lanes(repeating: 1)

    @inline(__always)
    init(tolerance: Scalar) { self.tolerance = tolerance }

    /// `1 / sqrt(pivot)`, or 1 for a pivot that is too small.
    @inline(__always)
    mutating func reciprocalRoot(of pivot: Lanes, diagonal: Lanes, row: Int) -> Lanes {
        let one = Lanes(repeating: 1)
        let limit = diagonal * larger(growth * (tolerance / 64), Lanes(repeating: tolerance))
        let isUnsolved = select(pivot, >, limit, .zero, else: one)
        let firstUnsolved = select(code, ==, .zero, Lanes(repeating: Scalar(row + 1)), else: code)
        code = select(isUnsolved, ==, one, firstUnsolved, else: code)
        code = select(diagonal - diagonal, ==, .zero, code, else: -one)
        let root = one / select(isUnsolved, ==, one, one, else: pivot).squareRoot()
        growth = select(isUnsolved, ==, one, growth, else: larger(diagonal * (root * root), growth))
        return root
    }
}

/// Four neighbouring rows of `L`, as pointers.
private struct FourRows<Lanes: SIMD> where Lanes.Scalar: LaneScalar {

    let l0: UnsafeMutablePointer<Lanes>
    let l1: UnsafeMutablePointer<Lanes>
    let l2: UnsafeMutablePointer<Lanes>
    let l3: UnsafeMutablePointer<Lanes>

    @inline(__always)
    init(of lower: UnsafeMutablePointer<Lanes>, from row: Int) {
        l0 = lower + triangleCount(row)
        l1 = lower + triangleCount(row &+ 1)
        l2 = lower + triangleCount(row &+ 2)
        l3 = lower + triangleCount(row &+ 3)
    }

    @inline(__always)
    subscript(column: Int) -> (Lanes, Lanes, Lanes, Lanes) { (l0[column], l1[column], l2[column], l3[column]) }
}

/// What is left of four neighbouring entries of a row, side by side: their sums do not wait for each other.
private struct FourEntries<Lanes: SIMD> where Lanes.Scalar: LaneScalar {

    private var r0: Lanes
    private var r1: Lanes
    private var r2: Lanes
    private var r3: Lanes

    @inline(__always)
    init(at source: UnsafeMutablePointer<Lanes>) { (r0, r1, r2, r3) = (source[0], source[1], source[2], source[3]) }

    @inline(__always)
    mutating func subtract(_ value: Lanes, times factors: (Lanes, Lanes, Lanes, Lanes)) {
        let negative = -value
        r0 = multiplyAdd(negative, factors.0, r0)
        r1 = multiplyAdd(negative, factors.1, r1)
        r2 = multiplyAdd(negative, factors.2, r2)
        r3 = multiplyAdd(negative, factors.3, r3)
    }

    /// Takes out what the four entries owe to each other, and writes them.
    @inline(__always)
    func solve(_ rows: FourRows<Lanes>, column: Int, into target: UnsafeMutablePointer<Lanes>) {
        let (l1, l2, l3) = (rows.l1 + column, rows.l2 + column, rows.l3 + column)
        let x0 = r0 * rows.l0[column]
        let x1 = multiplyAdd(-x0, l1[0], r1) * l1[1]
        let x2 = multiplyAdd(-x1, l2[1], multiplyAdd(-x0, l2[0], r2)) * l2[2]
        let x3 = multiplyAdd(-x2, l3[2], multiplyAdd(-x1, l3[1], multiplyAdd(-x0, l3[0], r3))) * l3[3]
        (target[0], target[1], target[2], target[3]) = (x0, x1, x2, x3)
    }
}
