public import Compute
import Kernels

extension OpenCLBackend {
    public func nearestCenter(
        of vectors: Vectors<Buffer>, centers: Vectors<Buffer>, distances: Vectors<Buffer>, into labels: Vectors<Buffer>
    ) throws(ComputeError) {
        let width = vectors.valuesPerTask
        precondition(
            centers.taskCount == 1 && centers.width == width && centers.columnCount > 0,
            "centers as wide as the vectors")
        precondition(distances.taskCount == vectors.taskCount && distances.valuesPerTask == 1, "one distance a task")
        precondition(labels.taskCount == vectors.taskCount && labels.valuesPerTask == 1, "one label a task")
        let items = itemCount(vectors.taskCount)
        let sizes: [KernelArgument] = [
            .count(items), .count(width), .count(centers.columnCount), .count(centers.entries.firstEntry),
        ]
        try kernel("nearest_center", in: .nearest, order: 0).launch(
            global: items,
            arguments: sizes + place(vectors.entries) + place(distances.entries) + place(labels.entries) + [
                .buffer(centers.entries.buffer), .buffer(vectors.entries.buffer), .buffer(distances.entries.buffer),
                .buffer(labels.entries.buffer),
            ])
    }
}
