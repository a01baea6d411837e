import CMachine
import Compute

/// One, two or three neighbouring vectors of the lanes of a scalar in registers: values of a row, or sums as wide.
protocol TileRow {
    associatedtype Scalar: LaneScalar
    static var zero: Self { get }
    init(at values: UnsafePointer<Scalar>)
    mutating func add(_ value: Scalar, times other: Self)
    /// Adds the sums of a panel to those of the panels before, or writes them where there are none.
    func finish(at sums: UnsafeMutablePointer<Double>, isFirst: Bool)
}

struct TileRow1<Scalar: LaneScalar>: TileRow {
    private var a: Scalar.Lanes

    @inline(__always) static var zero: Self { Self(a: .zero) }

    @inline(__always) private init(a: Scalar.Lanes) {
        self.a = a
    }

    @inline(__always) init(at values: UnsafePointer<Scalar>) {
        a = vector(at: values)
    }

    @inline(__always) mutating func add(_ value: Scalar, times other: Self) {
        a = multiplyAdd(Scalar.Lanes(repeating: value), other.a, a)
    }

    @inline(__always) func finish(at sums: UnsafeMutablePointer<Double>, isFirst: Bool) {
        Scalar.finish(a, 0, at: sums, isFirst: isFirst)
    }
}

struct TileRow2<Scalar: LaneScalar>: TileRow {
    private var a, b: Scalar.Lanes

    @inline(__always) static var zero: Self { Self(a: .zero, b: .zero) }

    @inline(__always) private init(a: Scalar.Lanes, b: Scalar.Lanes) {
        self.a = a
        self.b = b
    }

    @inline(__always) init(at values: UnsafePointer<Scalar>) {
        a = vector(at: values)
        b = vector(at: values + Scalar.Lanes.scalarCount)
    }

    @inline(__always) mutating func add(_ value: Scalar, times other: Self) {
        let factor = Scalar.Lanes(repeating: value)
        a = multiplyAdd(factor, other.a, a)
        b = multiplyAdd(factor, other.b, b)
    }

    @inline(__always) func finish(at sums: UnsafeMutablePointer<Double>, isFirst: Bool) {
        Scalar.finish(a, 0, at: sums, isFirst: isFirst)
        Scalar.finish(b, 1, at: sums, isFirst: isFirst)
    }
}

struct TileRow3<Scalar: LaneScalar>: TileRow {
    private var a, b, c: Scalar.Lanes

    @inline(__always) static var zero: Self { Self(a: .zero, b: .zero, c: .zero) }

    @inline(__always) private init(a: Scalar.Lanes, b: Scalar.Lanes, c: Scalar.Lanes) {
        self.a = a
        self.b = b
        self.c = c
    }

    @inline(__always) init(at values: UnsafePointer<Scalar>) {
        let count = Scalar.Lanes.scalarCount
        a = vector(at: values)
        b = vector(at: values + count)
        c = vector(at: values + 2 &* count)
    }

    @inline(__always) mutating func add(_ value: Scalar, times other: Self) {
        let factor = Scalar.Lanes(repeating: value)
        a = multiplyAdd(factor, other.a, a)
        b = multiplyAdd(factor, other.b, b)
        c = multiplyAdd(factor, other.c, c)
    }

    @inline(__always) func finish(at sums: UnsafeMutablePointer<Double>, isFirst: Bool) {
        Scalar.finish(a, 0, at: sums, isFirst: isFirst)
        Scalar.finish(b, 1, at: sums, isFirst: isFirst)
        Scalar.finish(c, 2, at: sums, isFirst: isFirst)
    }
}

/// As many neighbouring values as there are lanes.
@inline(__always)
func vector<Scalar: LaneScalar>(at values: UnsafePointer<Scalar>) -> Scalar.Lanes {
    UnsafeRawPointer(values).loadUnaligned(as: Scalar.Lanes.self)
}

extension LaneScalar {
    /// Adds a vector of sums to those in double, or writes them.
    @inline(__always)
    fileprivate static func finish(
        _ panel: Lanes, _ index: Int, at sums: UnsafeMutablePointer<Double>, isFirst: Bool
    ) {
        let place = UnsafeMutableRawPointer(sums + index &* Lanes.scalarCount)
            .assumingMemoryBound(to: DoubleLanes.self)
        if Self.self == Double.self {
            let values = unsafeBitCast(panel, to: DoubleLanes.self)
            place[0] = isFirst ? values : place[0] + values
        } else {
            let values = unsafeBitCast(panel, to: SIMD16<Float>.self)
            let (low, high) = (kindred_low_widened(values), kindred_high_widened(values))
            place[0] = isFirst ? low : place[0] + low
            place[1] = isFirst ? high : place[1] + high
        }
    }
}
