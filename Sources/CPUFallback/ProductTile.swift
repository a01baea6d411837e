import Compute

/// Eight sums side by side, each as wide as some vectors, that stay in registers while products are added to them.
struct ProductTile<Vectors: RowVectors> {
    private var sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7: Vectors

    /// Sums of nothing.
    @inline(__always)
    init() {
        (sum0, sum1, sum2, sum3) = (.zero, .zero, .zero, .zero)
        (sum4, sum5, sum6, sum7) = (.zero, .zero, .zero, .zero)
    }

    /// Sums that are gone on with, `stride` vectors apart.
    @inline(__always)
    init(at memory: UnsafePointer<DoubleLanes>, stride: Int) {
        @inline(__always) func sum(_ index: Int) -> Vectors { Vectors(at: memory + index &* stride) }
        (sum0, sum1, sum2, sum3) = (sum(0), sum(1), sum(2), sum(3))
        (sum4, sum5, sum6, sum7) = (sum(4), sum(5), sum(6), sum(7))
    }

    /// Adds `sum over i of x_ki b_i` to sum `k`: `x_ki` is `k step + i next` from `x` on, and `b_i` is `i stride` vectors
    /// from `factors` on.
    @inline(__always)
    mutating func add<Scalar: LaneScalar>(
        _ x: UnsafePointer<Scalar>, step: Int, next: Int, times factors: UnsafePointer<DoubleLanes>, stride: Int,
        count: Int
    ) {
        // In local variables, which stay in registers.
        var (a0, a1, a2, a3) = (sum0, sum1, sum2, sum3)
        var (a4, a5, a6, a7) = (sum4, sum5, sum6, sum7)
        let fifth = 4 &* step
        var (x, b) = (x, factors)
        for _ in 0..<count {
            let factor = Vectors(at: b)
            a0.add(Double(x[0]), times: factor)
            a1.add(Double(x[step]), times: factor)
            a2.add(Double(x[2 &* step]), times: factor)
            a3.add(Double(x[3 &* step]), times: factor)
            a4.add(Double(x[fifth]), times: factor)
            a5.add(Double(x[fifth &+ step]), times: factor)
            a6.add(Double(x[fifth &+ 2 &* step]), times: factor)
            a7.add(Double(x[fifth &+ 3 &* step]), times: factor)
            x += next
            b += stride
        }
        (sum0, sum1, sum2, sum3) = (a0, a1, a2, a3)
        (sum4, sum5, sum6, sum7) = (a4, a5, a6, a7)
    }

    @inline(__always)
    func store(at memory: UnsafeMutablePointer<DoubleLanes>, stride: Int) {
        sum0.store(at: memory)
        sum1.store(at: memory + stride)
        sum2.store(at: memory + 2 &* stride)
        sum3.store(at: memory + 3 &* stride)
        sum4.store(at: memory + 4 &* stride)
        sum5.store(at: memory + 5 &* stride)
        sum6.store(at: memory + 6 &* stride)
        sum7.store(at: memory + 7 &* stride)
    }
}
