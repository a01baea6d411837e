public import Compute

extension DeviceGroup {
    public func evaluate(
        _ loss: Loss, over rows: Rows, at coefficients: Vectors<Buffer>, values: Vectors<Buffer>?,
        gradients: Vectors<Buffer>?
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.evaluate(
                loss, over: rows.parts[index], at: share(of: coefficients, index),
                values: values.map { share(of: $0, index) }, gradients: gradients.map { share(of: $0, index) })
        }
    }

    public func curvatureWeights(
        _ loss: Loss, of rows: Rows, at coefficients: Vectors<Buffer>, classes: (Int, Int)
    ) throws(ComputeError) -> Buffer {
        var weights: Buffer = []
        for (index, member) in members.enumerated() {
            weights.append(
                try member.curvatureWeights(
                    loss, of: rows.parts[index], at: share(of: coefficients, index), classes: classes))
        }
        return weights
    }
}
