public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            quantile.taskCount == 1 && quantile.valuesPerTask == vectors.valuesPerTask,
            "a quantile as wide as the vectors")
        let columns = CPUColumns<Scalar>(vectors: vectors, parallel: parallel)
        upload(
            try columns.weightedQuantile(
                weights: download(weights), at: share, tie: tie, precision: Double(Scalar.ulpOfOne), parallel: parallel),
            into: quantile)
    }
}
