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
        let numbers = Lanes(0, 1, 2, 3, 4, 5, 6, 7)
        lastLanes = (numbers .< Double(featureCount - (vectorCount - 1) * 8))
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
            let first = rows + start * (featureCount + 1)
            let present = min(8, rowCount - start)
            predict(first, rowCount: present)
            let (responses, weight) = readRows(first, weights: weights.map { $0 + start }, rowCount: present)
            let rowValues = losses.evaluate(predictors, responses: responses, wantsValues: value != nil)
            let isLeftOut = weight .== .zero
            total += (rowValues * weight).replacing(with: 0, where: isLeftOut)
            if gradient != nil {
                for column in 0..<columnCount {
                    let slopes = (predictors[column] * weight).replacing(with: 0, where: isLeftOut)
                    addGradient(first, rowCount: present, slopes: slopes, into: gradients + column * vectorCount)
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
            let first = rows + start * (featureCount + 1)
            let present = min(8, rowCount - start)
            predict(first, rowCount: present)
            let weight = readRows(first, weights: weights.map { $0 + start }, rowCount: present).weights
            let curvatures = losses.curvatures(predictors, classes: classes) * weight
            for row in 0..<present { output[start + row] = Scalar(curvatures[row]) }
            start += 8
        }
    }

    /// `x' beta` of each row and column; 0 for rows that are not there.
    @inline(__always)
    private func predict(_ rows: UnsafePointer<Scalar>, rowCount: Int) {
        for column in 0..<columnCount {
            let beta = coefficients + column * vectorCount
            var eta = Lanes.zero
            for row in 0..<rowCount {
                let x = rows + row * (featureCount + 1)
                // What lies behind the features may be anything, also not a number.
                let last = vectorCount - 1
                var products = widened(x + last * 8).replacing(with: 0, where: .!lastLanes) * beta[last]
                for index in 0..<last { products = multiplyAdd(widened(x + index * 8), beta[index], products) }
                eta[row] = sum(products)
            }
            predictors[column] = eta
        }
    }

    /// The responses and weights of eight rows; of rows that are not there, 0.
    @inline(__always)
    private func readRows(
        _ rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int
    ) -> (responses: Lanes, weights: Lanes) {
        var (responses, weight) = (Lanes.zero, Lanes.zero)
        for row in 0..<rowCount {
            responses[row] = Double(rows[row * (featureCount + 1) + featureCount])
            weight[row] = weights.map { Double($0[row]) } ?? 1
        }
        return (responses, weight)
    }

    @inline(__always)
    private func addGradient(
        _ rows: UnsafePointer<Scalar>, rowCount: Int, slopes: Lanes, into sums: UnsafeMutablePointer<Lanes>
    ) {
        for index in 0..<vectorCount {
            var sum = sums[index]
            for row in 0..<rowCount {
                let x = widened(rows + row * (featureCount + 1) + index * 8)
                sum = multiplyAdd(x, Lanes(repeating: slopes[row]), sum)
            }
            sums[index] = sum
        }
    }

    /// Eight values of a row. Reading past its end is allowed.
    @inline(__always)
    private func widened(_ values: UnsafePointer<Scalar>) -> Lanes {
        if Scalar.self == Double.self { return UnsafeRawPointer(values).loadUnaligned(as: Lanes.self) }
        var result = Lanes.zero
        for lane in 0..<8 { result[lane] = Double(values[lane]) }
        return result
    }

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
