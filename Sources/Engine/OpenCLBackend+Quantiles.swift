public import Compute

extension OpenCLBackend {
    public func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>
    ) throws(ComputeError) {
        let columns = columns(of: vectors, weights: weights, into: quantile)
        let values = try columns.weightedQuantile(
            weights: download(weights), at: share, tie: tie, precision: Double(Scalar.ulpOfOne),
            parallel: parallel)
        try upload(values, into: quantile)
    }

    public func trimmedMean(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, share: Double, into mean: Vectors<Buffer>
    ) throws(ComputeError) {
        let columns = columns(of: vectors, weights: weights, into: mean)
        try upload(columns.trimmedMean(weights: download(weights), share: share), into: mean)
    }

    private func columns(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into result: Vectors<Buffer>
    ) -> DeviceColumns<Scalar> {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            result.taskCount == 1 && result.valuesPerTask == vectors.valuesPerTask, "a result as wide as the vectors")
        return DeviceColumns(backend: self, vectors: vectors, weights: weights)
    }
}
