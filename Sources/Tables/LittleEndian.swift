/// Whole numbers in the order of bytes that zip archives and NumPy's headers have.
extension Collection<UInt8> {
    /// The first `count` bytes as a number; bytes that are not there count as 0.
    func littleEndian(_ count: Int) -> UInt64 {
        var number: UInt64 = 0
        for (place, byte) in prefix(count).enumerated() { number |= UInt64(byte) << UInt64(8 * place) }
        return number
    }
}

extension Array where Element == UInt8 {
    mutating func append(_ number: some BinaryInteger, littleEndian count: Int) {
        for place in 0..<count {
            append(UInt8(truncatingIfNeeded: UInt64(truncatingIfNeeded: number) >> UInt64(8 * place)))
        }
    }
}
