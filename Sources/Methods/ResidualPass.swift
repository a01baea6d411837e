import Compute

/// A second pass over the rows, at the coefficients: what variances need of residuals.
struct ResidualPass<B: Backend> {
    let backend: B
    /// One set a task of the problem, or one for all; on the scaled columns.
    let coefficients: Vectors<B.Buffer>
    let progress: PassProgress?
    /// What residuals are of: the response less the mean that the model has for it. Leverages are of the squared loss.
    var loss = Loss.squared

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

    /// `sum over rows of (w r)^2 x x'` of each group, for any loss of one column.
    func scoreProducts(
        of problem: some Problem, groups: CoefficientSharing
    ) throws(ComputeError) -> Matrices<B.Buffer> {
        let size = triangleCount(problem.featureCount)
        var middle = Array(repeating: 0.0, count: groups.count * size)
        try forEachBlock(of: problem.source(of: B.Scalar.self)) { block throws(ComputeError) in
            guard let group = groups.group(of: block.task) else { return }
            middle.withUnsafeMutableBufferPointer { middle in
                if let base = middle.baseAddress { block.addScoreProducts(to: base + group * size) }
            }
        }
        let matrices = try backend.makeMatrices(taskCount: groups.count, order: problem.featureCount)
        try backend.upload(middle, into: matrices.triangles)
        return matrices
    }

    /// Calls `body` with each row block, in order.
    private func forEachBlock(
        of source: some TaskSource<B.Scalar>, _ body: (ResidualBlock) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let featureCount = source.featureCount
        var block = ResidualBlock(featureCount: featureCount)
        let places = loss == .squared ? [] : try backend.download(coefficients)
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            let residuals = loss == .squared ? try backend.residuals(of: rows, at: coefficients) : []
            let chunk = rows.chunk
            for rowBlock in chunk.range.blocks {
                block.fill(from: chunk, rowBlock, residuals: residuals)
                if loss != .squared {
                    let first = coefficients.taskCount == 1 ? 0 : block.task * featureCount
                    block.setResiduals(to: loss, at: places[first..<first + featureCount])
                }
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
    private var responses: [Double]
    /// `featureCount` values a row.
    private(set) var features: [Double]

    init(featureCount: Int) {
        weights = Array(repeating: 1, count: TaskLayout.rowsPerBlock)
        residuals = weights
        responses = weights
        features = Array(repeating: 0, count: TaskLayout.rowsPerBlock * featureCount)
    }

    /// - Parameter chunkResiduals: of the chunk's rows; none where they are set afterwards.
    fileprivate mutating func fill<Scalar: LaneScalar>(
        from chunk: RowChunk<Scalar>, _ block: RowBlock, residuals chunkResiduals: [Double]
    ) {
        let first = Int(block.firstRow)
        let count = Int(block.rowCount)
        task = Int(block.task)
        rows = chunk.range.firstRow + first..<chunk.range.firstRow + first + count
        for row in 0..<count {
            if !chunkResiduals.isEmpty { residuals[row] = chunkResiduals[first + row] }
            responses[row] = chunk.response(ofRow: first + row)
            weights[row] = chunk.weight(ofRow: first + row)
        }
        features.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { chunk.readFeatures(of: first..<first + count, into: base) }
        }
    }

    /// Makes residuals what responses are above the means at some coefficients.
    fileprivate mutating func setResiduals(to loss: Loss, at coefficients: ArraySlice<Double>) {
        let width = coefficients.count
        var means = rows.indices.map { row in
            let first = (row - rows.lowerBound) * width
            return coefficients.enumerated().reduce(0) { $0 + $1.element * features[first + $1.offset] }
        }
        loss.replaceByMeans(&means)
        for (row, mean) in means.enumerated() { residuals[row] = responses[row] - mean }
    }

    /// Adds `(w r)^2 x x'` of each row to a triangle.
    fileprivate func addScoreProducts(to triangle: UnsafeMutablePointer<Double>) {
        let width = features.count / TaskLayout.rowsPerBlock
        features.withUnsafeBufferPointer { features in
            for row in 0..<rows.count {
                let score = weights[row] * residuals[row]
                // A row of no weight is no observation, whatever it holds.
                if weights[row] == 0 { continue }
                let first = row &* width
                var entry = 0
                for one in 0..<width {
                    let product = score * score * features[first &+ one]
                    for other in 0...one {
                        triangle[entry] += product * features[first &+ other]
                        entry &+= 1
                    }
                }
            }
        }
    }
}
