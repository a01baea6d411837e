import CMachine
import Compute

/// Sums the squared loss and its gradient over the rows of one block, row by row: a row gives its residual and its share
/// of the gradient while it is in registers.
struct SquaredRows<Scalar: LaneScalar> {
    let rows: UnsafePointer<Scalar>
    let weights: UnsafePointer<Scalar>?
    let rowCount: Int
    let featureCount: Int
    /// Vectors of eight features.
    let vectorCount: Int
    /// The lanes of a row's last vector that hold features. What the others hold may be anything, also not a number.
    let lastLanes: LaneBits
    let beta: UnsafePointer<DoubleLanes>
    /// Room for the slopes of ``panelRows`` rows.
    let slopes: UnsafeMutablePointer<Double>

    /// Rows that stay in the first cache while they are up to 100 values wide.
    static var panelRows: Int { 32 }

    /// Writes the gradient and returns the sum of `w (x' beta - y)^2 / 2`.
    @inline(__always)
    func sum(into gradient: UnsafeMutablePointer<DoubleLanes>) -> Double {
        switch vectorCount {
        case 1: return sum(RowVectors1.self, into: gradient)
        case 2: return sum(RowVectors2.self, into: gradient)
        case 3: return sum(RowVectors3.self, into: gradient)
        default: return sumWideRows(into: gradient)
        }
    }

    @inline(__always)
    private func sum<Vectors: RowVectors>(
        _: Vectors.Type, into gradient: UnsafeMutablePointer<DoubleLanes>
    ) -> Double {
        let beta = Vectors(at: beta)
        var sums = Vectors.zero
        var value = 0.0
        forEachRow(of: 0..<rowCount) { _, row, weight in
            var x = Vectors(widening: row)
            x.keep(last: lastLanes)
            let slope = total(x.products(with: beta)) - Double(row[featureCount])
            let weighted = weight.map { $0 * slope } ?? slope
            value += weighted * slope
            sums.add(weighted, times: x)
        }
        sums.store(at: gradient)
        return value / 2
    }

    /// Rows of more vectors than registers hold pass twice, in panels that stay in the first cache: for their slopes, and
    /// for the gradient, three vectors of it at a time.
    @inline(__always)
    private func sumWideRows(into gradient: UnsafeMutablePointer<DoubleLanes>) -> Double {
        for index in 0..<vectorCount { gradient[index] = .zero }
        var value = 0.0
        var start = 0
        while start < rowCount {
            let count = min(Self.panelRows, rowCount &- start)
            value += writeSlopes(of: start..<start &+ count)
            let panel = rows + start &* (featureCount &+ 1)
            var first = 0
            while first < vectorCount {
                switch vectorCount &- first {
                case 1: addGradient(RowVectors1.self, panel, first, count, into: gradient + first)
                case 2: addGradient(RowVectors2.self, panel, first, count, into: gradient + first)
                default: addGradient(RowVectors3.self, panel, first, count, into: gradient + first)
                }
                first += 3
            }
            start += count
        }
        return value / 2
    }

    /// Writes the weighted slopes of a panel's rows, 0 for those that weigh nothing, and returns the sum of their
    /// weighted squares.
    @inline(__always)
    private func writeSlopes(of range: Range<Int>) -> Double {
        let last = vectorCount &- 1
        var value = 0.0
        if weights != nil { slopes.update(repeating: 0, count: range.count) }
        forEachRow(of: range) { index, row, weight in
            var products = kept(widened(row + last &* 8), lastLanes) * beta[last]
            for vector in 0..<last { products = multiplyAdd(widened(row + vector &* 8), beta[vector], products) }
            let slope = total(products) - Double(row[featureCount])
            let weighted = weight.map { $0 * slope } ?? slope
            value += weighted * slope
            slopes[index &- range.lowerBound] = weighted
        }
        return value
    }

    /// Adds what the rows of a panel give to the vectors of the gradient from `first` on.
    @inline(__always)
    private func addGradient<Vectors: RowVectors>(
        _: Vectors.Type, _ panel: UnsafePointer<Scalar>, _ first: Int, _ count: Int,
        into gradient: UnsafeMutablePointer<DoubleLanes>
    ) {
        let lanes = first &+ 3 < vectorCount ? LaneBits(repeating: .max) : lastLanes
        var sums = Vectors(at: gradient)
        var row = panel + first &* 8
        for index in 0..<count {
            // A row that weighs nothing is left out, whatever it holds.
            if weights == nil || slopes[index] != 0 {
                var x = Vectors(widening: row)
                x.keep(last: lanes)
                sums.add(slopes[index], times: x)
            }
            row += featureCount &+ 1
        }
        sums.store(at: gradient)
    }

    /// Calls `body` with each row that does not weigh nothing and its weight, nil where rows have none.
    @inline(__always)
    private func forEachRow(of range: Range<Int>, _ body: (Int, UnsafePointer<Scalar>, Double?) -> Void) {
        let width = featureCount &+ 1
        var row = rows + range.lowerBound &* width
        guard let weights else {
            for index in range {
                prefetch(after: row)
                body(index, row, nil)
                row += width
            }
            return
        }
        for index in range {
            prefetch(after: row)
            let weight = Double(weights[index])
            if weight != 0 { body(index, row, weight) }
            row += width
        }
    }

    /// Asks for as many bytes as a row has, several times as far ahead as arrives while one is summed.
    @inline(__always)
    private func prefetch(after row: UnsafePointer<Scalar>) {
        let bytes = (featureCount &+ 1) &* MemoryLayout<Scalar>.stride
        let ahead = UnsafeRawPointer(row) + 4096
        kindred_prefetch(ahead)
        var offset = 64
        // Of rows a little longer than a line, the next one's first line is the rest.
        while offset &+ 32 <= bytes {
            kindred_prefetch(ahead + offset)
            offset &+= 64
        }
    }
}
