import Compute
import Methods

/// Drawn moments that are kept, so that several methods need not draw them again.
struct KeptMoments: DrawnMoments {
    private let drawn: SimulatedMoments
    private let width: Int
    /// For each task those of every fold.
    private let values: [Double]

    init(_ drawn: SimulatedMoments) {
        self.drawn = drawn
        let width = triangleCount(drawn.batch.featureCount + 1)
        self.width = width
        let folds = drawn.foldCount
        let taskCount = drawn.batch.layout.taskCount
        values = Array(unsafeUninitializedCapacity: taskCount * folds * width) { values, count in
            guard let base = values.baseAddress else { return }
            drawn.batch.parallel.forEachRange(of: taskCount, grain: 16) { tasks in
                for place in tasks.lowerBound * folds..<tasks.upperBound * folds {
                    drawn.write(task: place / folds, fold: place % folds, into: base + place * width)
                }
            }
            count = taskCount * folds * width
        }
    }

    func kept(_ tasks: Range<Int>) -> ArraySlice<Double>? {
        foldCount == 1 ? values[tasks.lowerBound * width..<tasks.upperBound * width] : nil
    }

    var foldCount: Int { drawn.foldCount }
    var areKept: Bool { true }
    func rowCount(of task: Int, fold: Int) -> Int { drawn.rowCount(of: task, fold: fold) }

    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            triangle.update(from: base + (task * foldCount + fold) * width, count: width)
        }
    }
}

extension SimulatedBatch {
    /// The batch with what is drawn made now and kept for a backend, where it takes no more than so many bytes.
    func kept<B: Backend>(for backend: B, within room: Int) throws(ComputeError) -> SimulatedBatch {
        var batch = self
        switch draw {
        case .moments:
            let bytes = layout.taskCount * foldCount * triangleCount(featureCount + 1) * MemoryLayout<Double>.stride
            if bytes <= room { batch.keptMoments = KeptMoments(SimulatedMoments(batch: self)) }
        case .rows:
            let bytes = layout.rowCount * (featureCount + 1) * MemoryLayout<B.Scalar>.stride
            guard bytes <= room else { break }
            let source = SimulatedRows<B.Scalar>(batch: self)
            let chunk = RowChunk<B.Scalar>(capacity: layout.rowCount, featureCount: featureCount, isWeighted: false)
            try chunk.fill(ChunkRange(firstRow: 0, rowCount: layout.rowCount, blocks: []), from: source)
            let values = UnsafeBufferPointer(start: chunk.values, count: layout.rowCount * chunk.width)
            batch.keptRows = RowArrays(layout: layout, featureCount: featureCount, values: Array(values))
        }
        return batch
    }
}
