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

    /// Numbers between 0 and 1, one a task.
    func uniforms(taskCount: Int, seed: UInt64 = 2) throws(ComputeError) -> Vectors<Buffer> {
        let vectors = try makeVectors(taskCount: taskCount, width: 1)
        try fillUniform(RandomStream(seed: seed, purpose: .check), into: vectors)
        return vectors
    }

    /// The same number for every task.
    func constants(_ value: Double, taskCount: Int) throws(ComputeError) -> Vectors<Buffer> {
        let vectors = try makeVectors(taskCount: taskCount, width: 1)
        try upload(Array(repeating: value, count: taskCount), into: vectors)
        return vectors
    }

    /// Positive definite matrices: the identity and normals of a twentieth, or less in large ones.
    func positiveMatrices(taskCount: Int, order: Int) throws(ComputeError) -> Matrices<Buffer> {
        let matrices = try makeMatrices(taskCount: taskCount, order: order)
        let identity = try makeVectors(taskCount: 1, width: triangleCount(order))
        let entries = (0..<order).flatMap { row in (0...row).map { $0 == row ? 1.0 : 0 } }
        try upload(entries, into: identity)
        let noise = try normals(taskCount: taskCount, width: triangleCount(order))
        // The largest eigenvalue of such noise grows with the root of the order.
        let size = min(0.05, 0.3 / Double(max(1, order)).squareRoot())
        try combine(noise.scaled(by: size), identity.scaled(by: 1), into: matrices.triangles)
        return matrices
    }

    /// The factors of such matrices.
    func factors(taskCount: Int, order: Int) throws(ComputeError) -> Factor<Buffer> {
        let factor = try makeFactor(taskCount: taskCount, order: order)
        try self.factor(positiveMatrices(taskCount: taskCount, order: order), tolerance: 1e-6, into: factor)
        return factor
    }

    /// The identity as contrasts.
    func identityContrasts(order: Int) throws(ComputeError) -> Vectors<Buffer> {
        let contrasts = try makeVectors(taskCount: 1, columnCount: order, width: order)
        try upload((0..<order * order).map { $0 % (order + 1) == 0 ? 1 : 0 }, into: contrasts)
        return contrasts
    }
}

extension Backend<Double> {
    /// Rows of standard normals: features and one response.
    func randomRows<Scalar: LaneScalar>(
        of scalar: Scalar.Type, _ size: ProblemSize, isWeighted: Bool = false
    ) throws(ComputeError) -> RowArrays<Scalar> {
        let sampleCounts = Array(repeating: size.rowsPerTask, count: size.taskCount)
        return try randomRows(
            of: scalar, TaskLayout(sampleCounts: sampleCounts), featureCount: size.featureCount,
            isWeighted: isWeighted)
    }

    func randomRows<Scalar: LaneScalar>(
        of scalar: Scalar.Type, _ layout: TaskLayout, featureCount: Int, isWeighted: Bool = false
    ) throws(ComputeError) -> RowArrays<Scalar> {
        let values = try download(normals(taskCount: layout.rowCount, width: featureCount + 1))
        var weights: [Double]?
        if isWeighted { weights = try download(uniforms(taskCount: layout.rowCount)) }
        return RowArrays(
            layout: layout, featureCount: featureCount, values: converted(values),
            weights: weights.map { converted($0) })
    }
}

private func converted<Scalar: LaneScalar>(_ values: [Double]) -> [Scalar] {
    values as? [Scalar] ?? values.map { Scalar($0) }
}
