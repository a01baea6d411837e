import CMachine
import Compute

/// Sums `w z z'` over the rows of one block, for rows `z` of `width` values: the lower triangle, row by row.
///
/// Rows pass in panels that stay in the first cache while the tiles of the triangle are summed one after another. Every
/// entry is summed in the same order, which depends on the block alone, in double. In float alone, panels of 16 rows are
/// summed in float and their sums in double where there are enough of them for their roundings to even out.
struct JointGram<Scalar: LaneScalar>: ThreadScratch {
    let width: Int
    /// Vectors in a row of the sums.
    private let vectorCount: Int
    private let panelRows: Int
    /// A panel's rows times their weights.
    private let weighted: UnsafeMutablePointer<Scalar>
    /// In float, the rows of a short block in double, and the same times their weights.
    private let wide: UnsafeMutablePointer<Double>
    private let wideWeighted: UnsafeMutablePointer<Double>
    /// `width` rows of sums; what lies right of the diagonal's vector is never written.
    private let sums: UnsafeMutablePointer<Double>

    /// Scratch for one thread; `deallocate` gives it back.
    init(width: Int) {
        self.width = width
        vectorCount = (width + Self.lanes - 1) / Self.lanes
        panelRows = Self.panelRows(width: width)
        weighted = .allocate(capacity: panelRows * width + Self.lanes)
        let wideCount = Scalar.self == Double.self ? 0 : Self.shortRows * width + Self.lanes
        wide = .allocate(capacity: wideCount)
        wideWeighted = .allocate(capacity: wideCount)
        let sumVectors = width * vectorCount * Self.lanes / DoubleLanes.scalarCount
        let vectors = UnsafeMutablePointer<DoubleLanes>.allocate(capacity: sumVectors)
        vectors.initialize(repeating: .zero, count: sumVectors)
        sums = UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
    }

    func deallocate() {
        weighted.deallocate()
        wide.deallocate()
        wideWeighted.deallocate()
        sums.deallocate()
    }

    /// In double half of a first cache of 48 kB, as much again for what is weighted.
    private static func panelRows(width: Int) -> Int {
        Scalar.self == Double.self ? min(TaskLayout.rowsPerBlock, max(16, 3000 / width)) : 16
    }

    /// Blocks of up to so many rows in float are summed in double throughout.
    private static var shortRows: Int { 32 }

    @inline(__always)
    private static var lanes: Int { Scalar.Lanes.scalarCount }

    /// Sums over `rowCount` rows. Reads up to a vector behind the last of them.
    @inline(__always)
    func sum(rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int) {
        if Scalar.self == Float.self, rowCount <= Self.shortRows {
            return sumShort(rows: rows, weights: weights, rowCount: rowCount)
        }
        var start = 0
        repeat {
            let count = min(panelRows, rowCount &- start)
            let panel = rows + start &* width
            var right = panel
            if let weights {
                weigh(panel, by: weights + start, rowCount: count, into: weighted)
                right = UnsafePointer(weighted)
            }
            addPanel(left: panel, right: right, rowCount: count, isFirst: start == 0, ahead: panel)
            start &+= count
        } while start < rowCount
    }

    /// Sums over the rows of a short block, in double.
    @inline(__always)
    private func sumShort(rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int) {
        for first in stride(from: 0, to: rowCount &* width, by: 8) {
            UnsafeMutableRawPointer(wide + first).storeBytes(of: widened(rows + first), as: DoubleLanes.self)
        }
        var right = UnsafePointer(wide)
        if let weights {
            weigh(right, by: weights, rowCount: rowCount, into: wideWeighted)
            right = UnsafePointer(wideWeighted)
        }
        addPanel(left: UnsafePointer(wide), right: right, rowCount: rowCount, isFirst: true, ahead: rows)
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
        var (target, source) = (destination, UnsafePointer(sums))
        for row in 0..<width {
            var values = source
            var rest = row &+ 1
            @inline(__always) func entry(_ index: Int) { body(target + index &* stride, Scalar(values[index])) }
            // Written out: of a loop compilers make gathers and scatters.
            while rest >= 8 {
                entry(0)
                entry(1)
                entry(2)
                entry(3)
                entry(4)
                entry(5)
                entry(6)
                entry(7)
                target += 8 &* stride
                values += 8
                rest &-= 8
            }
            if rest > 0 { entry(0) }
            if rest > 1 { entry(1) }
            if rest > 2 { entry(2) }
            if rest > 3 { entry(3) }
            if rest > 4 { entry(4) }
            if rest > 5 { entry(5) }
            if rest > 6 { entry(6) }
            target += rest &* stride
            source += vectorCount &* Self.lanes
        }
    }

    /// What is behind a row is written over by the next one.
    @inline(__always)
    private func weigh<Value: LaneScalar>(
        _ rows: UnsafePointer<Value>, by weights: UnsafePointer<Scalar>, rowCount: Int,
        into products: UnsafeMutablePointer<Value>
    ) {
        var (source, product) = (rows, products)
        for row in 0..<rowCount {
            let weight = Value.Lanes(repeating: Value(weights[row]))
            for first in stride(from: 0, to: width, by: Value.Lanes.scalarCount) {
                UnsafeMutableRawPointer(product + first).storeBytes(
                    of: weight * vector(at: source + first), as: Value.Lanes.self)
            }
            source += width
            product += width
        }
    }

    /// The tiles of the triangle, eight rows at a time.
    ///
    /// Before each, a share of the rows ahead is asked for, so that they arrive while tiles are summed.
    @inline(__always)
    private func addPanel<Value: LaneScalar>(
        left: UnsafePointer<Value>, right: UnsafePointer<Value>, rowCount: Int, isFirst: Bool,
        ahead rows: UnsafePointer<Scalar>
    ) {
        let lanes = Value.Lanes.scalarCount
        // The next panel, or one farther ahead where panels are summed faster than memory answers.
        let byteCount = rowCount &* width &* MemoryLayout<Scalar>.stride
        let ahead = UnsafeRawPointer(rows) + max(byteCount, 12_288)
        let share = byteCount / tileCount(lanes: lanes) &+ 64
        var asked = 0
        let sumStride = vectorCount &* Self.lanes
        var row = 0
        while row < width {
            let count = min(8, width &- row)
            let vectors = (row &+ count &- 1) / lanes &+ 1
            var index = 0
            while index < vectors {
                let end = min(asked &+ share, byteCount)
                while asked < end {
                    kindred_prefetch(ahead + asked)
                    asked &+= 64
                }
                @inline(__always) func tile<Row: TileRow>(_: Row.Type) -> GramTile<Row> where Row.Scalar == Value {
                    GramTile(
                        left: left + row, right: right + index &* lanes, stride: width, rowCount: rowCount,
                        isFirst: isFirst, sums: sums + row &* sumStride + index &* lanes, sumStride: sumStride)
                }
                switch vectors &- index {
                case 1:
                    if row &+ 9 == width, width <= lanes &+ 1 {
                        let nine = tile(TileRow1<Value>.self)
                        return width <= lanes
                            ? nine.addNine(last: TileRow1<Value>.self) : nine.addNine(last: TileRow2<Value>.self)
                    }
                    tile(TileRow1<Value>.self).add(count)
                    index &+= 1
                case 2, 4:
                    tile(TileRow2<Value>.self).add(count)
                    index &+= 2
                default:
                    tile(TileRow3<Value>.self).add(count)
                    index &+= 3
                }
            }
            row &+= 8
        }
    }

    /// The tiles of a panel: each of eight rows, and of as many vectors as reach the diagonal, three at a time. A row
    /// left over that joins the eight before it is none.
    @inline(__always)
    private func tileCount(lanes: Int) -> Int {
        var count = width % 8 == 1 && 9...lanes &+ 1 ~= width ? 0 : (width &- 1) / lanes / 3 &+ 1
        for row in Swift.stride(from: 0, to: width &- 8, by: 8) { count &+= (row &+ 7) / lanes / 3 &+ 1 }
        return count
    }
}
