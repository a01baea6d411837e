import Compute

/// The triangles of each group's QR decomposition `(X, y) = Q R`, in double and straight from the rows.
///
/// Their condition is that of the columns, where the normal equations have its square. The last diagonal entry is the
/// residuals' length, which loses nothing by cancellation. Blocks of rows are folded in input order, so no bit depends
/// on chunks or threads.
struct OrthogonalFactors {
    private let featureCount: Int
    /// `groupCount x triangleCount(featureCount + 1)`: `R'`, the lower triangle row by row, of positive diagonal.
    private var values: [Double]

    /// A feature is collinear when those before it leave at most this part of its length: `lm` of R has the same limit.
    static let collinearityTolerance = 1e-7

    init(
        of problem: some Problem, groups: CoefficientSharing, parallel: Parallel, progress: PassProgress?
    ) throws(ComputeError) {
        featureCount = problem.featureCount
        values = Array(repeating: 0, count: groups.count * triangleCount(featureCount + 1))
        try fold(problem.source(of: Double.self), groups: groups, parallel: parallel, progress: progress)
        for group in 0..<groups.count { makeDiagonalPositive(group) }
    }

    private mutating func fold(
        _ source: some TaskSource<Double>, groups: CoefficientSharing, parallel: Parallel, progress: PassProgress?
    ) throws(ComputeError) {
        let chunkRows = max(TaskLayout.rowsPerBlock, Self.chunkValues / source.rowWidth)
        let chunk = RowChunk<Double>(capacity: min(chunkRows, source.layout.rowCount), for: source)
        for range in source.layout.chunks(ofAtMost: chunkRows) {
            try chunk.fill(range, from: source)
            fold(chunk, groups: groups, parallel: parallel)
            try progress?.advance(rows: range.rowCount)
        }
    }

    /// Rows of 4 MB at a time.
    private static let chunkValues = 500_000

    private mutating func fold(_ chunk: RowChunk<Double>, groups: CoefficientSharing, parallel: Parallel) {
        let blocks = chunk.range.blocks
        let spans = Self.spans(of: blocks, groups: groups)
        let size = triangleCount(chunk.width)
        let cost = chunk.range.rowCount * chunk.width * chunk.width / max(1, spans.count)
        values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            parallel.forEachRange(of: spans.count, grain: 500_000 / max(1, cost)) { unit in
                let householder = HouseholderBlock(width: chunk.width)
                defer { householder.deallocate() }
                for span in spans[unit] {
                    for block in blocks[span.blocks] where groups.group(of: Int(block.task)) != nil {
                        householder.fold(block, of: chunk, into: base + span.group * size)
                    }
                }
            }
        }
    }

    /// The blocks of each group that has rows among these, in order. Blocks of tasks that are left out may lie between.
    private static func spans(of blocks: [RowBlock], groups: CoefficientSharing) -> [(group: Int, blocks: Range<Int>)] {
        var spans: [(group: Int, blocks: Range<Int>)] = []
        for (index, block) in blocks.enumerated() {
            guard let group = groups.group(of: Int(block.task)) else { continue }
            if let last = spans.last, last.group == group {
                spans[spans.count - 1].blocks = last.blocks.lowerBound..<index + 1
            } else {
                spans.append((group, index..<index + 1))
            }
        }
        return spans
    }

    // MARK: What the triangles say

    /// Entry `(row, column)` of a group's `R'`.
    private func entry(_ group: Int, _ row: Int, _ column: Int) -> Double {
        values[group * triangleCount(featureCount + 1) + triangleCount(row) + column]
    }

    /// The sign of a row of `R` is free.
    private mutating func makeDiagonalPositive(_ group: Int) {
        let start = group * triangleCount(featureCount + 1)
        for column in 0...featureCount where values[start + triangleCount(column) + column] < 0 {
            for row in column...featureCount { values[start + triangleCount(row) + column].negate() }
        }
    }

    /// The squared length of a feature's column.
    private func squaredLength(_ group: Int, _ feature: Int) -> Double {
        (0...feature).reduce(0) { $0 + entry(group, feature, $1) * entry(group, feature, $1) }
    }

    /// `ok`, or the first feature that depends on those before it, or that a value is not finite.
    func status(of group: Int) -> TaskStatus {
        for row in 0...featureCount {
            if !(0...row).allSatisfy({ entry(group, row, $0).isFinite }) { return .nonFinite }
        }
        for feature in 0..<featureCount {
            let rest = entry(group, feature, feature)
            if rest <= Self.collinearityTolerance * squaredLength(group, feature).squareRoot() {
                return .collinear(feature: feature)
            }
        }
        return .ok
    }

    /// The Cholesky factor of `X'WX` as a ``Factor`` holds it: reciprocals on its diagonal.
    func lowerTriangle(of group: Int) -> [Double] {
        (0..<featureCount).flatMap { row in
            (0...row).map { $0 == row ? 1 / entry(group, row, row) : entry(group, row, $0) }
        }
    }

    /// The coefficients: `R b = Q'y`.
    func solution(of group: Int) -> [Double] {
        var solution = Array(repeating: 0.0, count: featureCount)
        for row in (0..<featureCount).reversed() {
            var rest = entry(group, featureCount, row)
            for other in row + 1..<featureCount { rest -= entry(group, other, row) * solution[other] }
            solution[row] = rest / entry(group, row, row)
        }
        return solution
    }

    /// The weighted sum of squared residuals.
    func residualSum(of group: Int) -> Double {
        let length = entry(group, featureCount, featureCount)
        return length * length
    }

    /// The condition of the columns, each scaled to unit length, as the product of Frobenius norms of their triangle and
    /// its inverse: too large by at most the number of features, and by little where one direction is nearly lost.
    func condition(of group: Int) -> Double {
        var inverseSquares = 0.0
        for column in 0..<featureCount {
            // Column of L^-1; D L^-T is the inverse of R D^-1.
            var solution = Array(repeating: 0.0, count: featureCount)
            var squares = 0.0
            for row in column..<featureCount {
                var rest = row == column ? 1.0 : 0.0
                for other in column..<row { rest -= entry(group, row, other) * solution[other] }
                solution[row] = rest / entry(group, row, row)
                squares += solution[row] * solution[row]
            }
            inverseSquares += squaredLength(group, column) * squares
        }
        return (Double(featureCount) * inverseSquares).squareRoot()
    }
}
