public import Compute
import Kernels

extension OpenCLBackend {
    public func leastSquares(
        _ rows: DeviceRows<Scalar>, tolerance: Scalar, into coefficients: Vectors<Buffer>, diagnosis: Vectors<Buffer>
    ) throws(ComputeError) {
        let chunk = rows.chunk
        precondition(chunk.range.foldCount == 1, "rows in no folds")
        precondition(
            coefficients.width == chunk.featureCount && coefficients.columnCount == chunk.responseCount,
            "one coefficient a feature and response")
        precondition(diagnosis.valuesPerTask == 2, "a code and a condition a task")
        guard let tasks = rows.part.tasks else {
            preconditionFailure("least squares needs chunks of whole packs of tasks")
        }
        if tasks.isEmpty { return }
        switch shape {
        case .vectors:
            try solvePacks(of: tasks, rows, tolerance: tolerance, into: coefficients, diagnosis: diagnosis)
        case .lanes:
            try solveByMoments(
                rows, firstTask: tasks.lowerBound, tolerance: tolerance, into: slice(coefficients, tasks),
                diagnosis: slice(diagnosis, tasks))
        }
    }

    /// A work-item forms the moments of a pack in scratch that stays in its cache, factors and solves them there, and
    /// writes only what was asked for.
    private func solvePacks(
        of tasks: Range<Int>, _ rows: DeviceRows<Scalar>, tolerance: Scalar, into coefficients: Vectors<Buffer>,
        diagnosis: Vectors<Buffer>
    ) throws(ComputeError) {
        let (order, responseCount) = (rows.chunk.featureCount, rows.chunk.responseCount)
        let packCount = packCount(tasks.count)
        let firstPack = tasks.lowerBound / lanes
        let gramScratch = try makeGramScratch(width: rows.chunk.width, blockCount: packCount)
        let scratch: Buffer = try context.makeBuffer(
            count: gramScratch.itemCount * (triangleCount(rows.chunk.width) + triangleCount(order)) * lanes)
        let firstBlocks = rows.part.firstBlocks(ofPacks: firstPack..<firstPack + packCount, lanes: lanes)
        let sizes: [KernelArgument] = [
            .count(packCount), .count(gramScratch.itemCount), .count(order), .count(responseCount), .real(tolerance),
        ]
        try kernel("least_squares", in: .leastSquares, order: order).launch(
            global: gramScratch.itemCount, local: 1,
            arguments: sizes + gramScratch.sizes + [.count(rows.weights == nil ? 0 : 1), .count(firstPack)]
                + place(coefficients.entries) + place(diagnosis.entries) + [
                    .buffer(try context.makeTable(firstBlocks)), .buffer(rows.blocks), .buffer(rows.values),
                    .buffer(rows.weights ?? rows.values), .memory(gramScratch.memory), .buffer(scratch),
                    .buffer(coefficients.entries.buffer), .buffer(diagnosis.entries.buffer),
                ])
    }

    /// Moments and factors are made for the chunk's tasks alone, and their memory serves the next chunk again.
    private func solveByMoments(
        _ rows: DeviceRows<Scalar>, firstTask: Int, tolerance: Scalar, into coefficients: Vectors<Buffer>,
        diagnosis: Vectors<Buffer>
    ) throws(ComputeError) {
        let moments = try makeMoments(
            taskCount: coefficients.taskCount, featureCount: rows.chunk.featureCount,
            responseCount: rows.chunk.responseCount)
        try accumulate(rows, rowWeights: nil, into: FoldMoments(ofOneFold: moments), firstTask: firstTask)
        let lower = try makeMatrices(taskCount: coefficients.taskCount, order: rows.chunk.featureCount)
        let factor = Factor(lower: lower, diagnosis: diagnosis)
        try self.factor(moments.gram, tolerance: tolerance, into: factor)
        for response in 0..<rows.chunk.responseCount {
            try solve(factor, moments.cross(of: response), into: coefficients.column(response))
        }
    }

    /// The vectors of some tasks, which begin a pack.
    private func slice(_ vectors: Vectors<Buffer>, _ tasks: Range<Int>) -> Vectors<Buffer> {
        let entries = vectors.entries.skipping(tasks.lowerBound / lanes * vectors.entries.entriesPerPack)
        return Vectors(
            taskCount: tasks.count, columnCount: vectors.columnCount, width: vectors.width, entries: entries)
    }
}
