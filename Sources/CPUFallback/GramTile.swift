import Compute

/// Sums `left[i] right[k]` over the rows of a panel, for some values of a row on the left and vectors on the right.
///
/// A tile's sums stay in registers while all rows of the panel pass, one after another, and are then added to those of
/// the panels before, or take their place where `isFirst`.
struct GramTile<Row: TileRow> {
    typealias Scalar = Row.Scalar

    let left: UnsafePointer<Scalar>
    let right: UnsafePointer<Scalar>
    /// Values from one row of the panel to the next.
    let stride: Int
    let rowCount: Int
    let isFirst: Bool
    let sums: UnsafeMutablePointer<Double>
    /// Sums from one row of them to the next.
    let sumStride: Int

    /// Adds the products of the first `count` values on the left, 1 to 8 of them.
    @inline(__always)
    func add(_ count: Int) {
        switch count {
        case 1: addRows(Height1.self)
        case 2: addRows(Height2.self)
        case 3: addRows(Height3.self)
        case 4: addRows(Height4.self)
        case 5: addRows(Height5.self)
        case 6: addRows(Height6.self)
        case 7: addRows(Height7.self)
        default: addRows(Height8.self)
        }
    }

    private func addRows<Height: TileHeight>(_: Height.Type) {
        var tile = TileSums<Row, Height>()
        var (a, b) = (left, right)
        for _ in 0..<rowCount {
            tile.add(a, times: Row(at: b))
            a += stride
            b += stride
        }
        tile.finish(at: sums, stride: sumStride, isFirst: isFirst)
    }

    /// Adds the products of nine values, of which the last has vectors of its own: alone it would wait for itself.
    @inline(__always)
    func addNine<Last: TileRow>(last: Last.Type) where Last.Scalar == Scalar {
        var tile = TileSums<Row, Height8>()
        var ninth = Last.zero
        var (a, b) = (left, right)
        for _ in 0..<rowCount {
            tile.add(a, times: Row(at: b))
            ninth.add(a[8], times: Last(at: b))
            a += stride
            b += stride
        }
        tile.finish(at: sums, stride: sumStride, isFirst: isFirst)
        ninth.finish(at: sums + 8 &* sumStride, isFirst: isFirst)
    }
}

/// How many values on the left a tile has, as a type: each height is compiled by itself.
private protocol TileHeight {
    static var count: Int { get }
}

private enum Height1: TileHeight { static var count: Int { 1 } }
private enum Height2: TileHeight { static var count: Int { 2 } }
private enum Height3: TileHeight { static var count: Int { 3 } }
private enum Height4: TileHeight { static var count: Int { 4 } }
private enum Height5: TileHeight { static var count: Int { 5 } }
private enum Height6: TileHeight { static var count: Int { 6 } }
private enum Height7: TileHeight { static var count: Int { 7 } }
private enum Height8: TileHeight { static var count: Int { 8 } }

/// The sums of a tile, a row for each value on the left.
private struct TileSums<Row: TileRow, Height: TileHeight> {
    private var (s0, s1, s2, s3) = (Row.zero, Row.zero, Row.zero, Row.zero)
    private var (s4, s5, s6, s7) = (Row.zero, Row.zero, Row.zero, Row.zero)

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ values: UnsafePointer<Row.Scalar>, times columns: Row) {
        s0.add(values[0], times: columns)
        if Height.count > 1 { s1.add(values[1], times: columns) }
        if Height.count > 2 { s2.add(values[2], times: columns) }
        if Height.count > 3 { s3.add(values[3], times: columns) }
        if Height.count > 4 { s4.add(values[4], times: columns) }
        if Height.count > 5 { s5.add(values[5], times: columns) }
        if Height.count > 6 { s6.add(values[6], times: columns) }
        if Height.count > 7 { s7.add(values[7], times: columns) }
    }

    @inline(__always)
    func finish(at sums: UnsafeMutablePointer<Double>, stride: Int, isFirst: Bool) {
        s0.finish(at: sums, isFirst: isFirst)
        if Height.count > 1 { s1.finish(at: sums + stride, isFirst: isFirst) }
        if Height.count > 2 { s2.finish(at: sums + 2 &* stride, isFirst: isFirst) }
        if Height.count > 3 { s3.finish(at: sums + 3 &* stride, isFirst: isFirst) }
        if Height.count > 4 { s4.finish(at: sums + 4 &* stride, isFirst: isFirst) }
        if Height.count > 5 { s5.finish(at: sums + 5 &* stride, isFirst: isFirst) }
        if Height.count > 6 { s6.finish(at: sums + 6 &* stride, isFirst: isFirst) }
        if Height.count > 7 { s7.finish(at: sums + 7 &* stride, isFirst: isFirst) }
    }
}
