import Compute

/// Folds rows, a block at a time, into the triangle `R` of their QR decomposition by Householder's reflections.
///
/// `R` lies on top of the block, `k`-th column after column is reflected so that all of it comes to lie in row `k` of
/// `R`, and nothing is left of the block: `R'R` has grown by the block's `sum of w z z'` without that sum being formed.
/// `R` is kept as `L = R'`, the lower triangle row by row, which up to signs is the Cholesky factor of the joint Gram.
struct HouseholderBlock {
    private typealias Lanes = SIMD8<Double>

    let width: Int
    /// The block, column after column.
    private let columns: UnsafeMutablePointer<Lanes>
    private static var vectorsPerColumn: Int { TaskLayout.rowsPerBlock / Lanes.scalarCount }

    /// Scratch for one thread; `deallocate` gives it back.
    init(width: Int) {
        self.width = width
        columns = .allocate(capacity: width * Self.vectorsPerColumn)
        columns.initialize(repeating: .zero, count: width * Self.vectorsPerColumn)
    }

    func deallocate() { columns.deallocate() }

    /// Folds the rows of one block of a chunk into `lower`, `triangleCount(width)` values that are zero before any rows.
    func fold(_ block: RowBlock, of chunk: RowChunk<Double>, into lower: UnsafeMutablePointer<Double>) {
        load(block, of: chunk)
        let count = (Int(block.rowCount) + Lanes.scalarCount - 1) / Lanes.scalarCount
        for k in 0..<width {
            let pivotColumn = columns + k * Self.vectorsPerColumn
            let below = dot(pivotColumn, pivotColumn, count)
            if below == 0 { continue }
            let diagonal = lower[triangleCount(k) + k]
            let length = (diagonal * diagonal + below).squareRoot()
            // The sign that adds magnitudes: v = z - H z loses nothing.
            let reflected = diagonal > 0 ? -length : length
            let top = diagonal - reflected
            let factor = 1 / (length * abs(top))
            lower[triangleCount(k) + k] = reflected
            for j in k + 1..<width {
                let column = columns + j * Self.vectorsPerColumn
                let entry = lower + triangleCount(j) + k
                let share = factor * (top * entry.pointee + dot(pivotColumn, column, count))
                entry.pointee -= share * top
                let shares = Lanes(repeating: -share)
                for index in 0..<count { column[index] = multiplyAdd(shares, pivotColumn[index], column[index]) }
            }
        }
    }

    /// Writes the rows, times the roots of their weights, column after column, zeros after the last.
    private func load(_ block: RowBlock, of chunk: RowChunk<Double>) {
        let first = Int(block.firstRow)
        let count = Int(block.rowCount)
        let padded = (count + Lanes.scalarCount - 1) / Lanes.scalarCount * Lanes.scalarCount
        let values = UnsafeMutableRawPointer(columns).assumingMemoryBound(to: Double.self)
        for row in 0..<count {
            let source = chunk.values + (first + row) * width
            let root = chunk.weight(ofRow: first + row).squareRoot()
            for column in 0..<width { values[column * TaskLayout.rowsPerBlock + row] = root * source[column] }
        }
        for column in 0..<width {
            for row in count..<padded { values[column * TaskLayout.rowsPerBlock + row] = 0 }
        }
    }

    private func dot(_ a: UnsafePointer<Lanes>, _ b: UnsafePointer<Lanes>, _ count: Int) -> Double {
        var sum = Lanes.zero
        for index in 0..<count { sum = multiplyAdd(a[index], b[index], sum) }
        return sum.sum()
    }
}
