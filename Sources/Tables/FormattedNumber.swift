import Glibc

/// A number as C's `printf` writes it.
package func formatted(_ value: Double, _ format: String) -> String {
    var buffer = [CChar](repeating: 0, count: 32)
    _ = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A number in at most five significant digits; nothing for a missing one.
package func shortNumber(_ value: Double) -> String { value.isNaN ? "" : formatted(value, "%.5g") }

/// A count with its thousands apart: `1,234,567`.
package func counted(_ count: Int) -> String {
    var digits = Array(String(abs(count)))
    var place = digits.count - 3
    while place > 0 {
        digits.insert(",", at: place)
        place -= 3
    }
    return (count < 0 ? "-" : "") + String(digits)
}

/// A count with its noun: `1 row`, `1,234 rows`.
package func counted(_ count: Int, _ noun: String) -> String { "\(counted(count)) \(noun)\(count == 1 ? "" : "s")" }
