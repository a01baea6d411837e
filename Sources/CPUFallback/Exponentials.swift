import Compute

/// Returns `exp` of each lane, with a relative error of at most 3e-16; 0 below -745 and infinity above 710.
///
/// With `x = k log 2 + r` and `|r| <= log 2 / 2` it is `2^k exp(r)`, whose series is taken up to `r^13 / 13!`. A library's
/// exponential is a call a lane, and what is computed around it would wait in memory.
@inline(__always)
func exponentials(_ x: SIMD8<Double>) -> SIMD8<Double> {
    typealias Lanes = SIMD8<Double>
    // Beyond these ends the result is 0 or infinity already. What is not a number stays so.
    var limited = x.replacing(with: -746, where: x .< -746)
    limited.replace(with: 710, where: x .> 710)
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
