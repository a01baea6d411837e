import Compute

/// `x'y`, eight products at a time.
@inline(__always)
func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    typealias Lanes = SIMD8<Double>
    let (first, second) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
    var (sums, index) = (Lanes.zero, 0)
    while index &+ 8 <= count {
        sums = multiplyAdd(
            first.loadUnaligned(fromByteOffset: index &* 8, as: Lanes.self),
            second.loadUnaligned(fromByteOffset: index &* 8, as: Lanes.self), sums)
        index &+= 8
    }
    var sum = sums.sum()
    while index < count {
        sum += x[index] * y[index]
        index &+= 1
    }
    return sum
}

/// `y + factor x`, in place.
@inline(__always)
func add(_ factor: Double, times x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int) {
    for index in 0..<count { y[index] += factor * x[index] }
}

/// `A x` of a symmetric matrix, as the sum of its rows times the entries of `x`, so that no sum runs along a vector.
///
/// - Parameter stride: from one row to the next, and the entries of the product: a multiple of 8.
@inline(__always)
func multiplySymmetric(
    _ rows: UnsafePointer<Double>, _ x: UnsafePointer<Double>, into product: UnsafeMutablePointer<Double>, order: Int,
    stride: Int
) {
    typealias Lanes = SIMD8<Double>
    let (entries, output) = (UnsafeRawPointer(rows), UnsafeMutableRawPointer(product))
    func entry(_ row: Int, _ column: Int) -> Lanes {
        entries.loadUnaligned(fromByteOffset: (row &* stride &+ column) &* 8, as: Lanes.self)
    }
    var column = 0
    while column &+ 32 <= stride {
        var (first, second, third, fourth) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        for row in 0..<order {
            let factor = Lanes(repeating: x[row])
            first = multiplyAdd(factor, entry(row, column), first)
            second = multiplyAdd(factor, entry(row, column &+ 8), second)
            third = multiplyAdd(factor, entry(row, column &+ 16), third)
            fourth = multiplyAdd(factor, entry(row, column &+ 24), fourth)
        }
        output.storeBytes(of: first, toByteOffset: column &* 8, as: Lanes.self)
        output.storeBytes(of: second, toByteOffset: (column &+ 8) &* 8, as: Lanes.self)
        output.storeBytes(of: third, toByteOffset: (column &+ 16) &* 8, as: Lanes.self)
        output.storeBytes(of: fourth, toByteOffset: (column &+ 24) &* 8, as: Lanes.self)
        column &+= 32
    }
    while column < stride {
        var sum = Lanes.zero
        for row in 0..<order { sum = multiplyAdd(Lanes(repeating: x[row]), entry(row, column), sum) }
        output.storeBytes(of: sum, toByteOffset: column &* 8, as: Lanes.self)
        column &+= 8
    }
}
