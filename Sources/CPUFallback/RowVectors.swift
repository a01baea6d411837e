import CMachine
import Compute

/// Eight numbers side by side, in double whatever the scalar is.
typealias DoubleLanes = SIMD8<Double>

/// All bits of the lanes that are kept, none of those that become 0, whatever they held.
typealias LaneBits = SIMD8<UInt64>

/// 8, 16 or 24 neighbouring values in double, in registers: some of a row of data, or sums as wide.
protocol RowVectors {
    static var zero: Self { get }
    init(at memory: UnsafePointer<DoubleLanes>)
    /// Values of a row in double.
    init<Scalar: LaneScalar>(widening values: UnsafePointer<Scalar>)
    mutating func add(_ value: Double, times other: Self)
    /// The products with the other's values, summed over the vectors.
    func products(with other: Self) -> DoubleLanes
    /// Keeps these lanes of the last vector alone.
    mutating func keep(last lanes: LaneBits)
    func store(at memory: UnsafeMutablePointer<DoubleLanes>)
}

struct RowVectors1: RowVectors {
    private var a: DoubleLanes

    @inline(__always) static var zero: Self { Self(a: .zero) }

    @inline(__always) private init(a: DoubleLanes) {
        self.a = a
    }

    @inline(__always) init(at memory: UnsafePointer<DoubleLanes>) {
        a = memory[0]
    }

    @inline(__always) init<Scalar: LaneScalar>(widening values: UnsafePointer<Scalar>) {
        a = widened(values)
    }

    @inline(__always) mutating func add(_ value: Double, times other: Self) {
        let factor = DoubleLanes(repeating: value)
        a = multiplyAdd(factor, other.a, a)
    }

    @inline(__always) func products(with other: Self) -> DoubleLanes {
        multiplyAdd(a, other.a, .zero)
    }

    @inline(__always) mutating func keep(last lanes: LaneBits) {
        a = kept(a, lanes)
    }

    @inline(__always) func store(at memory: UnsafeMutablePointer<DoubleLanes>) {
        memory[0] = a
    }
}

struct RowVectors2: RowVectors {
    private var a, b: DoubleLanes

    @inline(__always) static var zero: Self { Self(a: .zero, b: .zero) }

    @inline(__always) private init(a: DoubleLanes, b: DoubleLanes) {
        self.a = a
        self.b = b
    }

    @inline(__always) init(at memory: UnsafePointer<DoubleLanes>) {
        a = memory[0]
        b = memory[1]
    }

    @inline(__always) init<Scalar: LaneScalar>(widening values: UnsafePointer<Scalar>) {
        a = widened(values)
        b = widened(values + 8)
    }

    @inline(__always) mutating func add(_ value: Double, times other: Self) {
        let factor = DoubleLanes(repeating: value)
        a = multiplyAdd(factor, other.a, a)
        b = multiplyAdd(factor, other.b, b)
    }

    @inline(__always) func products(with other: Self) -> DoubleLanes {
        multiplyAdd(a, other.a, multiplyAdd(b, other.b, .zero))
    }

    @inline(__always) mutating func keep(last lanes: LaneBits) {
        b = kept(b, lanes)
    }

    @inline(__always) func store(at memory: UnsafeMutablePointer<DoubleLanes>) {
        memory[0] = a
        memory[1] = b
    }
}

struct RowVectors3: RowVectors {
    private var a, b, c: DoubleLanes

    @inline(__always) static var zero: Self { Self(a: .zero, b: .zero, c: .zero) }

    @inline(__always) private init(a: DoubleLanes, b: DoubleLanes, c: DoubleLanes) {
        self.a = a
        self.b = b
        self.c = c
    }

    @inline(__always) init(at memory: UnsafePointer<DoubleLanes>) {
        a = memory[0]
        b = memory[1]
        c = memory[2]
    }

    @inline(__always) init<Scalar: LaneScalar>(widening values: UnsafePointer<Scalar>) {
        a = widened(values)
        b = widened(values + 8)
        c = widened(values + 16)
    }

    @inline(__always) mutating func add(_ value: Double, times other: Self) {
        let factor = DoubleLanes(repeating: value)
        a = multiplyAdd(factor, other.a, a)
        b = multiplyAdd(factor, other.b, b)
        c = multiplyAdd(factor, other.c, c)
    }

    @inline(__always) func products(with other: Self) -> DoubleLanes {
        multiplyAdd(a, other.a, multiplyAdd(b, other.b, multiplyAdd(c, other.c, .zero)))
    }

    @inline(__always) mutating func keep(last lanes: LaneBits) {
        c = kept(c, lanes)
    }

    @inline(__always) func store(at memory: UnsafeMutablePointer<DoubleLanes>) {
        memory[0] = a
        memory[1] = b
        memory[2] = c
    }
}

/// Eight values in double.
@inline(__always)
func widened<Scalar: LaneScalar>(_ values: UnsafePointer<Scalar>) -> DoubleLanes {
    let memory = UnsafeRawPointer(values)
    if Scalar.self == Double.self { return memory.loadUnaligned(as: DoubleLanes.self) }
    return kindred_widened(memory.assumingMemoryBound(to: Float.self))
}

/// What `lanes` keeps of a vector. As bits, which compilers do not take apart.
@inline(__always)
func kept(_ x: DoubleLanes, _ lanes: LaneBits) -> DoubleLanes {
    unsafeBitCast(unsafeBitCast(x, to: LaneBits.self) & lanes, to: DoubleLanes.self)
}

/// The sum of the lanes.
@inline(__always)
func total(_ x: DoubleLanes) -> Double {
    let x = kindred_whole(x)
    let halves = x.lowHalf + x.highHalf
    let quarters = halves.lowHalf + halves.highHalf
    return quarters[0] + quarters[1]
}

/// The number of each lane.
let laneNumbers = DoubleLanes(0, 1, 2, 3, 4, 5, 6, 7)
