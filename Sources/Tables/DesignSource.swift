public import Compute
import Synchronization

/// The rows of a design as a pass over them reads them: row-major, features and then the response, scaled.
public struct DesignSource<Scalar: LaneScalar>: TaskSource {
    private let design: Design
    private let scaling: ColumnScaling
    private let parallel: Parallel

    init(_ design: Design, scaling: ColumnScaling, parallel: Parallel) {
        precondition(scaling.featureCount == design.featureCount, "one shift and scale a feature, and the response's")
        self.design = design
        self.scaling = scaling
        self.parallel = parallel
    }

    public var layout: TaskLayout { design.layout }
    public var featureCount: Int { design.featureCount }
    public var isWeighted: Bool { design.isWeighted }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        let chunkRows = chunk.range.rows
        let values = chunk.values
        let weights = chunk.weights
        try design.forEachBlock(of: chunkRows, parallel: parallel) { block, rows throws(ComputeError) in
            let offset = rows.lowerBound - chunkRows.lowerBound
            let destination = values + offset * (featureCount + 1)
            for feature in 0..<featureCount {
                write(block.feature(feature), column: feature, count: rows.count, into: destination)
            }
            write(block.response(), column: featureCount, count: rows.count, into: destination)
            if let column = design.weights, let weights {
                let numbers = block.scratch
                try design.store.readNumbers(column: column.column, rows: rows, into: numbers)
                for row in 0..<rows.count { weights[offset + row] = Scalar(numbers[row] * column.scale) }
            }
        }
    }

    @inline(__always)
    private func write(
        _ column: UnsafePointer<Double>, column index: Int, count: Int, into rows: UnsafeMutablePointer<Scalar>
    ) {
        let shift = scaling.shifts[index]
        let scale = scaling.scales[index]
        let width = featureCount + 1
        var destination = rows + index
        for row in 0..<count {
            destination.pointee = Scalar((column[row] - shift) / scale)
            destination += width
        }
    }
}

extension Design {
    /// Rows that one thread expands in a row with the same scratch memory.
    private static let rowsPerUnit = 16 * DesignBlock.capacity

    /// Calls `body` with each block of these rows, on several threads.
    ///
    /// - Throws: the error of one of the blocks that failed, if any did.
    func forEachBlock(
        of rows: Range<Int>, parallel: Parallel,
        _ body: (inout DesignBlock, Range<Int>) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let failure = Mutex<ComputeError?>(nil)
        parallel.forEachRange(of: rows.count, grain: Self.rowsPerUnit) { unit in
            do throws(ComputeError) {
                var block = DesignBlock(plan, store: store)
                var first = rows.lowerBound + unit.lowerBound
                let end = rows.lowerBound + unit.upperBound
                while first < end {
                    let blockRows = first..<min(first + DesignBlock.capacity, end)
                    try block.load(blockRows)
                    try body(&block, blockRows)
                    first = blockRows.upperBound
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
