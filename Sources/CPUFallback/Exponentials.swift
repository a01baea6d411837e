import CMachine
import Compute

/// Returns `exp` of each lane, with a relative error of at most 3e-16; 0 below -745 and infinity above 710.
///
/// With `x = k log 2 + r` and `|r| <= log 2 / 2` it is `2^k exp(r)`, whose series is taken up to `r^13 / 13!`. A library's
/// exponential is a call a lane, and what is computed around it would wait in memory.
@inline(__always)
func exponentials(_ x: SIMD8<Double>) -> SIMD8<Double> {
    typealias Lanes = SIMD8<Double>
    // Beyond these ends the result is 0 or infinity already. What is not a number stays so.
    var limited = kindred_where_less(x, Lanes(repeating: -746), Lanes(repeating: -746), x)
    limited = kindred_where_less(Lanes(repeating: 710), limited, Lanes(repeating: 710), limited)
    // The nearest whole number is what is left when 1.5 * 2^52 is added: the sum's last bits hold it.
    let shift = Lanes(repeating: 0x1.8p52)
    let shifted = multiplyAdd(limited, Lanes(repeating: 1.4426950408889634), shift)
    let k = shifted - shift
    // log 2 in two parts, the first of so few bits that its product with k is exact.
    var r = limited - k * 0x1.62e42feep-1
    r -= k * 1.9082149292705877e-10
    var series = Lanes(repeating: 1 / 6_227_020_800)
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 479_001_600))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 39_916_800))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 3_628_800))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 362_880))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 40_320))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 5040))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 720))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 120))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 24))
    series = multiplyAdd(series, r, Lanes(repeating: 1 / 6))
    series = multiplyAdd(series, r, Lanes(repeating: 0.5))
    series = multiplyAdd(series * r, r, r)
    // 2^k in two factors, since its exponent may be beyond a number's.
    let exponent = unsafeBitCast(shifted, to: SIMD8<Int64>.self) &- Int64(0x1.8p52.bitPattern)
    let half = exponent &>> 1
    let first = unsafeBitCast((half &+ 1023) &<< 52, to: Lanes.self)
    let second = unsafeBitCast((exponent &- half &+ 1023) &<< 52, to: Lanes.self)
    return (first + first * series) * second
}

/// Returns `log(1 + x)` of each lane for `x >= 0`, with a relative error of at most 3e-16; NaN where `x` is not finite.
///
/// With `1 + x = 2^k (1 + f)` and `1 + f` between `sqrt(1/2)` and `sqrt(2)` it is `k log 2 + log(1 + f)`. Of the latter
/// `f - f^2 / 2 + s (f^2 / 2 + R(s^2))`, with `s = f / (2 + f)` and Remez's polynomial of degree 7, is within 2^-58. What
/// `1 + x` was rounded by is added as its share of it.
@inline(__always)
func logarithms1p(_ x: SIMD8<Double>) -> SIMD8<Double> {
    typealias Lanes = SIMD8<Double>
    let sum = x + 1
    // Adding the distance from sqrt(1/2) to 1 carries into the exponent what is above sqrt(2).
    let bits = unsafeBitCast(sum, to: SIMD8<Int64>.self) &+ (0x3ff0_0000_0000_0000 - 0x3fe6_a09e_667f_3bcd)
    let exponent = (bits &>> 52) &- 1023
    let mantissa = unsafeBitCast(
        (bits & 0x000f_ffff_ffff_ffff) &+ 0x3fe6_a09e_667f_3bcd, to: Lanes.self)
    // With 1.5 * 2^52 added, a double's last bits are the whole number.
    let k = unsafeBitCast(exponent &+ Int64(0x1.8p52.bitPattern), to: Lanes.self) - 0x1.8p52
    // x - (sum - 1) where x is the smaller, and 1 - (sum - x) where it is not.
    let lost = kindred_where_less(Lanes(repeating: 1), x, 1 - (sum - x), x - (sum - 1)) / sum
    // Where k is 0, nothing has to be taken apart.
    let f = kindred_where_less(k, Lanes(repeating: 0.5), x, mantissa - 1)
    let half = f * f * 0.5
    let s = f / (f + 2)
    let z = s * s
    var series = Lanes(repeating: 0.1479819860511658591)
    series = multiplyAdd(series, z, Lanes(repeating: 0.1531383769920937332))
    series = multiplyAdd(series, z, Lanes(repeating: 0.1818357216161805012))
    series = multiplyAdd(series, z, Lanes(repeating: 0.2222219843214978396))
    series = multiplyAdd(series, z, Lanes(repeating: 0.2857142874366239149))
    series = multiplyAdd(series, z, Lanes(repeating: 0.3999999999940941908))
    series = multiplyAdd(series, z, Lanes(repeating: 0.6666666666666735130))
    let correction = kindred_where_less(
        k, Lanes(repeating: 0.5), .zero, multiplyAdd(k, Lanes(repeating: 1.90821492927058770002e-10), lost))
    let tail = half - (s * (half + z * series) + correction)
    // log 2 in two parts, as above; the last term is 0 or NaN.
    return k * 6.93147180369123816490e-01 - (tail - f) + x * 0
}
