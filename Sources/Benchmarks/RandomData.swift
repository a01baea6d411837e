internal import Compute

extension Backend {
    /// Standard normals.
    func normals(
        taskCount: Int, columnCount: Int = 1, width: Int, seed: UInt64 = 1
    ) throws(ComputeError) -> Vectors<Buffer> {
        let vectors = try makeVectors(taskCount: taskCount, columnCount: columnCount, width: width)
        try fillNormal(RandomStream(seed: seed, purpose: .check), into: vectors)
        return vectors
    }

    /// Numbers between 0 and 1.
    func uniforms(taskCount: Int, width: Int = 1, seed: UInt64 = 2) throws(ComputeError) -> Vectors<Buffer> {
        let vectors = try makeVectors(taskCount: taskCount, width: width)
        try fillUniform(RandomStream(seed: seed, purpose: .check), into: vectors)
        return vectors
    }
}

extension Backend<Double> {
    /// Rows of standard normals, features and one response.
    func randomRows<Scalar: LaneScalar>(
        of scalar: Scalar.Type, _ size: ProblemSize
    ) throws(ComputeError) -> RowArrays<Scalar> {
        let sampleCounts = Array(repeating: size.rowsPerTask, count: size.taskCount)
        return try randomRows(of: scalar, TaskLayout(sampleCounts: sampleCounts), featureCount: size.featureCount)
    }

    func randomRows<Scalar: LaneScalar>(
        of scalar: Scalar.Type, _ layout: TaskLayout, featureCount: Int
    ) throws(ComputeError) -> RowArrays<Scalar> {
        let values = try download(normals(taskCount: layout.rowCount, width: featureCount + 1))
        return RowArrays(layout: layout, featureCount: featureCount, values: values.map { Scalar($0) })
    }
}
