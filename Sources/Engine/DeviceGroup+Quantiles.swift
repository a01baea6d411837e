public import Compute

extension DeviceGroup {
    public func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            quantile.taskCount == 1 && quantile.valuesPerTask == vectors.valuesPerTask,
            "a quantile as wide as the vectors")
        let parts = members.indices.map { index in
            DeviceColumns(
                backend: members[index], vectors: self.share(of: vectors, index),
                weights: self.share(of: weights, index))
        }
        let columns = GroupColumns(members: parts, shares: shares, taskCount: vectors.taskCount)
        let values = try columns.weightedQuantile(
            weights: download(weights), at: share, tie: tie, precision: Double(Scalar.ulpOfOne))
        try upload(values, into: quantile)
    }
}
