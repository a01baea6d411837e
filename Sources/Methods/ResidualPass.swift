import Compute

/// A second pass over the rows, at the coefficients: what variances need of residuals.
struct ResidualPass<B: Backend> {
    let backend: B
    /// One set a task of the problem, or one for all; on the scaled columns.
    let coefficients: Vectors<B.Buffer>
    let progress: PassProgress?

    /// `sum over rows of (w r)^2 / (1 - h)^e x x'` of every task of the problem, the middle of a robust variance: the
    /// Gram part of moments whose row weights are squared scores.
    func squaredScores(
        of problem: some Problem, factor: Factor<B.Buffer>, correction: LeverageCorrection
    ) throws(ComputeError) -> Moments<B.Buffer> {
        let middle = try backend.makeMoments(
            taskCount: problem.layout.taskCount, featureCount: problem.featureCount)
        try addSquaredScores(
            of: problem.source(of: B.Scalar.self), factor: factor, correction: correction, to: middle)
        return middle
    }

    private func addSquaredScores(
        of source: some TaskSource<B.Scalar>, factor: Factor<B.Buffer>, correction: LeverageCorrection,
        to middle: Moments<B.Buffer>
    ) throws(ComputeError) {
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            let scores = try backend.squaredScores(
                of: rows, at: coefficients, factor: factor, correction: correction)
            try backend.accumulate(rows, rowWeights: scores, into: middle)
        }
    }

    /// `sum over rows of w r^2` of every task of the problem.
    func residualSums(of problem: some Problem) throws(ComputeError) -> [Double] {
        var sums = Array(repeating: 0.0, count: problem.layout.taskCount)
        try forEachBlock(of: problem.source(of: B.Scalar.self)) { block throws(ComputeError) in
            for row in 0..<block.rows.count {
                sums[block.task] += block.weights[row] * block.residuals[row] * block.residuals[row]
            }
        }
        return sums
    }

    /// The sum over clusters of the outer products of their scores `w r x`, and the number of clusters, of each group.
    func clusters(
        of problem: some Problem, codes: ClusterCodes, groups: CoefficientSharing
    ) throws(ComputeError) -> (middle: Matrices<B.Buffer>, clusterCounts: [Int]) {
        let featureCount = problem.featureCount
        var middle: [Double] = []
        var counts: [Int] = []
        var scores = ClusterScores(featureCount: featureCount, clusterCount: codes.clusterCount)
        var blockCodes = Array(repeating: UInt32(0), count: TaskLayout.rowsPerBlock)
        func finish(before group: Int) {
            while counts.count < group {
                let sums = scores.finishGroup()
                middle.append(contentsOf: sums.middle)
                counts.append(sums.clusterCount)
            }
        }
        try forEachBlock(of: problem.source(of: B.Scalar.self)) { block throws(ComputeError) in
            guard let group = groups.group(of: block.task) else { return }
            finish(before: group)
            try codes.read(block.rows, into: &blockCodes)
            scores.add(block, codes: blockCodes)
        }
        finish(before: groups.count)
        let matrices = try backend.makeMatrices(taskCount: groups.count, order: featureCount)
        try backend.upload(middle, into: matrices.triangles)
        return (matrices, counts)
    }

    /// Calls `body` with each row block, in order.
    private func forEachBlock(
        of source: some TaskSource<B.Scalar>, _ body: (ResidualBlock) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let featureCount = source.featureCount
        var block = ResidualBlock(featureCount: featureCount)
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            let residuals = try backend.residuals(of: rows, at: coefficients)
            let chunk = rows.chunk
            for rowBlock in chunk.range.blocks {
                block.fill(from: chunk, rowBlock, residuals: residuals)
                try body(block)
            }
        }
    }
}

/// The rows of one block on the host, in double.
struct ResidualBlock {
    private(set) var task = 0
    /// Rows of the whole problem.
    private(set) var rows = 0..<0
    /// One value a row, and room for more.
    private(set) var weights: [Double]
    private(set) var residuals: [Double]
    /// `featureCount` values a row.
    private(set) var features: [Double]

    init(featureCount: Int) {
        weights = Array(repeating: 1, count: TaskLayout.rowsPerBlock)
        residuals = weights
        features = Array(repeating: 0, count: TaskLayout.rowsPerBlock * featureCount)
    }

    fileprivate mutating func fill<Scalar: LaneScalar>(
        from chunk: RowChunk<Scalar>, _ block: RowBlock, residuals chunkResiduals: [Double]
    ) {
        let first = Int(block.firstRow)
        let count = Int(block.rowCount)
        task = Int(block.task)
        rows = chunk.range.firstRow + first..<chunk.range.firstRow + first + count
        for row in 0..<count {
            residuals[row] = chunkResiduals[first + row]
            weights[row] = chunk.weight(ofRow: first + row)
        }
        features.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { chunk.readFeatures(of: first..<first + count, into: base) }
        }
    }
}
