import CMachine
public import Compute

extension CPUBackend {
    /// As in `accumulate`, each block's sums are formed from zero and then added to its task's in order.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func evaluate(
        _ loss: Loss, over rows: Rows, at coefficients: Vectors<Buffer>, values: Vectors<Buffer>?,
        gradients: Vectors<Buffer>?
    ) {
        let chunk = rows.chunk
        let fitCount = loss.fitCount(of: coefficients.columnCount)
        precondition(chunk.range.foldCount == 1, "rows in no folds")
        precondition(values.map { $0.valuesPerTask == fitCount } ?? true, "one value a task and set of coefficients")
        precondition(
            gradients.map { $0.valuesPerTask == coefficients.valuesPerTask } ?? true,
            "a gradient as wide as the coefficients")
        let blocks = chunk.range.blocks
        let entryCount = coefficients.valuesPerTask
        if chunk.range.hasOneBlockASum {
            _ = forEachLossBlock(of: chunk, loss, at: coefficients) { index, block, sums in
                sum(block, of: chunk, by: sums, values != nil, gradients != nil)
                if let values {
                    sums.addValues(
                        to: values.entries.lane(of: Int(block.task), lanes: Self.lanes), stride: Self.lanes)
                }
                if let gradients {
                    let destination = gradients.entries.lane(of: Int(block.task), lanes: Self.lanes)
                    sums.addGradient(to: destination, stride: Self.lanes)
                }
            }
            return
        }
        let valueCount = values?.valuesPerTask ?? 0
        let valueSums = values.map { _ in CPUBuffer<Scalar>(count: blocks.count * valueCount) }
        let gradientSums = gradients.map { _ in CPUBuffer<Scalar>(count: blocks.count * entryCount) }
        let grain = forEachLossBlock(of: chunk, loss, at: coefficients) { index, block, sums in
            sum(block, of: chunk, by: sums, values != nil, gradients != nil)
            if let valueSums { sums.addValues(to: valueSums.base + index * valueCount, stride: 1) }
            if let gradientSums { sums.addGradient(to: gradientSums.base + index * entryCount, stride: 1) }
        }
        if let values, let valueSums { add(valueSums, of: blocks, grain: grain, to: values) }
        if let gradients, let gradientSums { add(gradientSums, of: blocks, grain: grain, to: gradients) }
    }

    /// Sums the loss over a block.
    @inline(__always)
    private func sum(
        _ block: RowBlock, of chunk: RowChunk<Scalar>, by sums: LossSums<Scalar>, _ wantsValue: Bool,
        _ wantsGradient: Bool
    ) {
        let first = Int(block.firstRow)
        sums.sum(
            rows: chunk.values + first * chunk.width, weights: chunk.weights.map { UnsafePointer($0) + first },
            rowCount: Int(block.rowCount), wantsValue: wantsValue, wantsGradient: wantsGradient)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func curvatureWeights(
        _ loss: Loss, of rows: Rows, at coefficients: Vectors<Buffer>, classes: (Int, Int)
    ) -> Buffer {
        precondition(
            (0..<loss.columnCount).contains(classes.0) && (0..<loss.columnCount).contains(classes.1),
            "classes that the loss has")
        precondition(coefficients.columnCount == loss.columnCount, "one set of coefficients")
        let chunk = rows.chunk
        let output = CPUBuffer<Scalar>(count: chunk.range.rowCount)
        _ = forEachLossBlock(of: chunk, loss, at: coefficients) { _, block, sums in
            guard case .one(let sums) = sums else { return }
            let first = Int(block.firstRow)
            sums.writeCurvatures(
                rows: chunk.values + first * chunk.width, weights: chunk.weights.map { UnsafePointer($0) + first },
                rowCount: Int(block.rowCount), classes: classes, into: output.base + first)
        }
        return output
    }

    /// Calls `body` for each row block, in parallel, with its task's coefficients taken. Returns the blocks a unit of
    /// work had.
    @inline(__always)
    private func forEachLossBlock(
        of chunk: RowChunk<Scalar>, _ loss: Loss, at coefficients: Vectors<Buffer>,
        _ body: (Int, RowBlock, LossSums<Scalar>) -> Void
    ) -> Int {
        precondition(chunk.responseCount == 1, "rows of one response")
        precondition(coefficients.width == chunk.featureCount, "one coefficient a feature")
        let blocks = chunk.range.blocks
        let grain = blocksPerUnit(
            blocks: blocks.count, rows: chunk.range.rowCount,
            costPerRow: (2 * chunk.width + 40) * coefficients.columnCount)
        let fitCount = loss.fitCount(of: coefficients.columnCount)
        parallel.forEachRange(
            of: blocks.count, grain: grain,
            scratch: LossSums<Scalar>(loss, fitCount: fitCount, featureCount: chunk.featureCount)
        ) { range, sums in
            for index in range {
                let task = coefficients.taskCount == 1 ? 0 : Int(blocks[index].task)
                let source = coefficients.entries.lane(of: task, lanes: Self.lanes)
                // The pack to come, a line a task.
                kindred_prefetch(source + (coefficients.entries.entriesPerPack + task % Self.lanes) * Self.lanes)
                sums.take(source, stride: Self.lanes)
                body(index, blocks[index], sums)
            }
        }
        return grain
    }
}
