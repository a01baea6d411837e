package import Compute
import Glibc

extension Definitions {
    /// The four words of Philox4x32-10, from the paper's formula in 64-bit whole numbers.
    public static func philox(counter: [UInt32], key: [UInt32]) -> [UInt32] {
        var (c, k) = (counter.map { UInt64($0) }, key.map { UInt64($0) })
        for _ in 0..<10 {
            let (first, second) = (c[0] * 0xd251_1f53, c[2] * 0xcd9e_8d57)
            c = [second >> 32 ^ c[1] ^ k[0], second % (1 << 32), first >> 32 ^ c[3] ^ k[1], first % (1 << 32)]
            k = [(k[0] + 0x9e37_79b9) % (1 << 32), (k[1] + 0xbb67_ae85) % (1 << 32)]
        }
        return c.map { UInt32($0) }
    }

    /// `(2 k + 1) / 2^bits`, with `k` the first `bits - 1` bits of the words.
    public static func uniform(_ words: [UInt32], bits: Int) -> Double {
        let k = (UInt64(words[0]) << 32 | UInt64(words[1])) >> UInt64(65 - bits)
        return Double(2 * k + 1) / pow(2, Double(bits))
    }

    /// The `z` below which a standard normal falls with probability `u`: `erfc(|z| / sqrt 2) = 2 min(u, 1 - u)` by
    /// halving.
    public static func normalQuantile(_ u: Double) -> Double {
        var (low, high) = (0.0, 10.0)
        while case let middle = (low + high) / 2, low < middle, middle < high {
            // Near the median, where erfc has lost z, erf has it.
            let isBelow =
                abs(u - 0.5) < 0.25
                ? erf(middle / 2.0.squareRoot()) < 2 * abs(u - 0.5)
                : erfc(middle / 2.0.squareRoot()) > 2 * min(u, 1 - u)
            if isBelow { low = middle } else { high = middle }
        }
        return u < 0.5 ? -low : low
    }

    /// What `value` makes of the words at each position of each task of a stream.
    package static func draws<Value>(
        _ stream: RandomStream, taskCount: Int, width: Int, _ value: ([UInt32]) -> Value
    ) -> [Value] {
        (0..<taskCount).flatMap { task in
            (0..<width).map { position in
                let counter = [
                    stream.firstPosition &+ UInt32(position), stream.firstTask &+ UInt32(task), stream.replication,
                    UInt32(stream.purpose.rawValue) << 24 | stream.cell,
                ]
                let key = [UInt32(truncatingIfNeeded: stream.seed), UInt32(truncatingIfNeeded: stream.seed >> 32)]
                return value(philox(counter: counter, key: key))
            }
        }
    }

    /// The relative accuracy that the scalars' documentation states for normal quantiles.
    package static func normalAccuracy<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Double {
        Scalar.self == Float.self ? 5e-7 : 1e-15
    }
}
