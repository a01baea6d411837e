public import Compute
import Kernels

extension OpenCLBackend {
    public func ridgeErrors(
        of moments: Moments<Buffer>, holdingOut heldOut: Moments<Buffer>, penalties: Vectors<Buffer>,
        toward center: Vectors<Buffer>, tolerance: Scalar, into errors: Vectors<Buffer>
    ) throws(ComputeError) {
        let (taskCount, order, count) = (moments.taskCount, moments.featureCount, penalties.columnCount)
        precondition(
            heldOut.taskCount == taskCount && heldOut.featureCount == order, "moments of as many tasks and features")
        precondition(errors.taskCount == taskCount && errors.valuesPerTask == count, "an error a task and penalty")
        let diagonals = penalties.broadcast(taskCount: taskCount, columnCount: count, width: order)
        let centers = center.broadcast(taskCount: taskCount, columnCount: count, width: order)
        let items = itemCount(taskCount)
        let (total, held) = (moments.joint.entries, heldOut.joint.entries)
        // Work-items with scratch of their own: few enough that it stays in the caches of a CPU.
        let workers = shape == .vectors ? shareCount(of: items) : min(items, Self.ridgeWorkers)
        let scratch: Buffer = try context.makeBuffer(
            count: packCount(workers * (shape == .vectors ? lanes : 1)) * 2 * (triangleCount(order) + order) * lanes)
        let sizes: [KernelArgument] = [.count(items), .count(count), .count(order), .real(tolerance)]
        try kernel("ridge_errors", in: .ridge, order: order).launch(
            global: workers, local: itemsPerSolver,
            arguments: sizes + place(total) + place(held) + operand(penalties, diagonals) + operand(center, centers)
                + place(errors.entries) + [
                    .buffer(total.buffer), .buffer(held.buffer), .buffer(penalties.entries.buffer),
                    .buffer(center.entries.buffer), .buffer(scratch), .buffer(errors.entries.buffer),
                ])
    }

    /// Lanes at a time on a GPU: of order 20 in double, 220 MB of scratch.
    private static var ridgeWorkers: Int { 1 << 16 }
}
