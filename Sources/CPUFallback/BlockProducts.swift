import Compute

/// Sums `w x y'` over the tasks of one block, in double.
///
/// The tasks' values are widened to double first, eight tasks side by side, with 0 for tasks that are left out. A tile
/// of 4 x 2 sums then stays in registers while all tasks of the block pass; the eight lanes of each are added last.
struct BlockProducts<Scalar: LaneScalar> {
    typealias Lanes = SIMD8<Double>

    let leftWidth: Int
    let rightWidth: Int
    private let capacity: Int
    /// For each value, its `capacity` rows of eight tasks: `x`, and `w y`.
    private let left: UnsafeMutablePointer<Lanes>
    private let right: UnsafeMutablePointer<Lanes>
    private var rowCount = 0

    /// Scratch for rows of eight tasks, `leftWidth + rightWidth` vectors for each.
    @inline(__always)
    init(leftWidth: Int, rightWidth: Int, capacity: Int, scratch: UnsafeMutablePointer<Lanes>) {
        self.leftWidth = leftWidth
        self.rightWidth = rightWidth
        self.capacity = capacity
        left = scratch
        right = scratch + leftWidth * capacity
    }

    /// Adds eight tasks, whose values lie at a distance of one pack's lanes; those of weight 0 may hold anything.
    @inline(__always)
    mutating func append(x: UnsafePointer<Scalar>, y: UnsafePointer<Scalar>, weights: Lanes) {
        for entry in 0..<leftWidth {
            left[entry * capacity + rowCount] = select(weights, ==, .zero, .zero, else: widened(x, entry))
        }
        for entry in 0..<rightWidth {
            let value = select(weights, ==, .zero, .zero, else: widened(y, entry))
            right[entry * capacity + rowCount] = weights * value
        }
        rowCount += 1
    }

    @inline(__always)
    private func widened(_ values: UnsafePointer<Scalar>, _ entry: Int) -> Lanes {
        let start = values + entry * Scalar.Lanes.scalarCount
        var result = Lanes.zero
        for lane in 0..<8 { result[lane] = Double(start[lane]) }
        return result
    }

    /// Writes the sums: for each value of `y`, one for each value of `x`.
    @inline(__always)
    func sum(into sums: UnsafeMutablePointer<Double>) {
        for b in stride(from: 0, to: rightWidth, by: 2) {
            for a in stride(from: 0, to: leftWidth, by: 4) { sumTile(a, b, into: sums) }
        }
    }

    /// Places past the last one repeat it, and are not stored.
    @inline(__always)
    private func sumTile(_ a: Int, _ b: Int, into sums: UnsafeMutablePointer<Double>) {
        let (x0, x1) = (left + a * capacity, left + min(a + 1, leftWidth - 1) * capacity)
        let (x2, x3) = (left + min(a + 2, leftWidth - 1) * capacity, left + min(a + 3, leftWidth - 1) * capacity)
        let (y0, y1) = (right + b * capacity, right + min(b + 1, rightWidth - 1) * capacity)
        var (s0, s1, s2, s3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var (t0, t1, t2, t3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        for row in 0..<rowCount {
            s0 = multiplyAdd(x0[row], y0[row], s0)
            s1 = multiplyAdd(x1[row], y0[row], s1)
            s2 = multiplyAdd(x2[row], y0[row], s2)
            s3 = multiplyAdd(x3[row], y0[row], s3)
            t0 = multiplyAdd(x0[row], y1[row], t0)
            t1 = multiplyAdd(x1[row], y1[row], t1)
            t2 = multiplyAdd(x2[row], y1[row], t2)
            t3 = multiplyAdd(x3[row], y1[row], t3)
        }
        let count = min(4, leftWidth - a)
        store(s0, s1, s2, s3, count, sums + b * leftWidth + a)
        if b + 1 < rightWidth { store(t0, t1, t2, t3, count, sums + (b + 1) * leftWidth + a) }
    }

    @inline(__always)
    private func store(
        _ s0: Lanes, _ s1: Lanes, _ s2: Lanes, _ s3: Lanes, _ count: Int, _ sums: UnsafeMutablePointer<Double>
    ) {
        sums[0] = total(s0)
        if count > 1 { sums[1] = total(s1) }
        if count > 2 { sums[2] = total(s2) }
        if count > 3 { sums[3] = total(s3) }
    }

    /// The lanes' sum, in order.
    @inline(__always)
    private func total(_ lanes: Lanes) -> Double {
        var total = 0.0
        for lane in 0..<8 { total += lanes[lane] }
        return total
    }
}
