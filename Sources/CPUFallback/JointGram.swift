import CMachine
import Compute

/// Sums `w z z'` over the rows of one block, for rows `z` of `width` values: the lower triangle, row by row.
///
/// Every entry is summed in double from zero, in an order that depends on the block alone. Rows pass in panels that
/// stay in the first cache while the tiles of the triangle are summed one after another.
struct JointGram<Scalar: LaneScalar>: ThreadScratch {
    let width: Int
    /// Vectors of 8 in a row of the sums.
    private let vectorCount: Int
    private let panelRows: Int
    private let tileCount: Int
    /// A panel's rows in double, and the same times their weights.
    private let plain: UnsafeMutablePointer<DoubleLanes>
    private let weighted: UnsafeMutablePointer<DoubleLanes>
    /// `width` rows of sums; what lies right of the diagonal's vector is never written.
    private let sums: UnsafeMutablePointer<DoubleLanes>

    /// Scratch for one thread; `deallocate` gives it back.
    init(width: Int) {
        self.width = width
        vectorCount = (width + 7) / 8
        // Half of a first cache of 48 kB, as much again for what is weighted.
        panelRows = min(TaskLayout.rowsPerBlock, max(16, 24_000 / (vectorCount * 64)))
        tileCount = Self.tileCount(vectorCount: vectorCount)
        plain = .allocate(capacity: panelRows * vectorCount)
        weighted = .allocate(capacity: panelRows * vectorCount)
        sums = .allocate(capacity: width * vectorCount)
        sums.initialize(repeating: .zero, count: width * vectorCount)
    }

    func deallocate() {
        plain.deallocate()
        weighted.deallocate()
        sums.deallocate()
    }

    /// Sums over `rowCount` rows.
    @inline(__always)
    func sum(rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int) {
        var start = 0
        repeat {
            let count = min(panelRows, rowCount - start)
            let panel = rows + start * width
            // The next panel, or one farther ahead where panels are summed faster than memory answers.
            let bytes = count &* width &* MemoryLayout<Scalar>.stride
            let ahead = UnsafeRawPointer(panel) + max(bytes, 4096)
            if Scalar.self == Double.self, weights == nil {
                let values = UnsafeRawPointer(panel).assumingMemoryBound(to: Double.self)
                addPanel(
                    left: values, right: values, stride: width, rowCount: count, isFirst: start == 0, ahead: ahead,
                    byteCount: bytes)
            } else {
                widen(panel, weights: weights.map { $0 + start }, rowCount: count)
                addPanel(
                    left: scalars(of: plain), right: scalars(of: weights == nil ? plain : weighted),
                    stride: vectorCount * 8, rowCount: count, isFirst: start == 0, ahead: ahead, byteCount: bytes)
            }
            start += count
        } while start < rowCount
    }

    /// Writes the `triangleCount(width)` sums, `stride` values apart.
    @inline(__always)
    func write(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        forEachEntry(of: destination, stride: stride) { $0[0] = $1 }
    }

    /// Adds the sums to those at `destination`, which lie `stride` values apart.
    @inline(__always)
    func add(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        forEachEntry(of: destination, stride: stride) { $0[0] += $1 }
    }

    @inline(__always)
    private func forEachEntry(
        of destination: UnsafeMutablePointer<Scalar>, stride: Int,
        _ body: (UnsafeMutablePointer<Scalar>, Scalar) -> Void
    ) {
        var target = destination
        for row in 0..<width {
            let source = UnsafeMutableRawPointer(sums + row * vectorCount).assumingMemoryBound(to: Double.self)
            for column in 0...row {
                body(target, Scalar(source[column]))
                target += stride
            }
        }
    }

    /// Reads up to a vector behind the last row.
    @inline(__always)
    private func widen(_ rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int) {
        var (source, destination) = (rows, plain)
        for _ in 0..<rowCount {
            for index in 0..<vectorCount { destination[index] = widened(source + index &* 8) }
            source += width
            destination += vectorCount
        }
        guard let weights else { return }
        var (unweighted, product) = (UnsafePointer(plain), weighted)
        for row in 0..<rowCount {
            let weight = DoubleLanes(repeating: Double(weights[row]))
            for index in 0..<vectorCount { product[index] = weight * unweighted[index] }
            unweighted += vectorCount
            product += vectorCount
        }
    }

    /// The tiles of the triangle: eight rows at a time, the last of them in fours and ones.
    ///
    /// Before each, a share of the rows ahead is asked for, so that they arrive while tiles are summed.
    @inline(__always)
    private func addPanel(
        left: UnsafePointer<Double>, right: UnsafePointer<Double>, stride: Int, rowCount: Int, isFirst: Bool,
        ahead: UnsafeRawPointer, byteCount: Int
    ) {
        let share = byteCount / tileCount &+ 64
        var asked = 0
        for group in 0..<vectorCount {
            var vector = 0
            while vector <= group {
                let end = min(asked &+ share, byteCount)
                while asked < end {
                    kindred_prefetch(ahead + asked)
                    asked &+= 64
                }
                let place = group * 8 * vectorCount + vector
                let (a, b) = (left + group * 8, right + vector * 8)
                switch group + 1 - vector {
                case 1:
                    addGroup(
                        GramTile<RowVectors1>(
                            left: a, right: b, stride: stride, rowCount: rowCount, isFirst: isFirst,
                            sums: sums + place, vectorCount: vectorCount), group)
                    vector += 1
                case 2, 4:
                    addGroup(
                        GramTile<RowVectors2>(
                            left: a, right: b, stride: stride, rowCount: rowCount, isFirst: isFirst,
                            sums: sums + place, vectorCount: vectorCount), group)
                    vector += 2
                default:
                    addGroup(
                        GramTile<RowVectors3>(
                            left: a, right: b, stride: stride, rowCount: rowCount, isFirst: isFirst,
                            sums: sums + place, vectorCount: vectorCount), group)
                    vector += 3
                }
            }
        }
    }

    /// The tiles of a panel: those of group `g` cover `g + 1` vectors, three at a time.
    private static func tileCount(vectorCount: Int) -> Int { (0..<vectorCount).reduce(0) { $0 + $1 / 3 + 1 } }

    /// The rows of one group of eight that there are.
    @inline(__always)
    private func addGroup<Row>(_ tile: GramTile<Row>, _ group: Int) {
        let count = min(8, width - group * 8)
        if count == 8 { return tile.eightRows() }
        var row = 0
        if count >= 4 {
            tile.fourRows()
            row = 4
        }
        while row < count {
            tile.skipping(row).oneRow()
            row += 1
        }
    }

    @inline(__always)
    private func scalars(of vectors: UnsafePointer<DoubleLanes>) -> UnsafePointer<Double> {
        UnsafeRawPointer(vectors).assumingMemoryBound(to: Double.self)
    }
}
