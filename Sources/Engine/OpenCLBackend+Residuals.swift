public import Compute
import Kernels

extension OpenCLBackend {
    public func residuals(of rows: DeviceRows<Scalar>, at coefficients: Vectors<Buffer>)
        throws(ComputeError) -> [Double]
    {
        let order = rows.chunk.featureCount
        precondition(rows.chunk.responseCount == 1, "rows of one response")
        precondition(coefficients.valuesPerTask == order, "one coefficient a feature")
        let output: Buffer = try context.makeBuffer(count: rows.rowCount)
        let share = shape.itemsPerBlock
        let sizes: [KernelArgument] = [
            .count(rows.blockCount), .count(share), .count(order), .count(coefficients.taskCount == 1 ? 1 : 0),
        ]
        try kernel("residuals", in: .residuals, order: order).launch(
            global: rows.blockCount * share,
            arguments: sizes + place(coefficients.entries) + [
                .buffer(rows.blocks), .buffer(rows.values), .buffer(coefficients.entries.buffer), .buffer(output),
            ])
        return try Self.widened(output.read())
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    private static func widened(_ values: [Scalar]) -> [Double] { values.map { Double($0) } }

    public func squaredScores(
        of rows: DeviceRows<Scalar>, at coefficients: Vectors<Buffer>, factor: Factor<Buffer>,
        correction: LeverageCorrection
    ) throws(ComputeError) -> Buffer {
        let order = rows.chunk.featureCount
        precondition(rows.chunk.responseCount == 1, "rows of one response")
        precondition(coefficients.valuesPerTask == order && factor.order == order, "one coefficient a feature")
        precondition(coefficients.taskCount == factor.taskCount, "coefficients and factor of the same tasks")
        let output: Buffer = try context.makeBuffer(count: rows.rowCount)
        let share = shape.itemsPerBlock
        let sizes: [KernelArgument] = [
            .count(rows.blockCount), .count(share), .count(order), .count(coefficients.taskCount == 1 ? 1 : 0),
            .count(rows.weights == nil ? 0 : 1), .count(correction.rawValue), .real(Scalar.ulpOfOne.squareRoot()),
        ]
        try kernel("squared_scores", in: .residuals, order: order).launch(
            global: rows.blockCount * share,
            arguments: sizes + place(coefficients.entries) + place(factor.lower.entries) + [
                .buffer(rows.blocks), .buffer(rows.values), .buffer(rows.weights ?? rows.values),
                .buffer(coefficients.entries.buffer), .buffer(factor.lower.entries.buffer), .buffer(output),
            ])
        return output
    }
}
