/// Reads decimal numbers from bytes, correctly rounded.
///
/// Every function may look at up to 8 bytes past a number, so the memory must extend that far, and a byte that is not
/// part of a number must follow.
package enum NumberParser {
    /// Reads the number that starts at `start`: a sign, digits, a point, digits, an exponent.
    ///
    /// - Returns: where it ends, or nil when no number starts there.
    @inline(__always)
    package static func prefix(
        _ start: UnsafePointer<UInt8>, into value: inout Double
    ) -> UnsafePointer<UInt8>? {
        var place = start
        let isNegative = place[0] == UInt8(ascii: "-")
        if isNegative || place[0] == UInt8(ascii: "+") { place += 1 }
        let digits = place
        var mantissa: UInt64 = 0
        readDigits(&place, into: &mantissa)
        var digitCount = place - digits
        var exponent = 0
        if place[0] == UInt8(ascii: ".") {
            place += 1
            let fraction = place
            readDigits(&place, into: &mantissa)
            exponent = fraction - place
            digitCount -= exponent
        }
        if digitCount == 0 { return nil }
        if place[0] | 0x20 == UInt8(ascii: "e") { readExponent(&place, into: &exponent) }
        if digitCount <= 19 || significantDigits(digits, place) <= 19,
            let magnitude = exactlyRounded(mantissa, exponent: exponent)
        {
            value = isNegative ? -magnitude : magnitude
        } else {
            value = slowly(start, place)
        }
        return place
    }

    /// The number that the bytes spell as a whole, blanks around it allowed, or nil.
    ///
    /// `inf`, `infinity` and `nan`, in any case and with a sign, are numbers that are not finite.
    package static func number(_ start: UnsafePointer<UInt8>, count: Int) -> Double? {
        var first = start
        var end = start + count
        while first < end, isBlank(first[0]) { first += 1 }
        while first < end, isBlank(end[-1]) { end -= 1 }
        guard first < end else { return nil }
        var value = 0.0
        if let stop = prefix(first, into: &value), stop == end { return value }
        return nonFinite(first, end)
    }

    @inline(__always)
    package static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    @inline(__always)
    private static func readDigits(_ place: inout UnsafePointer<UInt8>, into mantissa: inout UInt64) {
        while true {
            let word = UInt64(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
            guard areDigits(word) else { break }
            mantissa = mantissa &* 100_000_000 &+ eightDigits(word)
            place += 8
        }
        while true {
            let digit = place[0] &- UInt8(ascii: "0")
            if digit > 9 { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            place += 1
        }
    }

    @inline(__always)
    private static func areDigits(_ word: UInt64) -> Bool {
        let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        let zeros: UInt64 = 0x3030_3030_3030_3030
        return (word & high) == zeros && ((word &+ 0x0606_0606_0606_0606) & high) == zeros
    }

    /// The value of eight digits, the first in the lowest byte: pairs, then fours, then all, side by side in one word.
    @inline(__always)
    private static func eightDigits(_ word: UInt64) -> UInt64 {
        let digits = word & 0x0F0F_0F0F_0F0F_0F0F
        let pairs = ((digits &* (10 << 8 &+ 1)) >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = ((pairs &* (100 << 16 &+ 1)) >> 16) & 0x0000_FFFF_0000_FFFF
        return (fours &* (10_000 << 32 &+ 1)) >> 32
    }

    /// Adds the exponent that starts at `place` if one does; an `e` without digits is not part of the number.
    @inline(__always)
    private static func readExponent(_ place: inout UnsafePointer<UInt8>, into exponent: inout Int) {
        var digits = place + 1
        let isNegative = digits[0] == UInt8(ascii: "-")
        if isNegative || digits[0] == UInt8(ascii: "+") { digits += 1 }
        var stop = digits
        var power = 0
        while true {
            let digit = stop[0] &- UInt8(ascii: "0")
            if digit > 9 { break }
            if power < 1_000_000 { power = power &* 10 &+ Int(digit) }
            stop += 1
        }
        guard stop > digits else { return }
        exponent += isNegative ? -power : power
        place = stop
    }

    /// The digits of a number from its first that is not 0.
    private static func significantDigits(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        var count = 0
        var place = start
        while place < end, place[0] | 0x20 != UInt8(ascii: "e") {
            if place[0] != UInt8(ascii: "."), count > 0 || place[0] != UInt8(ascii: "0") { count += 1 }
            place += 1
        }
        return count
    }

    /// `mantissa * 10^exponent` rounded once, or nil where that takes more than a division.
    @inline(__always)
    private static func exactlyRounded(_ mantissa: UInt64, exponent: Int) -> Double? {
        if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let exact = Double(mantissa)
            return exponent < 0 ? exact / powersOfTen[-exponent] : exact * powersOfTen[exponent]
        }
        if exponent == 0 || mantissa == 0 { return Double(mantissa) }
        guard exponent < 0, exponent >= -27 else { return nil }
        return quotient(mantissa, powerOfFive: -exponent)
    }

    /// `mantissa / 10^power`, rounded once: the quotient by `5^power` has at least 62 bits, and a remainder sets the
    /// lowest of them, far below the bit that decides the rounding.
    @inline(__always)
    private static func quotient(_ mantissa: UInt64, powerOfFive power: Int) -> Double {
        let divisor = powersOfFive[power]
        let shift = mantissa.leadingZeroBitCount
        let divisorShift = divisor.leadingZeroBitCount
        let dividend = mantissa << UInt64(shift)
        let (quotient, remainder) = (divisor << UInt64(divisorShift)).dividingFullWidth((dividend >> 1, dividend << 63))
        let rounded = Double(remainder == 0 ? quotient : quotient | 1)
        let scale = divisorShift - 63 - shift - power
        return rounded * Double(bitPattern: UInt64(1023 + scale) << 52)
    }

    /// Numbers of many digits or of extreme exponents: the library's own reader, at the price of a copy.
    @inline(never)
    private static func slowly(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Double {
        Double(String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)) ?? .nan
    }

    private static func nonFinite(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Double? {
        var first = start
        let isNegative = first[0] == UInt8(ascii: "-")
        if isNegative || first[0] == UInt8(ascii: "+") { first += 1 }
        let word = UnsafeBufferPointer(start: first, count: end - first)
        if spells("inf", word) || spells("infinity", word) { return isNegative ? -.infinity : .infinity }
        return spells("nan", word) ? .nan : nil
    }

    private static func spells(_ word: StaticString, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count == word.utf8CodeUnitCount && bytes.indices.allSatisfy { bytes[$0] | 0x20 == word.utf8Start[$0] }
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    private static let powersOfFive: [UInt64] = [
        1, 5, 25, 125, 625, 3125, 15625, 78125, 390_625, 1_953_125, 9_765_625, 48_828_125, 244_140_625,
        1_220_703_125, 6_103_515_625, 30_517_578_125, 152_587_890_625, 762_939_453_125, 3_814_697_265_625,
        19_073_486_328_125, 95_367_431_640_625, 476_837_158_203_125, 2_384_185_791_015_625,
        11_920_928_955_078_125, 59_604_644_775_390_625, 298_023_223_876_953_125, 1_490_116_119_384_765_625,
        7_450_580_596_923_828_125,
    ]
}
