import CMachine
import Compute

/// Sums a loss and its gradient over the rows of one block, eight rows at a time.
///
/// Sums are taken in double from zero, in an order that the block alone decides.
struct BlockLoss<Scalar: LaneScalar> {
    typealias Lanes = SIMD8<Double>

    let losses: RowLosses
    let columnCount: Int
    let featureCount: Int
    /// Vectors of eight features.
    private let vectorCount: Int
    /// The lanes of a row's last vector that hold features.
    private let lastLanes: LaneBits
    /// Coefficients and gradients, a column after another; then the predictors of eight rows, a vector a column.
    private let coefficients: UnsafeMutablePointer<Lanes>
    private let gradients: UnsafeMutablePointer<Lanes>
    private let predictors: UnsafeMutablePointer<Lanes>
    /// The last rows of a block, fewer than eight, and rows of zeros behind them.
    private let tail: UnsafeMutablePointer<Scalar>
    private let slopes: UnsafeMutablePointer<Double>
    private let value: UnsafeMutablePointer<Double>

    /// Scratch for one thread; `deallocate` gives it back.
    init(_ loss: Loss, featureCount: Int) {
        losses = RowLosses(loss, predictorLimit: Double(Loss.predictorLimit(of: Scalar.self)))
        columnCount = loss.columnCount
        self.featureCount = featureCount
        vectorCount = max(1, (featureCount + 7) / 8)
        let lastCount = featureCount - (vectorCount - 1) * 8
        lastLanes = LaneBits(repeating: 0).replacing(with: .max, where: laneNumbers .< Double(lastCount))
        let count = (2 * vectorCount + 1) * columnCount
        coefficients = .allocate(capacity: count)
        coefficients.initialize(repeating: .zero, count: count)
        gradients = coefficients + vectorCount * columnCount
        predictors = gradients + vectorCount * columnCount
        slopes = .allocate(capacity: SquaredRows<Scalar>.panelRows + 1)
        value = slopes + SquaredRows<Scalar>.panelRows
        // A vector more than the rows: features are read in whole vectors.
        tail = .allocate(capacity: 8 * (featureCount + 1) + 16)
        tail.initialize(repeating: 0, count: 8 * (featureCount + 1) + 16)
    }

    func deallocate() {
        coefficients.deallocate()
        tail.deallocate()
        slopes.deallocate()
    }

    /// Takes the coefficients of a task, whose entries lie `stride` apart.
    @inline(__always)
    func take(_ source: UnsafePointer<Scalar>, stride: Int) {
        for column in 0..<columnCount {
            let entries = source + column &* featureCount &* stride
            for vector in 0..<vectorCount {
                coefficients[column &* vectorCount &+ vector] = gathered(entries, vector, stride: stride)
            }
        }
    }

    /// One vector of a column's coefficients, 0 behind the last one.
    @inline(__always)
    private func gathered(_ entries: UnsafePointer<Scalar>, _ vector: Int, stride: Int) -> Lanes {
        let first = vector &* 8
        let last = featureCount &- 1 &- first
        @inline(__always) func entry(_ index: Int) -> Double {
            Double(entries[(first &+ min(index, last)) &* stride])
        }
        let values = Lanes(entry(0), entry(1), entry(2), entry(3), entry(4), entry(5), entry(6), entry(7))
        return vector < vectorCount &- 1 ? values : kept(values, lastLanes)
    }

    /// Sums over `rowCount` rows, for ``addValues(to:stride:)`` and ``addGradient(to:stride:)``.
    @inline(__always)
    func sum(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int, wantsValue: Bool,
        wantsGradient: Bool
    ) {
        if case .squared = losses.loss {
            let squares = SquaredRows(
                rows: rows, weights: weights, rowCount: rowCount, featureCount: featureCount,
                vectorCount: vectorCount, lastLanes: lastLanes, beta: coefficients, slopes: slopes)
            value[0] = squares.sum(into: gradients)
            return
        }
        for index in 0..<vectorCount * columnCount { gradients[index] = .zero }
        var values = Lanes.zero
        forEachEight(of: rows, weights: weights, rowCount: rowCount) { eight, weight, _ in
            predict(eight)
            let y = eight.column(featureCount)
            values += leavingOut(losses.evaluate(predictors, responses: y, wantsValues: wantsValue), weight)
            guard wantsGradient else { return }
            for column in 0..<columnCount {
                let slopes = leavingOut(predictors[column], weight)
                eight.add(times: slopes, to: gradients + column &* vectorCount, vectorCount: vectorCount)
            }
        }
        value[0] = total(values)
    }

    @inline(__always)
    func addValues(to destination: UnsafeMutablePointer<Scalar>, stride: Int) { destination[0] += Scalar(value[0]) }

    /// Adds the gradient's columns to values that lie `stride` apart.
    ///
    /// Eight at a time: of a loop over one, compilers make vectors that are scattered, at several times the cost.
    @inline(__always)
    func addGradient(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        let sums = scalars(of: gradients)
        for column in 0..<columnCount {
            let source = sums + column &* vectorCount &* 8
            let target = destination + column &* featureCount &* stride
            @inline(__always) func add(_ feature: Int) { target[feature &* stride] += Scalar(source[feature]) }
            var feature = 0
            while feature &+ 8 <= featureCount {
                add(feature)
                add(feature &+ 1)
                add(feature &+ 2)
                add(feature &+ 3)
                add(feature &+ 4)
                add(feature &+ 5)
                add(feature &+ 6)
                add(feature &+ 7)
                feature &+= 8
            }
            while feature < featureCount {
                add(feature)
                feature &+= 1
            }
        }
    }

    /// Writes each row's weight times the loss's curvature.
    @inline(__always)
    func writeCurvatures(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int, classes: (Int, Int),
        into output: UnsafeMutablePointer<Scalar>
    ) {
        var output = output
        forEachEight(of: rows, weights: weights, rowCount: rowCount) { eight, weight, count in
            predict(eight)
            let curvatures = losses.curvatures(predictors, classes: classes) * (weight ?? Lanes(repeating: 1))
            for row in 0..<count { output[row] = Scalar(curvatures[row]) }
            output += 8
        }
    }

    /// Calls `body` with eight rows at a time, their weights, nil where all are 1, and how many of them there are: those
    /// past the last row are 0 and weigh nothing.
    @inline(__always)
    private func forEachEight(
        of rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int,
        _ body: (EightRows<Scalar>, Lanes?, Int) -> Void
    ) {
        let width = featureCount &+ 1
        let bytes = 8 &* width &* MemoryLayout<Scalar>.stride
        var (row, next, weights) = (rows, UnsafeRawPointer(rows) + Self.distanceAhead, weights)
        for _ in 0..<rowCount / 8 {
            for offset in stride(from: 0, to: bytes, by: 64) { kindred_prefetch(next + offset) }
            body(EightRows(at: row, width: width), weights.map { widened($0) }, 8)
            row += 8 &* width
            next += bytes
            weights = weights.map { $0 + 8 }
        }
        let rest = rowCount % 8
        guard rest > 0 else { return }
        tail.update(from: row, count: rest * width)
        (tail + rest * width).update(repeating: 0, count: (8 - rest) * width)
        var weight = Lanes.zero
        for lane in 0..<rest { weight[lane] = weights.map { Double($0[lane]) } ?? 1 }
        body(EightRows(at: tail, width: width), weight, rest)
    }

    /// Writes `x' beta` of each row, for each column.
    @inline(__always)
    private func predict(_ rows: EightRows<Scalar>) {
        for column in 0..<columnCount {
            predictors[column] = rows.products(
                with: coefficients + column &* vectorCount, vectorCount: vectorCount, lastLanes: lastLanes)
        }
    }

    /// `w x`, and 0 where a row weighs nothing, whatever `x` is there.
    @inline(__always)
    private func leavingOut(_ x: Lanes, _ weight: Lanes?) -> Lanes {
        guard let weight else { return x }
        return (x * weight).replacing(with: 0, where: weight .== .zero)
    }

    /// How far ahead rows are asked for: several times what arrives while eight are summed.
    private static var distanceAhead: Int { 4096 }

    @inline(__always)
    private func scalars(of vectors: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
    }
}
