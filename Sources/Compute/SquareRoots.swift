/// Returns the square root of each lane's magnitude, correctly rounded, in one instruction.
///
/// The standard library's square root of vectors is a branch and perhaps a call a lane, because a negative number would
/// have to be reported to `errno`; what is computed around it is then done lane by lane too.
@inlinable
@inline(__always)
public func magnitudeRoots<Lanes: SIMD>(_ x: Lanes) -> Lanes where Lanes.Scalar: FloatingPoint {
    var roots = x
    for lane in x.indices { roots[lane] = x[lane].magnitude.squareRoot() }
    return roots
}
