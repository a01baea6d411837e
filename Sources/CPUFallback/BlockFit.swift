import Compute

/// One task's coefficients and factor in double, applied to the rows of a block, eight at a time.
struct BlockFit<Scalar: LaneScalar>: ThreadScratch {
    private let featureCount: Int
    /// Vectors of eight features.
    private let vectorCount: Int
    private let lastLanes: LaneBits
    private let coefficients: UnsafeMutablePointer<DoubleLanes>
    /// The lower triangle, row by row, with reciprocals on the diagonal.
    private let lower: UnsafeMutablePointer<Double>
    private let solved: UnsafeMutablePointer<DoubleLanes>
    /// The last rows of a block, fewer than eight, and rows of zeros behind them.
    private let tail: UnsafeMutablePointer<Scalar>

    init(featureCount: Int) {
        self.featureCount = featureCount
        vectorCount = max(1, (featureCount + 7) / 8)
        let lastCount = featureCount - (vectorCount - 1) * 8
        lastLanes = LaneBits(repeating: 0).replacing(with: .max, where: laneNumbers .< Double(lastCount))
        coefficients = .allocate(capacity: vectorCount)
        coefficients.initialize(repeating: .zero, count: vectorCount)
        lower = .allocate(capacity: triangleCount(featureCount))
        solved = .allocate(capacity: featureCount)
        // A vector more than the rows: features are read in whole vectors.
        tail = .allocate(capacity: 8 * (featureCount + 1) + 16)
        tail.initialize(repeating: 0, count: 8 * (featureCount + 1) + 16)
    }

    func deallocate() {
        coefficients.deallocate()
        lower.deallocate()
        solved.deallocate()
        tail.deallocate()
    }

    /// Takes coefficients that lie `stride` apart.
    @inline(__always)
    func takeCoefficients(_ source: UnsafePointer<Scalar>, stride: Int) {
        let destination = UnsafeMutableRawPointer(coefficients).assumingMemoryBound(to: Double.self)
        for feature in 0..<featureCount { destination[feature] = Double(source[feature &* stride]) }
    }

    /// Takes the entries of a factor, which lie `stride` apart.
    @inline(__always)
    func take(_ source: UnsafePointer<Scalar>, _ stride: Int) {
        for entry in 0..<triangleCount(featureCount) { lower[entry] = Double(source[entry &* stride]) }
    }

    /// Calls `body` with eight rows of a block, the first of them in the chunk, their residuals `y - x'b`, and how many of
    /// them there are.
    @inline(__always)
    func forEachEight(
        of block: RowBlock, in chunk: RowChunk<Scalar>, _ body: (EightRows<Scalar>, Int, DoubleLanes, Int) -> Void
    ) {
        let width = chunk.width
        let (first, rowCount) = (Int(block.firstRow), Int(block.rowCount))
        for start in stride(from: 0, to: rowCount, by: 8) {
            let count = min(8, rowCount &- start)
            var rows = chunk.values + (first &+ start) &* width
            if count < 8 {
                tail.update(from: rows, count: count &* width)
                (tail + count &* width).update(repeating: 0, count: (8 &- count) &* width)
                rows = tail
            }
            let eight = EightRows(at: UnsafePointer(rows), width: width)
            let fitted = eight.products(with: coefficients, vectorCount: vectorCount, lastLanes: lastLanes)
            body(eight, first &+ start, eight.column(featureCount) - fitted, count)
        }
    }

    /// `||L^-1 x||^2` of each row, which is `x' G^-1 x`.
    @inline(__always)
    func squaredLengths(of rows: EightRows<Scalar>) -> DoubleLanes {
        var lengths = DoubleLanes.zero
        var entries = UnsafePointer(lower)
        for row in 0..<featureCount {
            // Two sums side by side: one alone would wait for itself.
            var (even, odd) = (rows.column(row), DoubleLanes.zero)
            var column = 0
            while column &+ 2 <= row {
                even = multiplyAdd(DoubleLanes(repeating: -entries[column]), solved[column], even)
                odd = multiplyAdd(DoubleLanes(repeating: -entries[column &+ 1]), solved[column &+ 1], odd)
                column &+= 2
            }
            if column < row { even = multiplyAdd(DoubleLanes(repeating: -entries[column]), solved[column], even) }
            let value = (even + odd) * entries[row]
            solved[row] = value
            lengths = multiplyAdd(value, value, lengths)
            entries += row &+ 1
        }
        return lengths
    }
}
