public import Compute

extension OpenCLBackend {
    public func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            quantile.taskCount == 1 && quantile.valuesPerTask == vectors.valuesPerTask,
            "a quantile as wide as the vectors")
        let columns = DeviceColumns(backend: self, vectors: vectors, weights: weights)
        let values = try columns.weightedQuantile(
            weights: download(weights), at: share, tie: tie, precision: Double(Scalar.ulpOfOne))
        try upload(values, into: quantile)
    }
}
