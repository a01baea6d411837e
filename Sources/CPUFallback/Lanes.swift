/// Lane by lane, `x` where `a` and `b` are in the relation, and `y` elsewhere: `select(d, >, t, x, else: y)`.
///
/// A loop over lanes becomes one comparison and one masked move. The standard library's masks do not when the vector
/// type is generic: they cost ten times as much.
@inline(__always)
func select<Lanes: SIMD>(
    _ a: Lanes, _ relation: (Lanes.Scalar, Lanes.Scalar) -> Bool, _ b: Lanes, _ x: Lanes, else y: Lanes
) -> Lanes {
    var result = Lanes()
    for lane in 0..<Lanes.scalarCount { result[lane] = relation(a[lane], b[lane]) ? x[lane] : y[lane] }
    return result
}

/// `|x|` of each lane.
@inline(__always)
func magnitude<Lanes: SIMD>(_ x: Lanes) -> Lanes where Lanes.Scalar: FloatingPoint {
    var result = Lanes()
    for lane in 0..<Lanes.scalarCount { result[lane] = x[lane].magnitude }
    return result
}

/// The larger of each lane; `b` where `a` is not a number.
@inline(__always)
func larger<Lanes: SIMD>(_ a: Lanes, _ b: Lanes) -> Lanes where Lanes.Scalar: FloatingPoint {
    select(a, >, b, a, else: b)
}

/// Whether every lane is 0: one comparison of all lanes, where the standard library's `==` takes one after another.
///
/// - Parameter x: 64 bytes, as a scalar's `Lanes` are.
@inline(__always)
func isZero<Lanes: SIMD>(_ x: Lanes) -> Bool where Lanes.Scalar: FloatingPoint {
    let bits = unsafeBitCast(magnitude(x), to: SIMD8<UInt64>.self)
    let half = bits.lowHalf | bits.highHalf
    let quarter = half.lowHalf | half.highHalf
    return quarter.x | quarter.y == 0
}
