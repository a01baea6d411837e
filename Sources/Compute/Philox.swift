/// The generator Philox4x32-10: four words of 32 bits from a counter of four words and a key of two.
///
/// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11. Ten rounds of two products by
/// constants; the key grows by two constants from round to round. Words depend on counter and key alone, so any
/// number of a stream is made without those before it.
public enum Philox {
    @usableFromInline static let roundCount = 10
    @usableFromInline static let multipliers: (UInt32, UInt32) = (0xd251_1f53, 0xcd9e_8d57)
    @usableFromInline static let keySteps: (UInt32, UInt32) = (0x9e37_79b9, 0xbb67_ae85)

    /// Returns the four words of one counter.
    @inlinable
    public static func words(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var (words, key) = (counter, key)
        for _ in 0..<roundCount {
            let first = words[0].multipliedFullWidth(by: multipliers.0)
            let second = words[2].multipliedFullWidth(by: multipliers.1)
            words = SIMD4(second.high ^ words[1] ^ key[0], second.low, first.high ^ words[3] ^ key[1], first.low)
            key &+= SIMD2(keySteps.0, keySteps.1)
        }
        return words
    }
}

extension Philox {
    /// Returns the four words of one counter a lane, in the low halves of the lanes, which hold counters in the same way.
    @inlinable
    @inline(__always)
    public static func words<Lanes: SIMD>(
        counters: (Lanes, Lanes, Lanes, Lanes), key: SIMD2<UInt32>
    ) -> (Lanes, Lanes, Lanes, Lanes) where Lanes.Scalar == UInt64 {
        let lowHalf = Lanes(repeating: 0xffff_ffff)
        var (c0, c1, c2, c3) = counters
        var key = key
        for _ in 0..<roundCount {
            let first = c0 &* Lanes(repeating: UInt64(multipliers.0))
            let second = c2 &* Lanes(repeating: UInt64(multipliers.1))
            c0 = second &>> 32 ^ c1 ^ Lanes(repeating: UInt64(key[0]))
            c1 = second & lowHalf
            c2 = first &>> 32 ^ c3 ^ Lanes(repeating: UInt64(key[1]))
            c3 = first & lowHalf
            key &+= SIMD2(keySteps.0, keySteps.1)
        }
        return (c0, c1, c2, c3)
    }
}
