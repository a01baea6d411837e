public import Compute
import Kernels

extension OpenCLBackend {
    public func evaluate(
        _ loss: Loss, over rows: DeviceRows<Scalar>, at coefficients: Vectors<Buffer>, values: Vectors<Buffer>?,
        gradients: Vectors<Buffer>?
    ) throws(ComputeError) {
        checkShapes(of: coefficients, values, gradients, loss, rows)
        if loss == .squared, shape == .vectors, coefficients.columnCount == 1 {
            try evaluateSquared(rows, coefficients, values, gradients)
        } else if context.device.hasDouble {
            try evaluate(loss, rows, coefficients, values, gradients, sums: Double.self)
        } else {
            try evaluate(loss, rows, coefficients, values, gradients, sums: Float.self)
        }
    }

    private func evaluate<Accum: LaneScalar>(
        _ loss: Loss, _ rows: DeviceRows<Scalar>, _ coefficients: Vectors<Buffer>, _ values: Vectors<Buffer>?,
        _ gradients: Vectors<Buffer>?, sums: Accum.Type
    ) throws(ComputeError) {
        let order = rows.chunk.featureCount
        let entryCount = coefficients.valuesPerTask
        let padded = (order + 7) / 8 * 8
        let fitCount = loss.fitCount(of: coefficients.columnCount)
        // What is read or written by eight rows, or by the items of a group, at a time.
        let rowCount = shape == .vectors ? 8 : shape.itemsPerGroup
        let scratchPerColumn = rowCount + (shape == .vectors ? 2 * padded : order)
        let scratch = try context.makeBuffer(
            of: Accum.self,
            count: rows.blockCount * (coefficients.columnCount * scratchPerColumn + fitCount * rowCount))
        let valueSums: Buffer = try context.makeBuffer(count: rows.blockCount * fitCount)
        let gradientSums: Buffer = try context.makeBuffer(count: rows.blockCount * entryCount)
        let sizes: [KernelArgument] = [
            .count(rows.blockCount), .count(loss.kernelNumber), .count(order), .count(loss.columnCount),
            .count(fitCount), .count(coefficients.taskCount == 1 ? 1 : 0), .count(rows.weights == nil ? 0 : 1),
            .real(Loss.predictorLimit(of: Scalar.self)),
        ]
        let groupSize = shape.itemsPerGroup
        try kernel("evaluate_blocks", in: .losses, order: 0).launch(
            global: rows.blockCount * groupSize, local: groupSize,
            arguments: sizes + place(coefficients.entries) + [
                .buffer(rows.blocks), .buffer(rows.values), .buffer(rows.weights ?? rows.values),
                .buffer(coefficients.entries.buffer), .buffer(scratch), .buffer(valueSums), .buffer(gradientSums),
            ])
        if let values { try addBlocks(valueSums, of: rows, into: values) }
        if let gradients { try addBlocks(gradientSums, of: rows, into: gradients) }
    }

    /// A work-item takes a share of the blocks, in one pass over their rows, and adds their sums to their tasks' itself
    /// where each task has but one block.
    private func evaluateSquared(
        _ rows: DeviceRows<Scalar>, _ coefficients: Vectors<Buffer>, _ values: Vectors<Buffer>?,
        _ gradients: Vectors<Buffer>?
    ) throws(ComputeError) {
        let order = rows.chunk.featureCount
        let items = shareCount(of: rows.blockCount)
        let isInPlace = rows.chunk.range.hasOneBlockASum
        // Of `accum`, which is a double or shorter.
        let scratch = try context.makeBuffer(of: Double.self, count: items * 2 * (order + 7) / 8 * 8)
        let valueSums: Buffer? =
            isInPlace ? values?.entries.buffer : try context.makeBuffer(count: values == nil ? 0 : rows.blockCount)
        let gradientSums: Buffer? =
            isInPlace
            ? gradients?.entries.buffer
            : try context.makeBuffer(count: gradients == nil ? 0 : rows.blockCount * order)
        let sizes: [KernelArgument] = [
            .count(rows.blockCount), .count(items), .count(order), .count(coefficients.taskCount == 1 ? 1 : 0),
            .count(rows.weights == nil ? 0 : 1), .count(isInPlace ? 1 : 0), .count(values == nil ? 0 : 1),
            .count(gradients == nil ? 0 : 1),
        ]
        let places =
            place(coefficients.entries) + place((values ?? coefficients).entries)
            + place((gradients ?? coefficients).entries)
        try kernel("squared_blocks", in: .squared, order: 0).launch(
            global: items, local: 1,
            arguments: sizes + places + [
                .buffer(rows.blocks), .buffer(rows.values), .buffer(rows.weights ?? rows.values),
                .buffer(coefficients.entries.buffer), .buffer(scratch),
                .buffer(valueSums ?? rows.values), .buffer(gradientSums ?? rows.values),
            ])
        if isInPlace { return }
        if let values, let valueSums { try addBlocks(valueSums, of: rows, into: values) }
        if let gradients, let gradientSums { try addBlocks(gradientSums, of: rows, into: gradients) }
    }

    public func curvatureWeights(
        _ loss: Loss, of rows: DeviceRows<Scalar>, at coefficients: Vectors<Buffer>, classes: (Int, Int)
    ) throws(ComputeError) -> Buffer {
        let order = rows.chunk.featureCount
        checkShape(of: coefficients, rows)
        precondition(coefficients.columnCount == loss.columnCount, "one set of coefficients")
        precondition(
            (0..<loss.columnCount).contains(classes.0) && (0..<loss.columnCount).contains(classes.1),
            "classes that the loss has")
        let output: Buffer = try context.makeBuffer(count: rows.rowCount)
        let share = shape.itemsPerBlock
        let sizes: [KernelArgument] = [
            .count(rows.blockCount), .count(share), .count(loss.kernelNumber), .count(order), .count(loss.columnCount),
            .count(classes.0), .count(classes.1), .count(coefficients.taskCount == 1 ? 1 : 0),
            .count(rows.weights == nil ? 0 : 1), .real(Loss.predictorLimit(of: Scalar.self)),
        ]
        try kernel("curvature_weights", in: .losses, order: 0).launch(
            global: rows.blockCount * share,
            arguments: sizes + place(coefficients.entries) + [
                .buffer(rows.blocks), .buffer(rows.values), .buffer(rows.weights ?? rows.values),
                .buffer(coefficients.entries.buffer), .buffer(output),
            ])
        return output
    }

    private func checkShapes(
        of coefficients: Vectors<Buffer>, _ values: Vectors<Buffer>?, _ gradients: Vectors<Buffer>?, _ loss: Loss,
        _ rows: DeviceRows<Scalar>
    ) {
        checkShape(of: coefficients, rows)
        let fitCount = loss.fitCount(of: coefficients.columnCount)
        precondition(rows.chunk.range.foldCount == 1, "rows in no folds")
        precondition(values.map { $0.valuesPerTask == fitCount } ?? true, "one value a task and set of coefficients")
        precondition(
            gradients.map { $0.valuesPerTask == coefficients.valuesPerTask } ?? true,
            "a gradient as wide as the coefficients")
    }

    private func checkShape(of coefficients: Vectors<Buffer>, _ rows: DeviceRows<Scalar>) {
        precondition(rows.chunk.responseCount == 1, "rows of one response")
        precondition(coefficients.width == rows.chunk.featureCount, "one coefficient a feature")
    }
}

extension Loss {
    /// What `losses.cl` calls it.
    fileprivate var kernelNumber: Int {
        switch self {
        case .squared: 0
        case .logistic: 1
        case .poisson: 2
        case .softmax: 3
        }
    }
}
