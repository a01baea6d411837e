import Compute

/// The sum of `x x'` over many short vectors `x`, formed for some of them at a time.
struct SquareSum {
    private let width: Int
    /// Of a vector in memory: zeros are behind it.
    private let stride: Int
    private var vectors: [Double]
    private var count = 0
    private let limit: Int
    /// A lower triangle, row by row.
    private var sum: [Double]

    /// - Parameter most: the most vectors that are added together.
    init(width: Int, most: Int) {
        self.width = width
        limit = max(Self.vectorsAtATime, most)
        stride = (width + Lanes.scalarCount - 1) / Lanes.scalarCount * Lanes.scalarCount
        vectors = Array(repeating: 0, count: limit * stride)
        sum = Array(repeating: 0, count: triangleCount(width))
    }

    /// So many stay in the first-level cache.
    private static var vectorsAtATime: Int { 96 }

    /// Adds some vectors.
    ///
    /// - Parameter write: is given where to write them, and how far one lies behind the other.
    mutating func add(_ added: Int, _ write: (UnsafeMutablePointer<Double>, _ stride: Int) -> Void) {
        precondition(added <= limit, "no more vectors than are added together")
        if count + added > limit { addHeld() }
        vectors.withUnsafeMutableBufferPointer { vectors in
            if let base = vectors.baseAddress { write(base + count * stride, stride) }
        }
        count += added
    }

    /// The triangle of the sum, row by row.
    mutating func total() -> [Double] {
        addHeld()
        return sum
    }

    private typealias Lanes = SIMD8<Double>

    /// Adds the vectors that are held, four rows and eight columns of their sum at a time.
    private mutating func addHeld() {
        let (width, stride, count) = (width, stride, count)
        vectors.withUnsafeBufferPointer { vectors in
            sum.withUnsafeMutableBufferPointer { sum in
                guard let vectors = vectors.baseAddress, let sum = sum.baseAddress else { return }
                for row in Swift.stride(from: 0, to: width, by: 4) {
                    for column in Swift.stride(from: 0, to: min(row + 4, width), by: Lanes.scalarCount) {
                        var (a, b, c, d) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
                        for vector in 0..<count {
                            let own = vectors + vector &* stride
                            let across = UnsafeRawPointer(own + column).loadUnaligned(as: Lanes.self)
                            a = multiplyAdd(across, Lanes(repeating: own[row]), a)
                            b = multiplyAdd(across, Lanes(repeating: own[row &+ 1]), b)
                            c = multiplyAdd(across, Lanes(repeating: own[row &+ 2]), c)
                            d = multiplyAdd(across, Lanes(repeating: own[row &+ 3]), d)
                        }
                        func add(_ values: Lanes, toRow place: Int) {
                            guard place < width else { return }
                            let own = sum + triangleCount(place) + column
                            for index in 0..<min(Lanes.scalarCount, place + 1 - column) { own[index] += values[index] }
                        }
                        add(a, toRow: row)
                        add(b, toRow: row + 1)
                        add(c, toRow: row + 2)
                        add(d, toRow: row + 3)
                    }
                }
            }
        }
        self.count = 0
    }
}
