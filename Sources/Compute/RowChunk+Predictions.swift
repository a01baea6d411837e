import Glibc

extension RowChunk {
    /// Returns the weight of a block's rows whose likeliest class, of several the first, is not theirs.
    ///
    /// - Parameters:
    ///   - loss: one of classes.
    ///   - coefficients: of the block's task, a column behind the other.
    ///   - scratch: a value for each column.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package func wrongWeight(
        of block: RowBlock, _ loss: Loss, at coefficients: UnsafePointer<Double>, scratch: UnsafeMutablePointer<Double>
    ) -> Double {
        let columnCount = loss.columnCount
        var sum = 0.0
        for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
            let weight = weight(ofRow: row)
            if weight == 0 { continue }
            let own = values + row &* width
            for column in 0..<columnCount {
                var predictor = 0.0
                for feature in 0..<featureCount {
                    predictor += Double(own[feature]) * coefficients[column &* featureCount &+ feature]
                }
                scratch[column] = predictor
            }
            var likeliest = 0
            if columnCount == 1 {
                likeliest = scratch[0] > 0 ? 1 : 0
            } else {
                for column in 1..<columnCount where scratch[column] > scratch[likeliest] { likeliest = column }
            }
            if Double(own[featureCount]) != Double(likeliest) { sum += weight }
        }
        return sum
    }

    /// Returns `sum over rows of w (y - y log y)`: the least that the loss `poisson` can be on a block's rows, at means that
    /// are their counts.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package func leastPoissonLoss(of block: RowBlock) -> Double {
        var sum = 0.0
        for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
            let weight = weight(ofRow: row)
            let count = Double(values[row &* width &+ featureCount])
            if weight > 0, count > 0 { sum += weight * (count - count * log(count)) }
        }
        return sum
    }
}
