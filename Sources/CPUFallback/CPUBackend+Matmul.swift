public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func matmul(_ vectors: Vectors<Buffer>, _ matrix: Vectors<Buffer>, into products: Vectors<Buffer>) {
        precondition(matrix.taskCount == 1, "one matrix for all tasks")
        precondition(vectors.width == matrix.width, "vectors as wide as the matrix")
        precondition(products.width == matrix.columnCount, "products with a value for each row of the matrix")
        precondition(
            products.taskCount == vectors.taskCount && products.columnCount == vectors.columnCount,
            "a product for each vector")
        let (width, height) = (matrix.width, matrix.columnCount)
        let tiles = rowTiles(of: matrix)
        let grain = packsPerUnit(costPerPack: vectors.columnCount * width * height + 1)
        parallel.forEachRange(of: packCount(vectors.taskCount), grain: grain) { packs in
            for pack in packs {
                let input: UnsafeMutablePointer<Scalar.Lanes> = vectors.entries.vectors(ofPack: pack)
                let output: UnsafeMutablePointer<Scalar.Lanes> = products.entries.vectors(ofPack: pack)
                for column in 0..<vectors.columnCount {
                    for row in stride(from: 0, to: height, by: 8) {
                        Self.multiply(
                            tiles.base + row * width, input + column * width, width: width,
                            into: output + column * height + row, rowCount: min(8, height - row))
                    }
                }
            }
        }
    }

    /// The matrix in tiles of 8 rows, column by column; rows past the last are zero.
    @inline(__always)
    private func rowTiles(of matrix: Vectors<Buffer>) -> Buffer {
        let (width, height) = (matrix.width, matrix.columnCount)
        let tiles = Buffer(count: (height + 7) / 8 * 8 * width)
        let values = matrix.entries.lane(of: 0, lanes: Self.lanes)
        for row in 0..<height {
            let tile = tiles.base + row / 8 * 8 * width + row % 8
            for column in 0..<width { tile[column * 8] = values[(row * width + column) * Self.lanes] }
        }
        return tiles
    }

    /// Products of the 8 rows of a tile with one vector of a pack, of which `rowCount` are stored.
    @inline(__always)
    private static func multiply(
        _ tile: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar.Lanes>, width: Int,
        into y: UnsafeMutablePointer<Scalar.Lanes>, rowCount: Int
    ) {
        typealias Lanes = Scalar.Lanes
        var (s0, s1, s2, s3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var (s4, s5, s6, s7) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var entries = tile
        for column in 0..<width {
            let value = x[column]
            s0 = multiplyAdd(Lanes(repeating: entries[0]), value, s0)
            s1 = multiplyAdd(Lanes(repeating: entries[1]), value, s1)
            s2 = multiplyAdd(Lanes(repeating: entries[2]), value, s2)
            s3 = multiplyAdd(Lanes(repeating: entries[3]), value, s3)
            s4 = multiplyAdd(Lanes(repeating: entries[4]), value, s4)
            s5 = multiplyAdd(Lanes(repeating: entries[5]), value, s5)
            s6 = multiplyAdd(Lanes(repeating: entries[6]), value, s6)
            s7 = multiplyAdd(Lanes(repeating: entries[7]), value, s7)
            entries += 8
        }
        y[0] = s0
        if rowCount > 1 { y[1] = s1 }
        if rowCount > 2 { y[2] = s2 }
        if rowCount > 3 { y[3] = s3 }
        if rowCount > 4 { y[4] = s4 }
        if rowCount > 5 { y[5] = s5 }
        if rowCount > 6 { y[6] = s6 }
        if rowCount > 7 { y[7] = s7 }
    }
}
