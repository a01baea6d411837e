public import Compute

extension DeviceGroup {
    public func weightedQuantile(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at share: Double, tie: TieRule,
        into quantile: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(quantile.taskCount == 1, "one quantile an entry")
        let values = try columns(of: vectors, weights: weights).weightedQuantile(
            weights: download(weights), at: share, tie: tie, precision: Double(Scalar.ulpOfOne))
        try upload(values, into: quantile)
    }

    public func trimmedMean(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, share: Double, into mean: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(mean.taskCount == 1, "one mean an entry")
        try upload(
            columns(of: vectors, weights: weights).trimmedMean(weights: download(weights), share: share), into: mean)
    }

    /// The values that the devices share; with `weights`, those of tasks of positive weight.
    func columns(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>?) -> GroupColumns<Scalar> {
        precondition(weights.map { $0.taskCount == vectors.taskCount } ?? true, "one weight a task")
        return GroupColumns(
            members: members.indices.map { index in
                DeviceColumns(
                    backend: members[index], vectors: share(of: vectors, index),
                    weights: weights.map { share(of: $0, index) })
            }, shares: shares, taskCount: vectors.taskCount)
    }
}
