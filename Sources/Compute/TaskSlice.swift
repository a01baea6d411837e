/// The rows of consecutive tasks of a source, as a source of their own.
public struct TaskSlice<Whole: TaskSource>: TaskSource {
    public typealias Scalar = Whole.Scalar

    public let layout: TaskLayout
    private let whole: Whole
    private let tasks: Range<Int>

    /// - Parameter layout: the layout of these tasks alone.
    public init(_ whole: Whole, tasks: Range<Int>, layout: TaskLayout) {
        precondition(layout.taskCount == tasks.count, "a layout of the slice's tasks")
        self.whole = whole
        self.tasks = tasks
        self.layout = layout
    }

    public var featureCount: Int { whole.featureCount }
    public var responseCount: Int { whole.responseCount }
    public var isWeighted: Bool { whole.isWeighted }

    public func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        let own = chunk.range
        let first = whole.layout.offsets[tasks.lowerBound]
        let blocks = own.blocks.map { block in
            RowBlock(
                task: Int(block.task) + tasks.lowerBound, firstRow: Int(block.firstRow), rowCount: Int(block.rowCount))
        }
        try chunk.fill(
            ChunkRange(firstRow: own.firstRow + first, rowCount: own.rowCount, blocks: blocks), from: whole)
        chunk.range = own
    }
}
