public import Compute

extension DeviceGroup {
    public func accumulate(_ rows: Rows, rowWeights: Buffer?, into moments: Moments<Buffer>) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.accumulate(
                rows.parts[index], rowWeights: rowWeights?[index],
                into: Moments(joint: share(of: moments.joint, index)))
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

    public func factor(_ matrices: Matrices<Buffer>, tolerance: Scalar, into factor: Factor<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.factor(share(of: matrices, index), tolerance: tolerance, into: share(of: factor, index))
        }
    }

    public func solve(_ factor: Factor<Buffer>, _ rightSides: Vectors<Buffer>, into solutions: Vectors<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.solve(
                share(of: factor, index), share(of: rightSides, index), into: share(of: solutions, index))
        }
    }

    public func inverseDiagonals(
        of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.inverseDiagonals(
                of: share(of: factor, index), contrasts: share(of: contrasts, index),
                into: share(of: diagonals, index))
        }
    }

    public func sandwichDiagonals(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.sandwichDiagonals(
                of: share(of: factor, index), middle: share(of: middle, index), contrasts: share(of: contrasts, index),
                into: share(of: diagonals, index))
        }
    }

    /// The devices sum their blocks of tasks; the blocks are then added in order here and go to every device.
    public func weightedSum(of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, into sum: Vectors<Buffer>)
        throws(ComputeError)
    {
        precondition(sum.taskCount == 1 && sum.valuesPerTask == vectors.valuesPerTask, "a sum as wide as the vectors")
        if shares.areCopied(vectors.taskCount) {
            for (index, member) in members.enumerated() {
                try member.weightedSum(
                    of: share(of: vectors, index), weights: share(of: weights, index), into: share(of: sum, index))
            }
        } else if members.allSatisfy(\.context.device.hasDouble) {
            try addBlocks(of: vectors, weights, partials: Double.self, into: sum)
        } else {
            try addBlocks(of: vectors, weights, partials: Float.self, into: sum)
        }
    }

    private func addBlocks<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, partials: Accum.Type, into sum: Vectors<Buffer>
    ) throws(ComputeError) {
        var parts: [[Accum]] = []
        for (index, member) in members.enumerated() {
            let partials = try member.blockSums(
                of: share(of: vectors, index), weights: share(of: weights, index), partials: Accum.self)
            parts.append(try partials.read())
        }
        let width = vectors.valuesPerTask
        let lanes = members[0].lanes
        let blockCount = (vectors.taskCount + shares.blockSize - 1) / shares.blockSize
        let totals = (0..<width).map { entry in
            var total = Accum.zero
            for block in 0..<blockCount {
                let start = (block / members.count * width + entry) * lanes
                for partial in parts[block % members.count][start..<start + lanes] { total += partial }
            }
            return Double(total)
        }
        try upload(totals, into: sum)
    }
}
