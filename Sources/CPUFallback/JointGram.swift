import Compute

/// Sums `w z z'` over the rows of one block, for rows `z` of `width` values: the lower triangle, row by row.
///
/// Every entry is summed in double from zero, row after row, so its bits do not depend on the tiles. A tile is 8 rows
/// by 8 columns of the result, held in 8 vector registers over all rows of the block.
struct JointGram<Scalar: LaneScalar> {
    typealias Lanes = SIMD8<Double>

    let width: Int
    /// Row length of the scratch, a whole number of vectors.
    private let paddedWidth: Int
    /// The block's rows in double, and the same times their weights.
    private let plain: UnsafeMutablePointer<Double>
    private let weighted: UnsafeMutablePointer<Double>

    /// Scratch for one thread; `deallocate` gives it back.
    init(width: Int) {
        self.width = width
        paddedWidth = (width + 7) / 8 * 8
        let count = TaskLayout.rowsPerBlock * paddedWidth + 8
        plain = .allocate(capacity: count)
        plain.initialize(repeating: 0, count: count)
        weighted = .allocate(capacity: count)
        weighted.initialize(repeating: 0, count: count)
    }

    func deallocate() {
        plain.deallocate()
        weighted.deallocate()
    }

    /// Writes the `triangleCount(width)` sums over `rowCount` rows.
    @inline(__always)
    func sum(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int,
        into sums: UnsafeMutablePointer<Scalar>
    ) {
        if Scalar.self == Double.self, weights == nil {
            let values = UnsafeRawPointer(rows).assumingMemoryBound(to: Double.self)
            sumTiles(left: values, right: values, stride: width, rowCount: rowCount, into: sums)
            return
        }
        widen(rows: rows, weights: weights, rowCount: rowCount)
        let right = weights == nil ? plain : weighted
        sumTiles(left: plain, right: right, stride: paddedWidth, rowCount: rowCount, into: sums)
    }

    @inline(__always)
    private func widen(rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int) {
        for row in 0..<rowCount {
            let source = rows + row * width
            let destination = plain + row * paddedWidth
            for column in 0..<width { destination[column] = Double(source[column]) }
        }
        guard let weights else { return }
        for row in 0..<rowCount {
            let weight = Double(weights[row])
            let source = plain + row * paddedWidth
            let destination = weighted + row * paddedWidth
            for column in 0..<width { destination[column] = weight * source[column] }
        }
    }

    @inline(__always)
    private func sumTiles(
        left: UnsafePointer<Double>, right: UnsafePointer<Double>, stride: Int, rowCount: Int,
        into sums: UnsafeMutablePointer<Scalar>
    ) {
        var firstRow = 0
        while firstRow < width {
            var firstColumn = 0
            while firstColumn <= firstRow {
                sumTile(
                    left: left + firstRow, right: right + firstColumn, stride: stride, rowCount: rowCount,
                    firstRow: firstRow, firstColumn: firstColumn, into: sums)
                firstColumn += 8
            }
            firstRow += 8
        }
    }

    @inline(__always)
    private func sumTile(
        left: UnsafePointer<Double>, right: UnsafePointer<Double>, stride: Int, rowCount: Int,
        firstRow: Int, firstColumn: Int, into sums: UnsafeMutablePointer<Scalar>
    ) {
        var (s0, s1, s2, s3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var (s4, s5, s6, s7) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var a = left
        var b = right
        for _ in 0..<rowCount {
            let columns = UnsafeRawPointer(b).loadUnaligned(as: Lanes.self)
            s0 = multiplyAdd(Lanes(repeating: a[0]), columns, s0)
            s1 = multiplyAdd(Lanes(repeating: a[1]), columns, s1)
            s2 = multiplyAdd(Lanes(repeating: a[2]), columns, s2)
            s3 = multiplyAdd(Lanes(repeating: a[3]), columns, s3)
            s4 = multiplyAdd(Lanes(repeating: a[4]), columns, s4)
            s5 = multiplyAdd(Lanes(repeating: a[5]), columns, s5)
            s6 = multiplyAdd(Lanes(repeating: a[6]), columns, s6)
            s7 = multiplyAdd(Lanes(repeating: a[7]), columns, s7)
            a += stride
            b += stride
        }
        store(s0, row: firstRow, firstColumn: firstColumn, into: sums)
        store(s1, row: firstRow + 1, firstColumn: firstColumn, into: sums)
        store(s2, row: firstRow + 2, firstColumn: firstColumn, into: sums)
        store(s3, row: firstRow + 3, firstColumn: firstColumn, into: sums)
        store(s4, row: firstRow + 4, firstColumn: firstColumn, into: sums)
        store(s5, row: firstRow + 5, firstColumn: firstColumn, into: sums)
        store(s6, row: firstRow + 6, firstColumn: firstColumn, into: sums)
        store(s7, row: firstRow + 7, firstColumn: firstColumn, into: sums)
    }

    @inline(__always)
    private func store(_ values: Lanes, row: Int, firstColumn: Int, into sums: UnsafeMutablePointer<Scalar>) {
        guard row < width else { return }
        let start = sums + triangleCount(row) + firstColumn
        for column in 0..<min(8, row + 1 - firstColumn) { start[column] = Scalar(values[column]) }
    }
}
