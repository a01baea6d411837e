extension RowChunk {
    /// Adds to `sums` the number of a block's observations, the sum of their weights, and for each class the weight of its
    /// rows; or where there are no classes, one sum of weights times responses. A response that the loss cannot have makes
    /// the sum of weights NaN.
    ///
    /// - Parameters:
    ///   - classCount: of `softmax`; otherwise 0.
    ///   - sums: `2 + max(1, classCount)` values.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package func addResponses(
        of block: RowBlock, _ loss: Loss, classCount: Int, to sums: UnsafeMutablePointer<Double>
    ) {
        for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
            let weight = weights.map { Double($0[row]) } ?? 1
            if weight == 0 { continue }
            let response = Double(values[row &* width &+ featureCount])
            sums[0] += 1
            guard loss.allows(response) else {
                sums[1] = .nan
                continue
            }
            sums[1] += weight
            if classCount == 0 {
                sums[2] += weight * response
            } else {
                sums[2 &+ Int(response)] += weight
            }
        }
    }
}
