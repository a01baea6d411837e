import Compute

/// Eight consecutive rows, one a lane.
struct EightRows<Scalar: LaneScalar> {
    private typealias Row = UnsafePointer<Scalar>

    private let row0, row1, row2, row3, row4, row5, row6, row7: Row

    /// - Parameter width: values from one row to the next.
    @inline(__always)
    init(at first: UnsafePointer<Scalar>, width: Int) {
        (row0, row1, row2, row3) = (first, first + width, first + 2 &* width, first + 3 &* width)
        let fifth = first + 4 &* width
        (row4, row5, row6, row7) = (fifth, fifth + width, fifth + 2 &* width, fifth + 3 &* width)
    }

    /// One value of each row.
    @inline(__always)
    func column(_ index: Int) -> DoubleLanes {
        DoubleLanes(
            Double(row0[index]), Double(row1[index]), Double(row2[index]), Double(row3[index]), Double(row4[index]),
            Double(row5[index]), Double(row6[index]), Double(row7[index]))
    }

    /// `x' beta` of each row. Reading up to a vector past a row is allowed.
    ///
    /// - Parameters:
    ///   - beta: vectors of eight, of which the last may be cut short.
    ///   - lastLanes: which lanes of the last vector are features: what lies behind them may be anything, also not a
    ///     number.
    @inline(__always)
    func products(
        with beta: UnsafePointer<DoubleLanes>, vectorCount: Int, lastLanes: LaneBits
    ) -> DoubleLanes {
        let last = vectorCount &- 1
        @inline(__always) func end(_ row: Row) -> DoubleLanes {
            kept(widened(row + last &* 8), lastLanes) * beta[last]
        }
        var (p0, p1, p2, p3) = (end(row0), end(row1), end(row2), end(row3))
        var (p4, p5, p6, p7) = (end(row4), end(row5), end(row6), end(row7))
        for index in 0..<last {
            let (b, place) = (beta[index], index &* 8)
            p0 = multiplyAdd(widened(row0 + place), b, p0)
            p1 = multiplyAdd(widened(row1 + place), b, p1)
            p2 = multiplyAdd(widened(row2 + place), b, p2)
            p3 = multiplyAdd(widened(row3 + place), b, p3)
            p4 = multiplyAdd(widened(row4 + place), b, p4)
            p5 = multiplyAdd(widened(row5 + place), b, p5)
            p6 = multiplyAdd(widened(row6 + place), b, p6)
            p7 = multiplyAdd(widened(row7 + place), b, p7)
        }
        return pairSums(
            pairSums(pairSums(p0, p1), pairSums(p2, p3)), pairSums(pairSums(p4, p5), pairSums(p6, p7)))
    }

    /// Adds `sum over rows of factor x` to vectors of eight features.
    @inline(__always)
    func add(times factors: DoubleLanes, to sums: UnsafeMutablePointer<DoubleLanes>, vectorCount: Int) {
        for index in 0..<vectorCount {
            let place = index &* 8
            @inline(__always) func add(_ row: Row, _ lane: Int, to sum: DoubleLanes) -> DoubleLanes {
                multiplyAdd(widened(row + place), DoubleLanes(repeating: factors[lane]), sum)
            }
            // Two sums side by side: one alone would wait for itself.
            var (even, odd) = (sums[index], DoubleLanes.zero)
            even = add(row0, 0, to: even)
            odd = add(row1, 1, to: odd)
            even = add(row2, 2, to: even)
            odd = add(row3, 3, to: odd)
            even = add(row4, 4, to: even)
            odd = add(row5, 5, to: odd)
            even = add(row6, 6, to: even)
            odd = add(row7, 7, to: odd)
            sums[index] = even + odd
        }
    }

    /// The sums of neighbours, those of `a` before those of `b`.
    @inline(__always)
    private func pairSums(_ a: DoubleLanes, _ b: DoubleLanes) -> DoubleLanes {
        DoubleLanes(lowHalf: a.evenHalf, highHalf: b.evenHalf) + DoubleLanes(lowHalf: a.oddHalf, highHalf: b.oddHalf)
    }
}
