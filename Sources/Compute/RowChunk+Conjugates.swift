import Glibc

extension RowChunk {
    /// Returns `sum over rows of w l*(u)`: what the rows of a block add to the dual objective, where `l*` is the conjugate of
    /// the loss and `u` its slope at one place, less the change to first order on the way to another, times a factor. It is
    /// infinite where a slope is none that the loss can have.
    ///
    /// - Parameters:
    ///   - coefficients: of the block's task, a column behind the other, and behind them those of the other place.
    ///   - factor: between 0 and 1.
    ///   - scratch: two values for each column.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package func conjugateSum(
        of block: RowBlock, _ loss: Loss, at coefficients: UnsafePointer<Double>, factor: Double,
        scratch: UnsafeMutablePointer<Double>
    ) -> Double {
        let columnCount = loss.columnCount
        var sum = 0.0
        for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
            let weight = weights.map { Double($0[row]) } ?? 1
            if weight == 0 { continue }
            let own = values + row &* width
            for column in 0..<2 &* columnCount {
                var predictor = 0.0
                for feature in 0..<featureCount {
                    predictor += Double(own[feature]) * coefficients[column &* featureCount &+ feature]
                }
                scratch[column] = predictor
            }
            sum += weight * loss.conjugate(Double(own[featureCount]), scratch, scratch + columnCount, factor: factor)
        }
        return sum
    }
}

extension Loss {
    /// `l*` of one row at the slope that the means give: `p = mu - k (t - t')` for the mean `mu` and the curvature `k` at the
    /// predictors `t`, and `u = factor (p - y)`.
    @inline(__always)
    fileprivate func conjugate(
        _ y: Double, _ predictors: UnsafeMutablePointer<Double>, _ moved: UnsafePointer<Double>, factor: Double
    ) -> Double {
        /// `p log p`, or infinity below 0.
        func entropy(_ p: Double) -> Double { p > 0 ? p * log(p) : p > -1e-12 ? 0 : .infinity }
        let change = predictors[0] - moved[0]
        switch self {
        case .squared:
            let slope = factor * (moved[0] - y)
            return slope * (slope / 2 + y)
        case .logistic:
            let small = exp(-abs(predictors[0]))
            let mean = (predictors[0] > 0 ? 1 : small) / (1 + small)
            let p = y + factor * (mean - small / ((1 + small) * (1 + small)) * change - y)
            return entropy(p) + entropy(1 - p)
        case .poisson:
            let mean = exp(predictors[0])
            let p = y + factor * (mean - mean * change - y)
            return entropy(p) - p
        case .softmax(let classCount):
            var (largest, total, average) = (-Double.infinity, 0.0, 0.0)
            for column in 0..<classCount { largest = max(largest, predictors[column]) }
            for column in 0..<classCount {
                let share = exp(predictors[column] - largest)
                total += share
                average += share * (predictors[column] - moved[column])
            }
            average /= total
            var sum = 0.0
            for column in 0..<classCount {
                let mean = exp(predictors[column] - largest) / total
                let own: Double = y == Double(column) ? 1 : 0
                let p = own + factor * (mean - mean * (predictors[column] - moved[column] - average) - own)
                sum += entropy(p)
            }
            return sum
        }
    }
}
