extension Double {
    @inlinable
    @inline(__always)
    public static func uniforms(_ first: LaneWords, _ second: LaneWords) -> Lanes {
        // 1 + k / 2^52, less what leaves (k + 1/2) / 2^52: no conversion, and no rounding.
        let fraction = (first &<< 32 | second) &>> 12
        let bits = fraction | LaneWords(repeating: 1.0.bitPattern)
        return unsafeBitCast(bits, to: Lanes.self) - (1 - 0x1p-53)
    }

    /// Relative error at most 1e-15 on the uniforms that are drawn.
    @inlinable
    @inline(__always)
    public static func normalQuantiles(_ uniforms: Lanes) -> Lanes {
        let q = uniforms - 0.5
        let square = q * q
        let center = 0.180625 - square
        let central =
            q
            * polynomial(
                center, 3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
                45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727)
            / polynomial(
                center, 1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
                21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610)
        let isUpper = q .> 0
        let outside = uniforms.replacing(with: 1 - uniforms, where: isUpper)
        let distance = magnitudeRoots(minusLogarithms(outside))
        let tail = distance - 1.6
        var size =
            polynomial(
                tail, 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
                1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4)
            / polynomial(
                tail, 1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
                0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4,
                1.05075007164441684324e-9)
        let isFar = distance .> 5
        if any(isFar) {
            let far = distance - 5
            let farSize =
                polynomial(
                    far, 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
                    0.296560571828504891230, 0.0265321895265761230930, 1.24266094738807843860e-3,
                    2.71155556874348757815e-5, 2.01033439929228813265e-7)
                / polynomial(
                    far, 1, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
                    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                    2.04426310338993978564e-15)
            size.replace(with: farSize, where: isFar)
        }
        let outer = size.replacing(with: -size, where: .!isUpper)
        return outer.replacing(with: central, where: square .<= 0.180625)
    }

    /// `-log x` for `x` in (0, 1/2]: with `x = 2^k m` and `m` near 1, `log m = 2 artanh s` for `s = (m - 1) / (m + 1)`
    /// by its series. Where `x` is below 0.1 the relative error is at most 4e-16.
    @inlinable
    @inline(__always)
    static func minusLogarithms(_ x: Lanes) -> Lanes {
        let bits = unsafeBitCast(x, to: LaneWords.self)
        // The exponent's field as a number: it becomes the last bits of 2^52.
        var exponent = unsafeBitCast(bits &>> 52 | LaneWords(repeating: 0x1p52.bitPattern), to: Lanes.self)
        exponent -= 0x1p52 + 1023
        let fraction = bits & LaneWords(repeating: 0xf_ffff_ffff_ffff)
        var m = unsafeBitCast(fraction | LaneWords(repeating: 1.0.bitPattern), to: Lanes.self)
        let isLarge = m .> 1.4142135623730951
        m.replace(with: m * 0.5, where: isLarge)
        exponent.replace(with: exponent + 1, where: isLarge)
        let s = (m - 1) / (m + 1)
        let t = s * s
        var series = Lanes(repeating: 1.0 / 19)
        series = series * t + 1.0 / 17
        series = series * t + 1.0 / 15
        series = series * t + 1.0 / 13
        series = series * t + 1.0 / 11
        series = series * t + 1.0 / 9
        series = series * t + 1.0 / 7
        series = series * t + 1.0 / 5
        series = series * t + 1.0 / 3
        series = series * t + 1
        return exponent * -0.6931471805599453 - (s + s) * series
    }

    /// `c0 + c1 x + ... + c7 x^7` by Horner's rule, each step rounded twice.
    @inlinable
    @inline(__always)
    static func polynomial(
        _ x: Lanes, _ c0: Double, _ c1: Double, _ c2: Double, _ c3: Double, _ c4: Double, _ c5: Double, _ c6: Double,
        _ c7: Double
    ) -> Lanes {
        var sum = c7 * x + c6
        sum = sum * x + c5
        sum = sum * x + c4
        sum = sum * x + c3
        sum = sum * x + c2
        sum = sum * x + c1
        sum = sum * x + c0
        return sum
    }
}
