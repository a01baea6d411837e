public import Compute
import Kernels

extension OpenCLBackend {
    public func combine(_ a: Term<Buffer>, _ b: Term<Buffer>?, into result: Vectors<Buffer>) throws(ComputeError) {
        let terms = [a, b ?? a]
        var sizes: [KernelArgument] = [.count(b == nil ? 1 : 2)]
        var buffers: [KernelArgument] = []
        for term in terms {
            let (number, scales) = parts(of: term)
            sizes += [.real(number), .count(scales == nil ? 0 : 1)]
            for vectors in [term.vectors, scales ?? term.vectors] {
                sizes += operand(vectors, vectors.broadcast(over: result))
                buffers.append(.buffer(vectors.entries.buffer))
            }
        }
        try launchColumns("combine", of: result, sizes: sizes, buffers: buffers)
    }

    private func parts(of term: Term<Buffer>) -> (number: Scalar, scales: Vectors<Buffer>?) {
        switch term.scale {
        case .number(let number): (Scalar(number), nil)
        case .each(let scales): (1, scales)
        }
    }

    public func dots(_ x: Vectors<Buffer>, _ y: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)
    {
        precondition(x.width == y.width && products.width == 1, "vectors as wide as each other, one product a column")
        let (tasks, columns, width) = (products.taskCount, products.columnCount, x.width)
        var sizes: [KernelArgument] = [.count(width)]
        for vectors in [x, y] {
            sizes += operand(
                vectors, vectors.broadcast(taskCount: tasks, columnCount: columns, width: width))
        }
        try launchColumns(
            "dots", of: products, sizes: sizes, buffers: [.buffer(x.entries.buffer), .buffer(y.entries.buffer)])
    }

    public func shrink(
        _ vectors: Vectors<Buffer>, toward center: Vectors<Buffer>, thresholds: Vectors<Buffer>,
        weights: Vectors<Buffer>?, prox: Prox, into result: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(prox.isByCoordinate || thresholds.width == 1, "one threshold a column")
        precondition(vectors.width == result.width, "vectors as wide as the result")
        let operands = [vectors, center, thresholds, weights ?? thresholds]
        try launchColumns(
            "shrink", of: result,
            sizes: [.count(prox.rawValue), .count(weights == nil ? 0 : 1)]
                + operands.flatMap { operand($0, $0.broadcast(over: result)) },
            buffers: operands.map { .buffer($0.entries.buffer) })
    }

    /// Launches a kernel of `vectors.cl` over the columns of each task of `result`.
    private func launchColumns(
        _ name: String, of result: Vectors<Buffer>, sizes: [KernelArgument], buffers: [KernelArgument]
    ) throws(ComputeError) {
        let items = itemCount(result.taskCount)
        try kernel(name, in: .vectors, order: 0).launch(
            global: items * result.columnCount, local: groupSize(of: items * result.columnCount),
            arguments: [.count(items), .count(result.columnCount), .count(result.width)] + sizes
                + place(result.entries) + buffers + [.buffer(result.entries.buffer)])
    }

    /// Where an operand lies in its buffer, and how it is repeated, as kernels take it.
    func operand(_ vectors: Vectors<Buffer>, _ broadcast: Broadcast) -> [KernelArgument] {
        [
            .count(broadcast.isShared ? 0 : vectors.entries.entriesPerPack), .count(vectors.entries.firstEntry),
            .count(broadcast.columnStep), .count(broadcast.coordinateStep),
        ]
    }
}
