import Compute

/// Sums `left[i] right[k]` over the rows of a panel, for some values of a row on the left and vectors of 8 on the right.
///
/// A tile's sums stay in registers while all rows of the panel pass. `sums` has `vectorCount` vectors a row; those of
/// the panels before are gone on with where `isFirst` is false.
struct GramTile<Row: RowVectors> {
    let left: UnsafePointer<Double>
    let right: UnsafePointer<Double>
    /// Values from one row of the panel to the next.
    let stride: Int
    let rowCount: Int
    let isFirst: Bool
    let sums: UnsafeMutablePointer<DoubleLanes>
    let vectorCount: Int

    /// The tile of the rows from `row` on.
    @inline(__always)
    func skipping(_ row: Int) -> GramTile {
        GramTile(
            left: left + row, right: right, stride: stride, rowCount: rowCount, isFirst: isFirst,
            sums: sums + row * vectorCount, vectorCount: vectorCount)
    }

    @inline(__always)
    private func start(_ row: Int) -> Row { isFirst ? .zero : Row(at: sums + row * vectorCount) }

    @inline(__always)
    func eightRows() {
        var (s0, s1, s2, s3) = (start(0), start(1), start(2), start(3))
        var (s4, s5, s6, s7) = (start(4), start(5), start(6), start(7))
        var (a, b) = (left, right)
        for _ in 0..<rowCount {
            let columns = Row(widening: b)
            s0.add(a[0], times: columns)
            s1.add(a[1], times: columns)
            s2.add(a[2], times: columns)
            s3.add(a[3], times: columns)
            s4.add(a[4], times: columns)
            s5.add(a[5], times: columns)
            s6.add(a[6], times: columns)
            s7.add(a[7], times: columns)
            a += stride
            b += stride
        }
        store(s0, s1, s2, s3, at: sums)
        store(s4, s5, s6, s7, at: sums + 4 * vectorCount)
    }

    @inline(__always)
    func fourRows() {
        var (s0, s1, s2, s3) = (start(0), start(1), start(2), start(3))
        var (a, b) = (left, right)
        for _ in 0..<rowCount {
            let columns = Row(widening: b)
            s0.add(a[0], times: columns)
            s1.add(a[1], times: columns)
            s2.add(a[2], times: columns)
            s3.add(a[3], times: columns)
            a += stride
            b += stride
        }
        store(s0, s1, s2, s3, at: sums)
    }

    /// One row, of which four sums run side by side: one alone would wait for itself.
    @inline(__always)
    func oneRow() {
        var (s0, s1, s2, s3) = (start(0), Row.zero, Row.zero, Row.zero)
        var (a, b) = (left, right)
        for _ in 0..<rowCount / 4 {
            s0.add(a[0], times: Row(widening: b))
            s1.add(a[stride], times: Row(widening: b + stride))
            s2.add(a[2 * stride], times: Row(widening: b + 2 * stride))
            s3.add(a[3 * stride], times: Row(widening: b + 3 * stride))
            a += 4 * stride
            b += 4 * stride
        }
        for _ in 0..<rowCount % 4 {
            s0.add(a[0], times: Row(widening: b))
            a += stride
            b += stride
        }
        s0.add(s1)
        s2.add(s3)
        s0.add(s2)
        s0.store(at: sums)
    }

    @inline(__always)
    private func store(_ s0: Row, _ s1: Row, _ s2: Row, _ s3: Row, at memory: UnsafeMutablePointer<DoubleLanes>) {
        s0.store(at: memory)
        s1.store(at: memory + vectorCount)
        s2.store(at: memory + 2 * vectorCount)
        s3.store(at: memory + 3 * vectorCount)
    }
}
