import Compute

/// The second pass over the rows: the middle `M` of a robust variance `G^-1 M G^-1`.
struct SandwichMiddle<B: Backend> {
    let backend: B
    let fit: LeastSquares<B>
    let progress: PassProgress?

    /// `sum over rows of (w r)^2 / (1 - h)^e x x'` of every task of the problem: the Gram part of moments whose row
    /// weights are squared scores.
    func squaredScores(
        of problem: some Problem, correction: LeverageCorrection
    ) throws(ComputeError) -> Moments<B.Buffer> {
        let middle = try backend.makeMoments(
            taskCount: problem.layout.taskCount, featureCount: problem.featureCount)
        try addSquaredScores(of: problem.source(of: B.Scalar.self), correction: correction, to: middle)
        return middle
    }

    private func addSquaredScores(
        of source: some TaskSource<B.Scalar>, correction: LeverageCorrection, to middle: Moments<B.Buffer>
    ) throws(ComputeError) {
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            let scores = try backend.squaredScores(
                of: rows, at: fit.scaled, factor: fit.factor, correction: correction)
            try backend.accumulate(rows, rowWeights: scores, into: middle)
        }
    }

    /// The sum over clusters of the outer products of their scores, a group of rows at a time, and each group's number
    /// of clusters.
    ///
    /// - Parameter groups: for each task its group (ascending, consecutive), or nil to leave its rows out.
    func clusters(
        of problem: some Problem, codes: ClusterCodes, groups: [Int?], groupCount: Int
    ) throws(ComputeError) -> (middle: Matrices<B.Buffer>, clusterCounts: [Int]) {
        var middle: [Double] = []
        var counts: [Int] = []
        var scores = ClusterScores(featureCount: problem.featureCount, clusterCount: codes.clusterCount)
        func finish(before group: Int) {
            while counts.count < group {
                let sums = scores.finishGroup()
                middle.append(contentsOf: sums.middle)
                counts.append(sums.clusterCount)
            }
        }
        try addScores(of: problem.source(of: B.Scalar.self), codes: codes) { task, cluster, score, features in
            guard let group = groups[task] else { return }
            finish(before: group)
            scores.add(cluster: cluster, score: score, features: features)
        }
        finish(before: groupCount)
        let matrices = try backend.makeMatrices(taskCount: groupCount, order: problem.featureCount)
        try backend.upload(middle.map { B.Scalar($0) }, into: matrices.triangles)
        return (matrices, counts)
    }

    /// Calls `add` with each row's task, cluster, score `w r` and features, in order.
    private func addScores(
        of source: some TaskSource<B.Scalar>, codes: ClusterCodes,
        _ add: (Int, UInt32, Double, UnsafePointer<B.Scalar>) -> Void
    ) throws(ComputeError) {
        var rowCodes: [UInt32] = []
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            let residuals = try backend.residuals(of: rows, at: fit.scaled)
            let chunk = rows.chunk
            if rowCodes.count < chunk.range.rowCount { rowCodes = Array(repeating: 0, count: chunk.range.rowCount) }
            try readCodes(codes, rows: chunk.range.rows, into: &rowCodes)
            for block in chunk.range.blocks {
                for row in Int(block.firstRow)..<Int(block.firstRow + block.rowCount) {
                    let weight = chunk.weights.map { Double($0[row]) } ?? 1
                    // A row of no weight is no observation, and its cluster may have no other.
                    if weight == 0 { continue }
                    add(
                        Int(block.task), rowCodes[row], weight * Double(residuals[row]),
                        chunk.values + row * chunk.width)
                }
            }
        }
    }

    private func readCodes(
        _ codes: ClusterCodes, rows: Range<Int>, into rowCodes: inout [UInt32]
    ) throws(ComputeError) {
        try rowCodes.withUnsafeMutableBufferPointer { buffer throws(ComputeError) in
            guard let base = buffer.baseAddress else { return }
            try codes.read(rows, base)
        }
    }
}
