public import Compute
import Kernels

extension OpenCLBackend {
    public func infimalConvolution(
        of system: EigenSystem<Buffer>, linear: Vectors<Buffer>, at centers: Vectors<Buffer>,
        thresholds: Vectors<Buffer>, distance: Distance, tolerance: Scalar, into result: InfimalConvolution<Buffer>
    ) throws(ComputeError) {
        let (taskCount, columnCount, order) = (result.taskCount, result.columnCount, result.order)
        precondition(system.taskCount == taskCount && system.order == order, "an eigensystem of the same shape")
        precondition(
            linear.width == order && centers.width == order && thresholds.width == 1,
            "vectors as wide as the system's order, one threshold a column")
        let items = itemCount(taskCount)
        let curvatures = result.curvatures ?? result.minimizers
        let sizes: [KernelArgument] = [
            .count(items), .count(columnCount), .count(order), .count(InfimalConvolution<Buffer>.stepLimit),
            .count(distance == .squared ? 1 : 0), .count(result.curvatures == nil ? 0 : 1), .real(tolerance),
            .real(Scalar.ulpOfOne.squareRoot()),
        ]
        let operands =
            operand(linear, linear.broadcast(over: result.minimizers))
            + operand(centers, centers.broadcast(over: result.minimizers))
            + operand(thresholds, thresholds.broadcast(over: result.values))
        let places =
            place(result.minimizers.entries) + place(result.gradients.entries) + place(result.values.entries)
            + place(curvatures.entries)
        try kernel("infimal_convolution", in: .infimal, order: order).launch(
            global: items * columnCount, local: itemsPerSolver,
            arguments: sizes + place(system.values.entries) + place(system.vectors.entries) + operands + places + [
                .buffer(system.values.entries.buffer), .buffer(system.vectors.entries.buffer),
                .buffer(linear.entries.buffer), .buffer(centers.entries.buffer), .buffer(thresholds.entries.buffer),
                .buffer(result.minimizers.entries.buffer), .buffer(result.gradients.entries.buffer),
                .buffer(result.values.entries.buffer), .buffer(curvatures.entries.buffer),
            ])
    }
}
