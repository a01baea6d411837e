/// Returns `c + a * b`, in one fused instruction a lane where the build says that the CPU has one.
///
/// A build for a CPU with fused multiply-add passes `-D KINDRED_FMA` together with `-march`. Without the flag a fused
/// product would be one library call a lane, so this is the only place that may name `addingProduct`.
@inlinable
@inline(__always)
public func multiplyAdd<Lanes: SIMD>(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes where Lanes.Scalar: FloatingPoint {
    #if KINDRED_FMA
        c.addingProduct(a, b)
    #else
        c + a * b
    #endif
}
