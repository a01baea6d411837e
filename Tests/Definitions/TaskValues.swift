package import Compute

/// The host's copy of `Vectors`. Asked beyond what it has one of, it repeats that one, as operations do.
package struct TaskValues: Sendable {
    package let taskCount: Int
    package let columnCount: Int
    package let width: Int
    package var values: [Double]

    package init(taskCount: Int, columnCount: Int = 1, width: Int, values: [Double]) {
        self.taskCount = taskCount
        self.columnCount = columnCount
        self.width = width
        self.values = values
    }

    /// Multiples of 1/4096 in (-1, 1), exact in float.
    package init(taskCount: Int, columnCount: Int = 1, width: Int, from stream: inout TestStream) {
        let values = (0..<taskCount * columnCount * width).map { _ in (stream.symmetric() * 4096).rounded() / 4096 }
        self.init(taskCount: taskCount, columnCount: columnCount, width: width, values: values)
    }

    package subscript(task: Int, column: Int, index: Int) -> Double {
        let task = taskCount == 1 ? 0 : task
        let column = columnCount == 1 ? 0 : column
        return values[(task * columnCount + column) * width + (width == 1 ? 0 : index)]
    }

    /// One column of one task.
    package func vector(_ task: Int, _ column: Int = 0) -> [Double] { (0..<width).map { self[task, column, $0] } }
}

extension Backend {
    package func upload(_ host: TaskValues) throws(ComputeError) -> Vectors<Buffer> {
        let vectors = try makeVectors(taskCount: host.taskCount, columnCount: host.columnCount, width: host.width)
        try upload(host.values, into: vectors)
        return vectors
    }

    package func hostCopy(of vectors: Vectors<Buffer>) throws(ComputeError) -> TaskValues {
        TaskValues(
            taskCount: vectors.taskCount, columnCount: vectors.columnCount, width: vectors.width,
            values: try download(vectors))
    }
}
