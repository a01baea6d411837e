/// The rows of one chunk in host memory, in the scalar and the order that a device reads.
///
/// Each row holds its features and then its responses: `values` is `rowCount x width`, row-major, with `width` the
/// number of both. Treating responses as further columns makes all moments of a task one Gram matrix.
///
/// Unchecked: a chunk is filled by one pass at a time, whose threads write disjoint rows, and read only after that.
public final class RowChunk<Scalar: LaneScalar>: @unchecked Sendable {
    /// Reading one vector past the last row is allowed.
    public static var paddingBytes: Int { RowMemory<Scalar>.paddingBytes }

    /// The number of rows there is room for.
    public let capacity: Int
    public let featureCount: Int
    /// Features and responses: the number of values in a row.
    public let width: Int
    /// `capacity x width` values and 64 bytes more; 64-byte aligned where the chunk owns them.
    public let values: UnsafeMutablePointer<Scalar>
    /// One weight a row, or nil where every row counts alike.
    public let weights: UnsafeMutablePointer<Scalar>?
    /// The rows that the chunk holds now.
    public internal(set) var range: ChunkRange
    /// Whose memory the rows lie in.
    private let owners: [RowMemory<Scalar>]

    /// Room for `capacity` rows of `featureCount` features and so many responses.
    public init(capacity: Int, featureCount: Int, responseCount: Int = 1, isWeighted: Bool) {
        self.capacity = capacity
        self.featureCount = featureCount
        width = featureCount + responseCount
        let values = RowMemory<Scalar>(count: capacity * width)
        let weights = isWeighted ? RowMemory<Scalar>(count: capacity) : nil
        self.values = values.base
        self.weights = weights?.base
        range = ChunkRange(firstRow: 0, rowCount: 0, blocks: [])
        owners = [values] + (weights.map { [$0] } ?? [])
    }

    /// The rows of `range` where the source has them; nil where they have to be copied, to be made or to be regrouped.
    package init?(lending range: ChunkRange, of source: some TaskSource<Scalar>) {
        guard range.grouping == nil, let rows = source.lend(range.rows) else { return nil }
        capacity = range.rowCount
        featureCount = source.featureCount
        width = source.rowWidth
        values = rows.values
        weights = rows.weights
        self.range = range
        owners = rows.owners
    }

    /// Room for `capacity` rows of the source.
    package convenience init(capacity: Int, for source: some TaskSource<Scalar>) {
        self.init(
            capacity: capacity, featureCount: source.featureCount, responseCount: source.responseCount,
            isWeighted: source.isWeighted)
    }

    public var responseCount: Int { width - featureCount }

    /// Whether it has room for so many rows of the source.
    package func fits(_ source: some TaskSource<Scalar>, rowCount: Int) -> Bool {
        capacity >= rowCount && featureCount == source.featureCount && width == source.rowWidth
            && (weights != nil) == source.isWeighted
    }

    /// Makes the chunk hold `range`: the source writes its rows.
    ///
    /// - Parameter parallel: the threads that put rows in order.
    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the source cannot read them.
    public func fill(
        _ range: ChunkRange, from source: some TaskSource<Scalar>, parallel: Parallel = Parallel()
    ) throws(ComputeError) {
        precondition(range.rowCount <= capacity, "a chunk range larger than the chunk")
        precondition(source.rowWidth == width, "a source whose rows are not as wide as the chunk's")
        self.range = range
        guard let grouping = range.grouping else { return try source.fill(self) }
        if let rows = source.lend(range.rows) { return gather(rows, grouping, parallel) }
        try source.fill(self)
        regroup(grouping, parallel)
    }

    /// Copies rows into their order.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    private func gather(_ rows: LentRows<Scalar>, _ grouping: RowGrouping, _ parallel: Parallel) {
        grouping.forEachBlock(parallel) { places in
            Self.copy(rows.values, to: values, places, width: width, by: grouping.order, from: 0)
            if let source = rows.weights, let weights {
                Self.copy(source, to: weights, places, width: 1, by: grouping.order, from: 0)
            }
        }
    }

    /// Puts the rows in order, which takes none out of the 512 that are its row block in the problem.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    private func regroup(_ grouping: RowGrouping, _ parallel: Parallel) {
        grouping.forEachBlock(parallel) { places in
            withUnsafeTemporaryAllocation(of: Scalar.self, capacity: places.count * width) { memory in
                guard let scratch = memory.baseAddress else { return }
                scratch.initialize(from: values + places.lowerBound * width, count: places.count * width)
                Self.copy(scratch, to: values, places, width: width, by: grouping.order, from: places.lowerBound)
                guard let weights else { return }
                scratch.update(from: weights + places.lowerBound, count: places.count)
                Self.copy(scratch, to: weights, places, width: 1, by: grouping.order, from: places.lowerBound)
            }
        }
    }

    /// Copies to each place the row that the order names, counted from row `first` at `source`.
    @inline(__always)
    private static func copy(
        _ source: UnsafePointer<Scalar>, to destination: UnsafeMutablePointer<Scalar>, _ places: Range<Int>,
        width: Int, by order: [Int32], from first: Int
    ) {
        for place in places {
            let row = source + (Int(order[place]) &- first) &* width
            Self.copyRow(row, to: destination + place &* width, width)
        }
    }

    /// Eight values at a time, the last eight of them once more: a call of `memmove` for each row would take longer.
    @inline(__always)
    private static func copyRow(
        _ row: UnsafePointer<Scalar>, to destination: UnsafeMutablePointer<Scalar>, _ width: Int
    ) {
        guard width >= 8 else {
            for index in 0..<width { destination[index] = row[index] }
            return
        }
        var index = 0
        while index < width {
            index = min(index, width &- 8)
            let values = UnsafeRawPointer(row + index).loadUnaligned(as: SIMD8<Scalar>.self)
            UnsafeMutableRawPointer(destination + index).storeBytes(of: values, as: SIMD8<Scalar>.self)
            index &+= 8
        }
    }

    /// Writes the features of `rows` (of the chunk) in double, row-major, without the responses.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func readFeatures(of rows: Range<Int>, into features: UnsafeMutablePointer<Double>) {
        var destination = features
        for row in rows {
            let source = values + row * width
            for column in 0..<featureCount { destination[column] = Double(source[column]) }
            destination += featureCount
        }
    }

    /// The weight of a row of the chunk, 1 where rows carry none.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weight(ofRow row: Int) -> Double { weights.map { Double($0[row]) } ?? 1 }

    /// The first response of a row of the chunk.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    package func response(ofRow row: Int) -> Double { Double(values[row * width + featureCount]) }

    /// The number of rows of positive weight in a block of the chunk.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func observationCount(of block: RowBlock) -> Int {
        guard let weights else { return Int(block.rowCount) }
        return (block.firstRow..<block.firstRow + block.rowCount).reduce(0) { weights[Int($1)] > 0 ? $0 + 1 : $0 }
    }

    /// The sum of the weights of the rows in a block of the chunk.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightSum(of block: RowBlock) -> Double {
        guard let weights else { return Double(block.rowCount) }
        return (block.firstRow..<block.firstRow + block.rowCount).reduce(0) { $0 + Double(weights[Int($1)]) }
    }
}
