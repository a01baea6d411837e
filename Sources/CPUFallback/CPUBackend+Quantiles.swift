public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>
    ) throws(ComputeError) {
        let columns = columns(of: vectors, weights: weights, into: quantile)
        let values = try columns.weightedQuantile(
            weights: download(weights), at: share, tie: tie, precision: Double(Scalar.ulpOfOne), parallel: parallel)
        upload(values[...], into: quantile)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func trimmedMean(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, share: Double, into mean: Vectors<Buffer>
    ) throws(ComputeError) {
        let columns = columns(of: vectors, weights: weights, into: mean)
        let values = try columns.trimmedMean(weights: download(weights), share: share, parallel: parallel)
        upload(values[...], into: mean)
    }

    private func columns(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into result: Vectors<Buffer>
    ) -> CPUColumns<Scalar> {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            result.taskCount == 1 && result.valuesPerTask == vectors.valuesPerTask, "a result as wide as the vectors")
        return CPUColumns(vectors: vectors, weights: weights, parallel: parallel)
    }
}
