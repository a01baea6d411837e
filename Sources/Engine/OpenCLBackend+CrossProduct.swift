public import Compute
import Kernels

extension OpenCLBackend {
    public func crossProduct(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, weights: Vectors<Buffer>?, into sum: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(
            sum.taskCount == 1 && sum.width == x.valuesPerTask && sum.columnCount == y.valuesPerTask,
            "a column for each value of y, as wide as x")
        if context.device.hasDouble {
            try addProducts(blockProducts(of: x, y, weights: weights, partials: Double.self), into: sum)
        } else {
            try addProducts(blockProducts(of: x, y, weights: weights, partials: Float.self), into: sum)
        }
    }

    /// The sum of `w x y'` over each block of tasks: blocks x values of y x values of x.
    func blockProducts<Accum: LaneScalar>(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, weights: Vectors<Buffer>?, partials: Accum.Type
    ) throws(ComputeError) -> DeviceBuffer<Accum> {
        precondition(x.taskCount == y.taskCount, "vectors of the same tasks")
        if let weights {
            precondition(weights.taskCount == x.taskCount && weights.valuesPerTask == 1, "one weight a task")
        }
        let (width, height) = (x.valuesPerTask, y.valuesPerTask)
        let blocks = (x.taskCount + sumBlockSize - 1) / sumBlockSize
        let partials = try context.makeBuffer(of: Accum.self, count: blocks * width * height)
        let itemsPerTile = shape == .vectors ? 1 : lanes
        let arrays = [x, y, weights ?? x]
        let sizes: [KernelArgument] = [
            .count(x.taskCount), .count(width), .count(height), .count(weights == nil ? 0 : 1),
        ]
        try kernel("block_products", in: .products, order: 0).launch(
            global: blocks * ((width + 3) / 4) * ((height + 3) / 4) * itemsPerTile,
            local: itemsPerTile,
            arguments: sizes + arrays.flatMap { place($0.entries) } + arrays.map { .buffer($0.entries.buffer) }
                + [.buffer(partials)])
        return partials
    }

    private func addProducts<Accum>(_ partials: DeviceBuffer<Accum>, into sum: Vectors<Buffer>) throws(ComputeError) {
        let entries = sum.valuesPerTask
        try kernel("add_block_products", in: .products, order: 0).launch(
            global: entries, .count(partials.count / max(1, entries)), .count(entries),
            .count(sum.entries.firstEntry), .buffer(partials), .buffer(sum.entries.buffer))
    }
}
