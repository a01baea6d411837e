import Compute

/// Eight sums side by side.
typealias DoubleLanes = SIMD8<Double>

/// One row of a tile of sums: 1, 2 or 3 vectors of 8 columns, in registers.
protocol TileRow {
    /// The columns of one row of data.
    associatedtype Columns
    static var vectorCount: Int { get }
    static var zero: Self { get }
    static func columns(at memory: UnsafePointer<Double>) -> Columns
    init(at memory: UnsafePointer<DoubleLanes>)
    /// Adds `value` times the columns.
    mutating func add(_ value: Double, _ columns: Columns)
    mutating func add(_ other: Self)
    func store(at memory: UnsafeMutablePointer<DoubleLanes>)
}

struct TileRow1: TileRow {
    var a: DoubleLanes
    @inline(__always) static var vectorCount: Int { 1 }
    @inline(__always) static var zero: TileRow1 { TileRow1(a: .zero) }
    @inline(__always) init(a: DoubleLanes) { self.a = a }
    @inline(__always) init(at memory: UnsafePointer<DoubleLanes>) { a = memory[0] }
    @inline(__always) static func columns(at memory: UnsafePointer<Double>) -> DoubleLanes { unaligned(memory) }
    @inline(__always) mutating func add(_ value: Double, _ columns: DoubleLanes) {
        a = multiplyAdd(DoubleLanes(repeating: value), columns, a)
    }
    @inline(__always) mutating func add(_ other: TileRow1) { a += other.a }
    @inline(__always) func store(at memory: UnsafeMutablePointer<DoubleLanes>) { memory[0] = a }
}

struct TileRow2: TileRow {
    var a, b: DoubleLanes
    @inline(__always) static var vectorCount: Int { 2 }
    @inline(__always) static var zero: TileRow2 { TileRow2(a: .zero, b: .zero) }
    @inline(__always) init(a: DoubleLanes, b: DoubleLanes) { (self.a, self.b) = (a, b) }
    @inline(__always) init(at memory: UnsafePointer<DoubleLanes>) { (a, b) = (memory[0], memory[1]) }
    @inline(__always) static func columns(at memory: UnsafePointer<Double>) -> (DoubleLanes, DoubleLanes) {
        (unaligned(memory), unaligned(memory + 8))
    }
    @inline(__always) mutating func add(_ value: Double, _ columns: (DoubleLanes, DoubleLanes)) {
        let factor = DoubleLanes(repeating: value)
        a = multiplyAdd(factor, columns.0, a)
        b = multiplyAdd(factor, columns.1, b)
    }
    @inline(__always) mutating func add(_ other: TileRow2) { (a, b) = (a + other.a, b + other.b) }
    @inline(__always) func store(at memory: UnsafeMutablePointer<DoubleLanes>) { (memory[0], memory[1]) = (a, b) }
}

struct TileRow3: TileRow {
    var a, b, c: DoubleLanes
    @inline(__always) static var vectorCount: Int { 3 }
    @inline(__always) static var zero: TileRow3 { TileRow3(a: .zero, b: .zero, c: .zero) }
    @inline(__always) init(a: DoubleLanes, b: DoubleLanes, c: DoubleLanes) { (self.a, self.b, self.c) = (a, b, c) }
    @inline(__always) init(at memory: UnsafePointer<DoubleLanes>) { (a, b, c) = (memory[0], memory[1], memory[2]) }
    @inline(__always) static func columns(
        at memory: UnsafePointer<Double>
    ) -> (DoubleLanes, DoubleLanes, DoubleLanes) {
        (unaligned(memory), unaligned(memory + 8), unaligned(memory + 16))
    }
    @inline(__always) mutating func add(_ value: Double, _ columns: (DoubleLanes, DoubleLanes, DoubleLanes)) {
        let factor = DoubleLanes(repeating: value)
        a = multiplyAdd(factor, columns.0, a)
        b = multiplyAdd(factor, columns.1, b)
        c = multiplyAdd(factor, columns.2, c)
    }
    @inline(__always) mutating func add(_ other: TileRow3) { (a, b, c) = (a + other.a, b + other.b, c + other.c) }
    @inline(__always) func store(at memory: UnsafeMutablePointer<DoubleLanes>) {
        (memory[0], memory[1], memory[2]) = (a, b, c)
    }
}

@inline(__always)
private func unaligned(_ memory: UnsafePointer<Double>) -> DoubleLanes {
    UnsafeRawPointer(memory).loadUnaligned(as: DoubleLanes.self)
}

/// Sums `left[i] right[k]` over the rows of a panel, for some values of a row on the left and vectors of 8 on the right.
///
/// A tile's sums stay in registers while all rows of the panel pass. `sums` has `vectorCount` vectors a row; those of
/// the panels before are gone on with where `isFirst` is false.
struct GramTile<Row: TileRow> {
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
            let columns = Row.columns(at: b)
            s0.add(a[0], columns)
            s1.add(a[1], columns)
            s2.add(a[2], columns)
            s3.add(a[3], columns)
            s4.add(a[4], columns)
            s5.add(a[5], columns)
            s6.add(a[6], columns)
            s7.add(a[7], columns)
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
            let columns = Row.columns(at: b)
            s0.add(a[0], columns)
            s1.add(a[1], columns)
            s2.add(a[2], columns)
            s3.add(a[3], columns)
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
            s0.add(a[0], Row.columns(at: b))
            s1.add(a[stride], Row.columns(at: b + stride))
            s2.add(a[2 * stride], Row.columns(at: b + 2 * stride))
            s3.add(a[3 * stride], Row.columns(at: b + 3 * stride))
            a += 4 * stride
            b += 4 * stride
        }
        for _ in 0..<rowCount % 4 {
            s0.add(a[0], Row.columns(at: b))
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
