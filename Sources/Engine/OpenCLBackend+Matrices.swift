public import Compute
import Kernels

extension OpenCLBackend {
    public func multiply(_ matrices: Matrices<Buffer>, _ vectors: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)
    {
        let order = matrices.order
        precondition(vectors.width == order && products.width == order, "vectors as wide as the matrices' order")
        let triangles = matrices.triangles
        let items = itemCount(products.taskCount)
        let matrix = triangles.broadcast(taskCount: products.taskCount, columnCount: 1, width: triangles.width)
        let sizes: [KernelArgument] = [.count(items), .count(products.columnCount), .count(order)]
        let global = items * ((products.columnCount + 3) / 4)
        try kernel("multiply", in: .matrices, order: 0).launch(
            global: global, local: groupSize(of: global),
            arguments: sizes + operand(triangles, matrix) + operand(vectors, vectors.broadcast(over: products))
                + place(products.entries) + [
                    .buffer(matrices.entries.buffer), .buffer(vectors.entries.buffer),
                    .buffer(products.entries.buffer),
                ])
    }

    public func gradientStep(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, from vectors: Vectors<Buffer>,
        lengths: Vectors<Buffer>, into result: Vectors<Buffer>
    ) throws(ComputeError) {
        let order = matrices.order
        precondition(vectors.width == order && result.width == order, "vectors as wide as the matrices' order")
        precondition(linear.width == order && lengths.width == 1, "linear terms as wide, and one length a column")
        let triangles = matrices.triangles
        let items = itemCount(result.taskCount)
        let matrix = triangles.broadcast(taskCount: result.taskCount, columnCount: 1, width: triangles.width)
        let sizes: [KernelArgument] = [.count(items), .count(result.columnCount), .count(order)]
        try kernel("gradient_step", in: .matrices, order: 0).launch(
            global: items * result.columnCount,
            arguments: sizes + operand(triangles, matrix) + operand(vectors, vectors.broadcast(over: result))
                + operand(linear, linear.broadcast(over: result)) + operand(lengths, lengths.broadcast(over: result))
                + place(result.entries) + [
                    .buffer(matrices.entries.buffer), .buffer(vectors.entries.buffer), .buffer(linear.entries.buffer),
                    .buffer(lengths.entries.buffer), .buffer(result.entries.buffer),
                ])
    }

    public func eigen(_ matrices: Matrices<Buffer>, into system: EigenSystem<Buffer>) throws(ComputeError) {
        let order = matrices.order
        precondition(
            system.order == order && system.taskCount == matrices.taskCount, "an eigensystem of the same shape")
        let items = itemCount(matrices.taskCount)
        let entriesPerPack = triangleCount(order) + order * order + order
        let itemsPerPack = shape == .vectors ? 1 : lanes
        let packs = min(
            packCount(matrices.taskCount),
            max(1, Self.eigenScratchBytes / (max(1, entriesPerPack) * lanes * MemoryLayout<Scalar>.stride)))
        let scratch: Buffer = try context.makeBuffer(count: packs * entriesPerPack * lanes)
        let kernel = try kernel("eigen", in: .matrices, order: 0)
        // Launches follow each other on one queue, so they take turns with the scratch.
        for first in stride(from: 0, to: items, by: max(1, packs * itemsPerPack)) {
            try kernel.launch(
                global: min(packs * itemsPerPack, items - first),
                arguments: [
                    .count(items), .count(first), .count(order), .count(EigenSystem<Buffer>.sweepLimit),
                    .real(Scalar.ulpOfOne),
                ] + place(matrices.entries) + place(system.values.entries) + place(system.vectors.entries) + [
                    .buffer(matrices.entries.buffer), .buffer(scratch), .buffer(system.values.entries.buffer),
                    .buffer(system.vectors.entries.buffer),
                ])
        }
    }

    /// Device memory for matrices under way: of order 20, some 50,000 in double.
    private static var eigenScratchBytes: Int { 256_000_000 }
}
