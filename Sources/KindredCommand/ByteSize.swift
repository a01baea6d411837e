import ArgumentParser
import Glibc

/// A number of bytes as users write it: `64M`, `8G`. A bare number below a million is taken for a forgotten unit.
struct ByteSize: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        var digits = argument.uppercased()
        if digits.hasSuffix("B") { digits.removeLast() }
        var unit = 1.0
        for (suffix, size) in [("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)] where digits.hasSuffix(suffix) {
            digits.removeLast()
            unit = size
            break
        }
        guard let value = Double(digits), value.isFinite, value > 0, value * unit < 9e18 else { return nil }
        guard unit > 1 || value >= 1e6 else { return nil }
        bytes = Int(value * unit)
    }

    static var halfOfMemory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 2 }
}
