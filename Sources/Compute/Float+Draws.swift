extension Float {
    /// The bit pattern of each lane.
    @usableFromInline typealias LaneBits = SIMD16<UInt32>

    @inlinable
    @inline(__always)
    public static func uniforms(_ first: LaneWords, _ second: LaneWords) -> Lanes {
        // 1 + k / 2^23, less what leaves (k + 1/2) / 2^23: no conversion, and no rounding.
        let fraction = LaneBits(truncatingIfNeeded: first) &>> 9
        let bits = fraction | LaneBits(repeating: Float(1).bitPattern)
        return unsafeBitCast(bits, to: Lanes.self) - (1 - 0x1p-24)
    }

    /// Relative error at most 5e-7 on the uniforms that are drawn. They are not so small that PPND7's third range, below
    /// 1e-11, is reached.
    @inlinable
    @inline(__always)
    public static func normalQuantiles(_ uniforms: Lanes) -> Lanes {
        let q = uniforms - 0.5
        let square = q * q
        let center = 0.180625 - square
        let central =
            q * polynomial(center, 3.3871327179, 50.434271938, 159.29113202, 59.109374720)
            / polynomial(center, 1, 17.895169469, 78.757757664, 67.187563600)
        let isUpper = q .> 0
        let outside = uniforms.replacing(with: 1 - uniforms, where: isUpper)
        let tail = magnitudeRoots(minusLogarithms(outside)) - 1.6
        let size =
            polynomial(tail, 1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103)
            / polynomial(tail, 1, 0.73700164250, 0.12021132975, 0)
        let outer = size.replacing(with: -size, where: .!isUpper)
        return outer.replacing(with: central, where: square .<= 0.180625)
    }

    /// `-log x` for `x` in (0, 1/2], as in double with fewer terms. Where `x` is below 0.1 the relative error is at most
    /// 2e-7.
    @inlinable
    @inline(__always)
    static func minusLogarithms(_ x: Lanes) -> Lanes {
        let bits = unsafeBitCast(x, to: LaneBits.self)
        // The exponent's field as a number: it becomes the last bits of 2^23.
        var exponent = unsafeBitCast(bits &>> 23 | LaneBits(repeating: Float(0x1p23).bitPattern), to: Lanes.self)
        exponent -= 0x1p23 + 127
        let fraction = bits & LaneBits(repeating: 0x7f_ffff)
        var m = unsafeBitCast(fraction | LaneBits(repeating: Float(1).bitPattern), to: Lanes.self)
        let isLarge = m .> 1.41421356
        m.replace(with: m * 0.5, where: isLarge)
        exponent.replace(with: exponent + 1, where: isLarge)
        let s = (m - 1) / (m + 1)
        let series = polynomial(s * s, 1, 1.0 / 3, 1.0 / 5, 1.0 / 7)
        return exponent * -0.693147181 - (s + s) * series
    }

    /// `c0 + c1 x + c2 x^2 + c3 x^3` by Horner's rule, each step rounded twice.
    @inlinable
    @inline(__always)
    static func polynomial(_ x: Lanes, _ c0: Float, _ c1: Float, _ c2: Float, _ c3: Float) -> Lanes {
        var sum = c3 * x + c2
        sum = sum * x + c1
        return sum * x + c0
    }
}
