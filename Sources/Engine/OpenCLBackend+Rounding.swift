package import Compute
import Kernels

extension OpenCLBackend: RoundingCheck {
    package func roundsCorrectly() throws(ComputeError) -> Bool {
        let pairs = Self.pairs(count: 1 << 16)
        let a: Buffer = try context.makeBuffer(count: pairs.a.count)
        let b: Buffer = try context.makeBuffer(count: pairs.a.count)
        let quotients: Buffer = try context.makeBuffer(count: pairs.a.count)
        let roots: Buffer = try context.makeBuffer(count: pairs.a.count)
        try a.write(pairs.a)
        try b.write(pairs.b)
        let items = pairs.a.count / (shape == .vectors ? lanes : 1)
        try kernel("divide_and_root", in: .random, order: 0).launch(
            global: items, .count(items), .buffer(a), .buffer(b), .buffer(quotients), .buffer(roots))
        return Self.areRounded(quotients: try quotients.read(), roots: try roots.read(), of: pairs)
    }

    /// Numbers between 2^-20 and 2^20, with mantissas of random bits.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package static func pairs(count: Int) -> (a: [Scalar], b: [Scalar]) {
        let stream = RandomStream(seed: 754, purpose: .check)
        var (a, b): ([Scalar], [Scalar]) = ([], [])
        for position in 0..<count {
            let words = stream.words(task: 0, position: position)
            a.append(number(mantissa: words[0], words[1], exponent: position % 41 - 20))
            b.append(number(mantissa: words[2], words[3], exponent: position % 37 - 18))
        }
        return (a, b)
    }

    @inline(__always)
    private static func number(mantissa high: UInt32, _ low: UInt32, exponent: Int) -> Scalar {
        let bits = UInt64(high) << 32 | UInt64(low)
        let significand = 1 + Scalar(bits >> (64 - Scalar.significandBitCount)) * Scalar.ulpOfOne
        return Scalar(sign: .plus, exponent: Scalar.Exponent(exponent), significand: significand)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package static func areRounded(quotients: [Scalar], roots: [Scalar], of pairs: (a: [Scalar], b: [Scalar])) -> Bool {
        pairs.a.indices.allSatisfy {
            quotients[$0] == pairs.a[$0] / pairs.b[$0] && roots[$0] == pairs.a[$0].squareRoot()
        }
    }
}

extension DeviceGroup: RoundingCheck {
    package func roundsCorrectly() throws(ComputeError) -> Bool {
        for member in members where try !member.roundsCorrectly() { return false }
        return true
    }
}
