import Compute

/// A problem's rows of one fold, or those of all others; the rest of them weigh nothing.
struct FoldProblem<Whole: Problem>: Problem {
    let whole: Whole
    let folds: RowFolds
    let fold: Int
    /// Whether it has the rows of the fold.
    let isHeldOut: Bool

    var layout: TaskLayout { whole.layout }
    var featureCount: Int { whole.featureCount }
    var isWeighted: Bool { true }
    var scaling: ColumnScaling { whole.scaling }
    /// Those of all rows.
    var sampleCounts: [Int] { whole.sampleCounts }
    var clusters: ClusterCodes? { whole.clusters }
    var weightScale: Double { whole.weightScale }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        masking(whole.source(of: scalar))
    }

    private func masking<Source: TaskSource>(_ source: Source) -> any TaskSource<Source.Scalar> {
        FoldSource(rows: source, folds: folds, fold: fold, isHeldOut: isHeldOut)
    }
}

/// Rows with a weight of 0 outside of what is asked for.
private struct FoldSource<Rows: TaskSource>: TaskSource {
    typealias Scalar = Rows.Scalar

    let rows: Rows
    let folds: RowFolds
    let fold: Int
    let isHeldOut: Bool

    var layout: TaskLayout { rows.layout }
    var featureCount: Int { rows.featureCount }
    var responseCount: Int { rows.responseCount }
    var isWeighted: Bool { true }

    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        try rows.fill(chunk)
        guard let weights = chunk.weights else { return }
        if !rows.isWeighted { weights.update(repeating: 1, count: chunk.range.rowCount) }
        for block in chunk.range.blocks {
            let (task, first, count) = (Int(block.task), Int(block.firstRow), Int(block.rowCount))
            let position = chunk.range.firstRow + first - rows.layout.offsets[task]
            for (row, own) in folds.folds(ofRows: position..<position + count, task: task).enumerated()
            where (own == fold) != isHeldOut { weights[first + row] = 0 }
        }
    }
}
