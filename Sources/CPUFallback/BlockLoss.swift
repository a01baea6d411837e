import CMachine
import Compute

/// Sums a loss and its gradient over the rows of one block, eight rows at a time.
///
/// Sums are taken in double from zero, in an order that the block alone decides.
struct BlockLoss<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = SIMD8<Double>

    let losses: RowLosses
    let columnCount: Int
    let featureCount: Int
    /// Vectors of eight features.
    private let vectorCount: Int
    /// The lanes of a row's last vector that hold features.
    private let lastLanes: SIMDMask<Lanes.MaskStorage>
    /// Coefficients and gradients, a column after another; then the predictors of eight rows, a vector a column.
    private let coefficients: UnsafeMutablePointer<Lanes>
    private let gradients: UnsafeMutablePointer<Lanes>
    private let predictors: UnsafeMutablePointer<Lanes>

    /// Scratch for one thread; `deallocate` gives it back.
    init(_ loss: Loss, featureCount: Int) {
        losses = RowLosses(loss, predictorLimit: Double(Loss.predictorLimit(of: Scalar.self)))
        columnCount = loss.columnCount
        self.featureCount = featureCount
        vectorCount = max(1, (featureCount + 7) / 8)
        lastLanes = (Self.laneNumbers .< Double(featureCount - (vectorCount - 1) * 8))
        let count = (2 * vectorCount + 1) * columnCount
        coefficients = .allocate(capacity: count)
        coefficients.initialize(repeating: .zero, count: count)
        gradients = coefficients + vectorCount * columnCount
        predictors = gradients + vectorCount * columnCount
    }

    func deallocate() { coefficients.deallocate() }

    /// Takes the coefficients of a task, whose entries lie `stride` apart.
    @inline(__always)
    func take(_ source: UnsafePointer<Scalar>, stride: Int) {
        let destination = scalars(of: coefficients)
        for column in 0..<columnCount {
            for feature in 0..<featureCount {
                let value = source[(column * featureCount + feature) * stride]
                destination[column * vectorCount * 8 + feature] = Double(value)
            }
        }
    }

    /// Writes the sums over `rowCount` rows: the value, and the gradient's columns.
    @inline(__always)
    func sum(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int,
        value: UnsafeMutablePointer<Scalar>?, gradient: UnsafeMutablePointer<Scalar>?
    ) {
        for index in 0..<vectorCount * columnCount { gradients[index] = .zero }
        var total = Lanes.zero
        var start = 0
        while start < rowCount {
            let (eight, weight) = take(rows, weights: weights, from: start, rowCount: rowCount)
            let rowValues = losses.evaluate(
                predictors, responses: eight.column(featureCount), wantsValues: value != nil)
            let isLeftOut = weight .== .zero
            total += (rowValues * weight).replacing(with: 0, where: isLeftOut)
            if gradient != nil {
                for column in 0..<columnCount {
                    let slopes = (predictors[column] * weight).replacing(with: 0, where: isLeftOut)
                    eight.add(times: slopes, to: gradients + column * vectorCount, vectorCount: vectorCount)
                }
            }
            start += 8
        }
        if let value { value[0] = Scalar(sum(total)) }
        guard let gradient else { return }
        let sums = scalars(of: gradients)
        for column in 0..<columnCount {
            for feature in 0..<featureCount {
                gradient[column * featureCount + feature] = Scalar(sums[column * vectorCount * 8 + feature])
            }
        }
    }

    /// Writes each row's weight times the loss's curvature.
    @inline(__always)
    func writeCurvatures(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int, classes: (Int, Int),
        into output: UnsafeMutablePointer<Scalar>
    ) {
        var start = 0
        while start < rowCount {
            let weight = take(rows, weights: weights, from: start, rowCount: rowCount).weights
            let curvatures = losses.curvatures(predictors, classes: classes) * weight
            for row in 0..<min(8, rowCount - start) { output[start + row] = Scalar(curvatures[row]) }
            start += 8
        }
    }

    /// Eight rows with their weights, 0 past the last row, and their predictors of each column in `predictors`.
    @inline(__always)
    private func take(
        _ rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, from start: Int, rowCount: Int
    ) -> (rows: EightRows<Scalar>, weights: Lanes) {
        let width = featureCount + 1
        let count = min(8, rowCount - start)
        let first = rows + start * width
        prefetch(UnsafeRawPointer(first) + Self.distanceAhead, byteCount: 8 * width * MemoryLayout<Scalar>.stride)
        let eight = EightRows(at: first, width: width, count: count)
        for column in 0..<columnCount {
            predictors[column] = eight.products(
                with: coefficients + column * vectorCount, vectorCount: vectorCount, lastLanes: lastLanes)
        }
        var weight = Lanes(repeating: 1)
        if let weights { weight = EightRows(at: weights + start, width: 1, count: count).column(0) }
        if count < 8 { weight.replace(with: 0, where: Self.laneNumbers .>= Double(count)) }
        return (eight, weight)
    }

    /// How far ahead rows are asked for: some ten times what arrives while eight rows are summed.
    private static var distanceAhead: Int { 4096 }

    @inline(__always)
    private func prefetch(_ memory: UnsafeRawPointer, byteCount: Int) {
        for offset in stride(from: 0, to: byteCount, by: 64) { kindred_prefetch(memory + offset) }
    }

    private static var laneNumbers: Lanes { Lanes(0, 1, 2, 3, 4, 5, 6, 7) }

    @inline(__always)
    private func sum(_ x: Lanes) -> Double {
        let halves = x.lowHalf + x.highHalf
        let quarters = halves.lowHalf + halves.highHalf
        return quarters[0] + quarters[1]
    }

    @inline(__always)
    private func scalars(of vectors: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
    }
}
