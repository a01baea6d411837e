public import Compute
import Kernels

extension OpenCLBackend {
    public func elasticNet(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, thresholds: Vectors<Buffer>, mixture: Scalar,
        into coefficients: Vectors<Buffer>, violations: Vectors<Buffer>
    ) throws(ComputeError) {
        let (taskCount, columnCount, order) = (coefficients.taskCount, coefficients.columnCount, coefficients.width)
        precondition(matrices.taskCount == taskCount && matrices.order == order, "a matrix a task, of the same order")
        precondition(
            linear.width == order && thresholds.width == 1 && violations.width == 1,
            "linear terms as wide as the matrices' order, one threshold and one violation a column")
        precondition(
            violations.taskCount == taskCount && violations.columnCount == columnCount, "a violation a column")
        let items = itemCount(taskCount)
        let sizes: [KernelArgument] = [
            .count(items), .count(columnCount), .count(order), .count(ElasticNet.sweepLimit), .real(mixture),
            .real(ElasticNet.tolerance(Scalar.self)),
        ]
        let operands =
            operand(linear, linear.broadcast(over: coefficients))
            + operand(thresholds, thresholds.broadcast(over: violations))
        try kernel("elastic_net", in: .nets, order: order).launch(
            global: items, local: itemsPerSolver,
            arguments: sizes + place(matrices.entries) + operands + place(coefficients.entries)
                + place(violations.entries) + [
                    .buffer(matrices.entries.buffer), .buffer(linear.entries.buffer),
                    .buffer(thresholds.entries.buffer), .buffer(coefficients.entries.buffer),
                    .buffer(violations.entries.buffer),
                ])
    }
}
