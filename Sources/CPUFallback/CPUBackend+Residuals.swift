public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func residuals(of rows: Rows, at coefficients: Vectors<Buffer>) -> [Double] {
        let chunk = rows.chunk
        return Array(unsafeUninitializedCapacity: chunk.range.rowCount) { output, count in
            forEachBlock(of: chunk, at: coefficients) { block, fit, _ in
                for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
                    output[row] = Double(Scalar(fit.residual(of: chunk.values + row * chunk.width)))
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
        let limit = Scalar.ulpOfOne.squareRoot()
        forEachBlock(of: chunk, at: coefficients) { block, fit, scratch in
            let lower = factor.lower.entries.lane(of: factor.taskCount == 1 ? 0 : Int(block.task), lanes: Self.lanes)
            for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
                let values = chunk.values + row * chunk.width
                let weight = chunk.weights.map { Double($0[row]) } ?? 1
                let score = weight * fit.residual(of: values)
                var square = score * score
                if correction != .none {
                    let length = squaredLength(of: values, lower: lower, order: order, solved: scratch)
                    let rest = 1 - weight * length
                    let divisor = correction == .single ? rest : rest * rest
                    square = rest > Double(limit) ? square / divisor : .nan
                }
                output.base[row] = Scalar(square)
            }
        }
        return output
    }

    /// `||L^-1 x||^2`, which is `x' G^-1 x`.
    @inline(__always)
    private func squaredLength(
        of x: UnsafePointer<Scalar>, lower: UnsafePointer<Scalar>, order: Int, solved: UnsafeMutablePointer<Double>
    ) -> Double {
        var length = 0.0
        for row in 0..<order {
            let entries = lower + triangleCount(row) * Self.lanes
            var rest = Double(x[row])
            for column in 0..<row { rest -= Double(entries[column * Self.lanes]) * solved[column] }
            solved[row] = rest * Double(entries[row * Self.lanes])
            length += solved[row] * solved[row]
        }
        return length
    }

    /// Calls `body` for each row block, in parallel, with its task's coefficients and `featureCount` values of scratch.
    @inline(__always)
    private func forEachBlock(
        of chunk: RowChunk<Scalar>, at coefficients: Vectors<Buffer>,
        _ body: (RowBlock, LinearFit<Scalar>, UnsafeMutablePointer<Double>) -> Void
    ) {
        let count = chunk.featureCount
        precondition(chunk.responseCount == 1, "rows of one response")
        precondition(coefficients.valuesPerTask == count, "one coefficient a feature")
        let blocks = chunk.range.blocks
        let grain = blocksPerUnit(blocks: blocks.count, rows: chunk.range.rowCount, costPerRow: count * count)
        parallel.forEachRange(of: blocks.count, grain: grain) { range in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count + 1) { memory in
                guard let scratch = memory.baseAddress else { return }
                for block in blocks[range] {
                    let task = coefficients.taskCount == 1 ? 0 : Int(block.task)
                    let source = coefficients.entries.lane(of: task, lanes: Self.lanes)
                    for index in 0..<count { scratch[index] = Double(source[index * Self.lanes]) }
                    body(block, LinearFit(coefficients: scratch, count: count), scratch + count)
                }
            }
        }
    }
}

/// One task's coefficients, in double.
struct LinearFit<Scalar: LaneScalar> {
    let coefficients: UnsafePointer<Double>
    let count: Int

    /// `y - x' beta`, summed in double.
    @inline(__always)
    func residual(of row: UnsafePointer<Scalar>) -> Double {
        var rest = Double(row[count])
        for index in 0..<count { rest -= Double(row[index]) * coefficients[index] }
        return rest
    }
}
