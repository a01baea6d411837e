import CMachine
import Compute

/// Sums the squared loss and its gradient over the rows of one block: a row gives its residual and its share of the
/// gradient while it is in registers, or in the first cache.
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
        case 1: return sumShortRows(into: gradient)
        case 2: return sum(RowVectors2.self, into: gradient)
        case 3: return sum(RowVectors3.self, into: gradient)
        default: return sumWideRows(into: gradient)
        }
    }

    /// Rows of one vector, eight at a time, whose products are summed side by side.
    @inline(__always)
    private func sumShortRows(into gradient: UnsafeMutablePointer<DoubleLanes>) -> Double {
        var sums = (even: DoubleLanes.zero, odd: DoubleLanes.zero)
        var values = DoubleLanes.zero
        var row = rows
        var start = 0
        while start &+ 8 <= rowCount {
            values += addEight(row, last: 7, weights.map { CPUFallback.widened($0 + start) }, to: &sums)
            row += 8 &* (featureCount &+ 1)
            start &+= 8
        }
        if start < rowCount {
            let rest = rowCount &- start
            let isPresent = DoubleLanes(0, 1, 2, 3, 4, 5, 6, 7) .< Double(rest)
            let weight = weights.map { CPUFallback.widened($0 + start) } ?? DoubleLanes(repeating: 1)
            values += addEight(
                row, last: rest &- 1, DoubleLanes.zero.replacing(with: weight, where: isPresent), to: &sums)
        }
        gradient[0] = sums.even + sums.odd
        return total(values) / 2
    }

    /// Adds the gradient of eight rows to two sums, of which one alone would wait for itself, and returns twice their
    /// values. Rows behind the last one are that one again: they have to weigh nothing.
    @inline(__always)
    private func addEight(
        _ first: UnsafePointer<Scalar>, last: Int, _ weight: DoubleLanes?,
        to sums: inout (even: DoubleLanes, odd: DoubleLanes)
    ) -> DoubleLanes {
        prefetchEight(after: first)
        @inline(__always) func row(_ index: Int) -> UnsafePointer<Scalar> {
            first + min(index, last) &* (featureCount &+ 1)
        }
        let (row0, row1, row2, row3) = (row(0), row(1), row(2), row(3))
        let (row4, row5, row6, row7) = (row(4), row(5), row(6), row(7))
        let (x0, x1, x2, x3) = (widened(row0), widened(row1), widened(row2), widened(row3))
        let (x4, x5, x6, x7) = (widened(row4), widened(row5), widened(row6), widened(row7))
        let beta = beta[0]
        @inline(__always) func products(_ x: DoubleLanes) -> DoubleLanes { kept(x, lastLanes) * beta }
        let predictors = kindred_totals(
            products(x0), products(x1), products(x2), products(x3), products(x4), products(x5), products(x6),
            products(x7))
        let residuals =
            predictors
            - widened(
                SIMD8(
                    row0[featureCount], row1[featureCount], row2[featureCount], row3[featureCount],
                    row4[featureCount], row5[featureCount], row6[featureCount], row7[featureCount]))
        let slopes = weight.map { (residuals * $0).replacing(with: 0, where: $0 .== .zero) } ?? residuals
        @inline(__always) func add(_ lane: Int, _ x: DoubleLanes, to sum: inout DoubleLanes) {
            sum = multiplyAdd(DoubleLanes(repeating: slopes[lane]), x, sum)
        }
        add(0, x0, to: &sums.even)
        add(1, x1, to: &sums.odd)
        add(2, x2, to: &sums.even)
        add(3, x3, to: &sums.odd)
        add(4, x4, to: &sums.even)
        add(5, x5, to: &sums.odd)
        add(6, x6, to: &sums.even)
        add(7, x7, to: &sums.odd)
        return residuals * slopes
    }

    @inline(__always)
    private func widened(_ values: UnsafePointer<Scalar>) -> DoubleLanes { CPUFallback.widened(values) }

    @inline(__always)
    private func widened(_ values: SIMD8<Scalar>) -> DoubleLanes {
        withUnsafePointer(to: values) { CPUFallback.widened(UnsafeRawPointer($0).assumingMemoryBound(to: Scalar.self)) }
    }

    /// Asks for as many bytes as eight rows have, several times as far ahead as arrives while they are summed.
    @inline(__always)
    private func prefetchEight(after row: UnsafePointer<Scalar>) {
        let ahead = UnsafeRawPointer(row) + 8192
        let bytes = 8 &* (featureCount &+ 1) &* MemoryLayout<Scalar>.stride
        var offset = 0
        while offset < bytes {
            kindred_prefetch(ahead + offset)
            offset &+= 64
        }
    }

    /// Rows of few vectors, one by one.
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
            var products = kept(CPUFallback.widened(row + last &* 8), lastLanes) * beta[last]
            for vector in 0..<last {
                products = multiplyAdd(CPUFallback.widened(row + vector &* 8), beta[vector], products)
            }
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
