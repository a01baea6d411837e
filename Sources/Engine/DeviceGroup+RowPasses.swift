public import Compute

extension DeviceGroup {
    public func accumulate(_ rows: Rows, rowWeights: Buffer?, into moments: FoldMoments<Buffer>) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.accumulate(
                rows.parts[index], rowWeights: rowWeights?[index],
                into: share(of: moments, index))
        }
    }

    public func leastSquares(
        _ rows: Rows, tolerance: Scalar, into coefficients: Vectors<Buffer>, diagnosis: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.leastSquares(
                rows.parts[index], tolerance: tolerance, into: share(of: coefficients, index),
                diagnosis: share(of: diagnosis, index))
        }
    }

    public func residuals(of rows: Rows, at coefficients: Vectors<Buffer>) throws(ComputeError) -> [Double] {
        if rows.areCopied { return try members[0].residuals(of: rows.parts[0], at: share(of: coefficients, 0)) }
        var result = Array(repeating: 0.0, count: rows.chunk.range.rowCount)
        for (index, member) in members.enumerated() {
            let own = try member.residuals(of: rows.parts[index], at: share(of: coefficients, index))
            var place = 0
            for run in rows.parts[index].part.runs {
                for row in run {
                    result[row] = own[place]
                    place += 1
                }
            }
        }
        return result
    }

    public func squaredScores(
        of rows: Rows, at coefficients: Vectors<Buffer>, factor: Factor<Buffer>, correction: LeverageCorrection
    ) throws(ComputeError) -> Buffer {
        var scores: Buffer = []
        for (index, member) in members.enumerated() {
            scores.append(
                try member.squaredScores(
                    of: rows.parts[index], at: share(of: coefficients, index), factor: share(of: factor, index),
                    correction: correction))
        }
        return scores
    }
}
