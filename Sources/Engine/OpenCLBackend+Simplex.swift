public import Compute
import Kernels

extension OpenCLBackend {
    public func projectOntoSimplex(_ vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>)
        throws(ComputeError)
    {
        precondition(radius > 0 && radius.isFinite, "the radius of a simplex is positive")
        precondition(
            points.taskCount == vectors.taskCount && points.width == vectors.width
                && points.columnCount == vectors.columnCount, "points of the vectors' shape")
        let items = itemCount(vectors.taskCount)
        try kernel("project_columns", in: .simplex, order: 0).launch(
            global: items * vectors.columnCount,
            arguments: [.count(items), .count(vectors.columnCount), .count(vectors.width), .real(radius)]
                + place(vectors.entries) + place(points.entries) + [
                    .buffer(vectors.entries.buffer), .buffer(points.entries.buffer),
                ])
    }

    public func projectOntoSimplex(
        acrossTasks vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>
    ) throws(ComputeError) {
        let columns = DeviceColumns(backend: self, vectors: vectors, weights: nil)
        try subtract(columns.simplexThresholds(radius: radius), from: vectors, into: points)
    }

    /// Projects each entry's vector across tasks with the threshold that was found for it.
    func subtract(
        _ thresholds: [SimplexThreshold], from vectors: Vectors<Buffer>, into points: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(
            points.taskCount == vectors.taskCount && points.valuesPerTask == vectors.valuesPerTask,
            "points of the vectors' shape")
        let items = itemCount(vectors.taskCount)
        let bounds = try context.makeBuffer(thresholds.flatMap { [Scalar($0.shift), Scalar($0.threshold)] })
        try kernel("subtract_thresholds", in: .simplex, order: 0).launch(
            global: items,
            arguments: [.count(items), .count(vectors.valuesPerTask)] + place(vectors.entries) + place(points.entries)
                + [.buffer(bounds), .buffer(vectors.entries.buffer), .buffer(points.entries.buffer)])
    }
}
