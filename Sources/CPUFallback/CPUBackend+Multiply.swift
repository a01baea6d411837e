public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func multiply(_ matrices: Matrices<Buffer>, _ vectors: Vectors<Buffer>, into products: Vectors<Buffer>) {
        let order = matrices.order
        precondition(vectors.width == order && products.width == order, "vectors as wide as the matrices' order")
        let (tasks, columns) = (products.taskCount, products.columnCount)
        let triangles = matrices.triangles
        let grams = Operand(
            triangles, triangles.broadcast(taskCount: tasks, columnCount: 1, width: triangleCount(order)))
        let inputs = Operand(vectors, vectors.broadcast(over: products))
        let grain = packsPerUnit(costPerPack: order * order * columns + 1)
        parallel.forEachRange(of: packCount(tasks), grain: grain) { packs in
            for pack in packs {
                let product = PackProduct<Scalar>(order: order, matrix: grams.column(0, ofPack: pack))
                let output: UnsafeMutablePointer<Scalar.Lanes> = products.entries.vectors(ofPack: pack)
                var column = 0
                while column + 4 <= columns {
                    product.fourColumns(
                        inputs.column(column, ofPack: pack), inputs.column(column + 1, ofPack: pack),
                        inputs.column(column + 2, ofPack: pack), inputs.column(column + 3, ofPack: pack),
                        into: output + column * order)
                    column += 4
                }
                while column < columns {
                    product.oneColumn(inputs.column(column, ofPack: pack), into: output + column * order)
                    column += 1
                }
            }
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func gradientStep(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, from vectors: Vectors<Buffer>,
        lengths: Vectors<Buffer>, into result: Vectors<Buffer>
    ) {
        let order = matrices.order
        precondition(vectors.width == order && result.width == order, "vectors as wide as the matrices' order")
        precondition(linear.width == order && lengths.width == 1, "linear terms as wide, and one length a column")
        let tasks = result.taskCount
        let triangles = matrices.triangles
        let grams = Operand(
            triangles, triangles.broadcast(taskCount: tasks, columnCount: 1, width: triangleCount(order)))
        let inputs = Operand(vectors, vectors.broadcast(over: result))
        let terms = Operand(linear, linear.broadcast(over: result))
        let steps = Operand(lengths, lengths.broadcast(over: result))
        let grain = packsPerUnit(costPerPack: order * order * result.columnCount + 1)
        parallel.forEachRange(of: packCount(tasks), grain: grain) { packs in
            for pack in packs {
                let product = PackProduct<Scalar>(order: order, matrix: grams.column(0, ofPack: pack))
                let output: UnsafeMutablePointer<Scalar.Lanes> = result.entries.vectors(ofPack: pack)
                for column in 0..<result.columnCount {
                    let (x, c) = (inputs.column(column, ofPack: pack), terms.column(column, ofPack: pack))
                    let length = -steps.column(column, ofPack: pack)[0]
                    let y = output + column * order
                    product.oneColumn(x, into: y)
                    for index in 0..<order { y[index] = multiplyAdd(length, y[index] - c[index], x[index]) }
                }
            }
        }
    }
}

/// Products of the symmetric matrices of one pack with vectors, one task a lane.
///
private struct PackProduct<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let order: Int
    let matrix: UnsafeMutablePointer<Lanes>

    /// Each entry of the triangle is read once, for both of its places in the matrix. `y` may not be `x`.
    @inline(__always)
    func oneColumn(_ x: UnsafeMutablePointer<Lanes>, into y: UnsafeMutablePointer<Lanes>) {
        var entries = matrix
        for row in 0..<order {
            let value = x[row]
            // Two sums side by side: one alone would wait for itself.
            var (even, odd) = (Lanes.zero, Lanes.zero)
            var column = 0
            while column &+ 2 <= row {
                let (left, right) = (entries[column], entries[column &+ 1])
                even = multiplyAdd(left, x[column], even)
                odd = multiplyAdd(right, x[column &+ 1], odd)
                y[column] = multiplyAdd(left, value, y[column])
                y[column &+ 1] = multiplyAdd(right, value, y[column &+ 1])
                column &+= 2
            }
            if column < row {
                even = multiplyAdd(entries[column], x[column], even)
                y[column] = multiplyAdd(entries[column], value, y[column])
            }
            y[row] = multiplyAdd(entries[row], value, even + odd)
            entries += row &+ 1
        }
    }

    /// Four columns for one reading of the matrix: `y` and the three columns behind it.
    @inline(__always)
    func fourColumns(
        _ x0: UnsafeMutablePointer<Lanes>, _ x1: UnsafeMutablePointer<Lanes>, _ x2: UnsafeMutablePointer<Lanes>,
        _ x3: UnsafeMutablePointer<Lanes>, into y: UnsafeMutablePointer<Lanes>
    ) {
        for row in 0..<order {
            var (s0, s1, s2, s3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
            forEachEntry(ofRow: row) { column, entry in
                s0 = multiplyAdd(entry, x0[column], s0)
                s1 = multiplyAdd(entry, x1[column], s1)
                s2 = multiplyAdd(entry, x2[column], s2)
                s3 = multiplyAdd(entry, x3[column], s3)
            }
            y[row] = s0
            y[order + row] = s1
            y[2 * order + row] = s2
            y[3 * order + row] = s3
        }
    }

    /// Calls `body` with each column and the entry of `row` there: along its row of the triangle, then down its column.
    @inline(__always)
    private func forEachEntry(ofRow row: Int, _ body: (Int, Lanes) -> Void) {
        let left = matrix + triangleCount(row)
        for column in 0...row { body(column, left[column]) }
        var below = left + row
        for column in row &+ 1..<order {
            below += column
            body(column, below[0])
        }
    }
}
