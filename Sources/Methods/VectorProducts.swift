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
