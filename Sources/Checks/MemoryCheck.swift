internal import Compute
import Definitions

/// What is uploaded comes back, rounded to the scalar, and memory is zero when made.
struct MemoryCheck: OperationCheck {
    var name: String { "memory" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 1)
        for (taskCount, columns, width) in [(1, 1, 1), (7, 3, 2), (65, 2, 5)] {
            let values = (0..<taskCount * columns * width).map { _ in stream.symmetric() }
            let vectors = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: width)
            comparison.compare(try backend.download(vectors), with: values.map { _ in 0 }, within: 0)
            try backend.upload(values, into: vectors)
            comparison.compare(
                try backend.download(vectors), with: values.map { Double(B.Scalar($0)) }, within: 0)
            // A view, one column: written alone, the others stay.
            try backend.upload(Array(repeating: 2, count: taskCount * width), into: vectors.column(columns - 1))
            let kept = values.indices.map { index in
                index / width % columns == columns - 1 ? 2 : Double(B.Scalar(values[index]))
            }
            comparison.compare(try backend.download(vectors), with: kept, within: 0)
        }
    }
}
