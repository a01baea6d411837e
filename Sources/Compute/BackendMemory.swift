/// Device memory: made, filled and read back.
public protocol BackendMemory<Scalar>: AnyObject {
    associatedtype Scalar: LaneScalar
    /// Device memory for scalars.
    associatedtype Buffer

    /// The device's name, as output files record it.
    var name: String { get }

    /// The threads for what is done on the host.
    var parallel: Parallel { get }
    /// Tasks side by side in a pack.
    var packSize: Int { get }
    /// How many bytes of arrays there is room for. A problem whose arrays need more is brought through in shards.
    var memoryBytes: Int { get }
    /// How many bytes one array may have.
    var largestArrayBytes: Int { get }
    /// Moments of so many bytes keep it busy: what comes through at a time where the number of shards costs nothing, so that
    /// the memory of one soon serves the next.
    var smallShardBytes: Int { get }

    /// A backend like this one for one thread, which may work beside others on problems too small to be shared out; nil
    /// where calls come from one thread alone.
    func forOneThread() -> Self?

    /// Memory for `count` entries a task: zeros, or where it is not `zeroed` anything at all, which serves for what is
    /// written whole before it is read. Lanes without a task are zero either way.
    func makeEntries(taskCount: Int, count: Int, zeroed: Bool) throws(ComputeError) -> PackedEntries<Buffer>
    /// Copies `values`, ordered by task, column and position, to the device, rounded to its scalar.
    ///
    /// Values on the host are always in double: what estimators do with them is concrete code.
    func upload(_ values: ArraySlice<Double>, into vectors: Vectors<Buffer>) throws(ComputeError)
    /// Returns the values ordered by task, column and position.
    func download(_ vectors: Vectors<Buffer>) throws(ComputeError) -> [Double]
    func synchronize() throws(ComputeError)
}

extension BackendMemory {
    /// Copies `values`, ordered by task, column and position, to the device, rounded to its scalar.
    public func upload(_ values: [Double], into vectors: Vectors<Buffer>) throws(ComputeError) {
        try upload(values[...], into: vectors)
    }

    /// Vectors of zeros, or of anything at all where they are not `zeroed`.
    public func makeVectors(
        taskCount: Int, columnCount: Int = 1, width: Int, zeroed: Bool = true
    ) throws(ComputeError) -> Vectors<Buffer> {
        Vectors(
            taskCount: taskCount, columnCount: columnCount, width: width,
            entries: try makeEntries(taskCount: taskCount, count: columnCount * width, zeroed: zeroed))
    }

    /// Matrices of zeros, or of anything at all where they are not `zeroed`.
    public func makeMatrices(
        taskCount: Int, order: Int, zeroed: Bool = true
    ) throws(ComputeError) -> Matrices<Buffer> {
        Matrices(
            taskCount: taskCount, order: order,
            entries: try makeEntries(taskCount: taskCount, count: triangleCount(order), zeroed: zeroed))
    }

    /// Moments of no rows, or anything at all where they are not `zeroed`.
    public func makeMoments(
        taskCount: Int, featureCount: Int, responseCount: Int = 1, zeroed: Bool = true
    ) throws(ComputeError) -> Moments<Buffer> {
        Moments(
            joint: try makeMatrices(
                taskCount: taskCount, order: featureCount + responseCount, zeroed: zeroed),
            responseCount: responseCount)
    }

    /// Moments of no rows in each of `foldCount` folds, or anything at all where they are not `zeroed`.
    public func makeFoldMoments(
        taskCount: Int, featureCount: Int, responseCount: Int = 1, foldCount: Int, zeroed: Bool = true
    ) throws(ComputeError) -> FoldMoments<Buffer> {
        let order = featureCount + responseCount
        let entries = try makeEntries(
            taskCount: taskCount, count: foldCount * triangleCount(order), zeroed: zeroed)
        return FoldMoments(
            foldCount: foldCount, joint: Matrices(taskCount: taskCount, order: order, entries: entries),
            responseCount: responseCount)
    }

    /// An eigensystem of nothing yet.
    public func makeEigenSystem(taskCount: Int, order: Int) throws(ComputeError) -> EigenSystem<Buffer> {
        EigenSystem(
            values: try makeVectors(taskCount: taskCount, width: order),
            vectors: try makeVectors(taskCount: taskCount, columnCount: order, width: order))
    }

    /// A factor of nothing yet.
    public func makeFactor(taskCount: Int, order: Int) throws(ComputeError) -> Factor<Buffer> {
        Factor(
            lower: try makeMatrices(taskCount: taskCount, order: order, zeroed: false),
            diagnosis: try makeVectors(taskCount: taskCount, width: 2, zeroed: false))
    }
}
