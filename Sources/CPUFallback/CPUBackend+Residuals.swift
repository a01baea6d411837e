public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func residuals(of rows: Rows, at coefficients: Vectors<Buffer>) -> [Double] {
        let chunk = rows.chunk
        return Array(unsafeUninitializedCapacity: chunk.range.rowCount) { output, count in
            forEachBlock(of: chunk, at: coefficients) { block, fit in
                fit.forEachEight(of: block, in: chunk) { _, first, residuals, rowCount in
                    for row in 0..<rowCount { output[first + row] = Double(Scalar(residuals[row])) }
                }
            }
            count = chunk.range.rowCount
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func squaredScores(
        of rows: Rows, at coefficients: Vectors<Buffer>, factor: Factor<Buffer>, correction: LeverageCorrection
    ) -> Buffer {
        let chunk = rows.chunk
        let order = factor.order
        precondition(chunk.featureCount == order, "rows as wide as the factor")
        let output = CPUBuffer<Scalar>(count: chunk.range.rowCount)
        let limit = Double(Scalar.ulpOfOne.squareRoot())
        forEachBlock(of: chunk, at: coefficients) { block, fit in
            let task = factor.taskCount == 1 ? 0 : Int(block.task)
            if correction != .none { fit.take(factor.lower.entries.lane(of: task, lanes: Self.lanes), Self.lanes) }
            fit.forEachEight(of: block, in: chunk) { eight, first, residuals, rowCount in
                var weights = DoubleLanes(repeating: 1)
                if let source = chunk.weights {
                    for row in 0..<rowCount { weights[row] = Double(source[first + row]) }
                }
                let scores = weights * residuals
                var squares = scores * scores
                if correction != .none {
                    let rest = 1 - weights * fit.squaredLengths(of: eight)
                    let divisors = correction == .single ? rest : rest * rest
                    squares = DoubleLanes(repeating: .nan).replacing(with: squares / divisors, where: rest .> limit)
                }
                for row in 0..<rowCount { output.base[first + row] = Scalar(squares[row]) }
            }
        }
        return output
    }

    /// Calls `body` for each row block, in parallel, with its task's coefficients taken.
    @inline(__always)
    private func forEachBlock(
        of chunk: RowChunk<Scalar>, at coefficients: Vectors<Buffer>, _ body: (RowBlock, BlockFit<Scalar>) -> Void
    ) {
        let count = chunk.featureCount
        precondition(chunk.responseCount == 1, "rows of one response")
        precondition(coefficients.valuesPerTask == count, "one coefficient a feature")
        let blocks = chunk.range.blocks
        let grain = blocksPerUnit(blocks: blocks.count, rows: chunk.range.rowCount, costPerRow: count * count)
        parallel.forEachRange(of: blocks.count, grain: grain, scratch: BlockFit<Scalar>(featureCount: count)) {
            range, fit in
            for block in blocks[range] {
                let task = coefficients.taskCount == 1 ? 0 : Int(block.task)
                fit.takeCoefficients(coefficients.entries.lane(of: task, lanes: Self.lanes), stride: Self.lanes)
                body(block, fit)
            }
        }
    }
}
