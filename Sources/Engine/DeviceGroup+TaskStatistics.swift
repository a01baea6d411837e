public import Compute

extension DeviceGroup {
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

    public func matmul(_ vectors: Vectors<Buffer>, _ matrix: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.matmul(share(of: vectors, index), share(of: matrix, index), into: share(of: products, index))
        }
    }

    /// As `weightedSum` does.
    public func crossProduct(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, weights: Vectors<Buffer>?, into sum: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(
            sum.taskCount == 1 && sum.width == x.valuesPerTask && sum.columnCount == y.valuesPerTask,
            "a column for each value of y, as wide as x")
        if shares.areCopied(x.taskCount) {
            for (index, member) in members.enumerated() {
                try member.crossProduct(
                    of: share(of: x, index), share(of: y, index), weights: weights.map { share(of: $0, index) },
                    into: share(of: sum, index))
            }
        } else if members.allSatisfy(\.context.device.hasDouble) {
            try addBlockProducts(of: x, y, weights, partials: Double.self, into: sum)
        } else {
            try addBlockProducts(of: x, y, weights, partials: Float.self, into: sum)
        }
    }

    private func addBlockProducts<Accum: LaneScalar>(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, _ weights: Vectors<Buffer>?, partials: Accum.Type,
        into sum: Vectors<Buffer>
    ) throws(ComputeError) {
        var parts: [[Accum]] = []
        for (index, member) in members.enumerated() {
            let partials = try member.blockProducts(
                of: share(of: x, index), share(of: y, index), weights: weights.map { share(of: $0, index) },
                partials: Accum.self)
            parts.append(try partials.read())
        }
        var totals = Array(repeating: Accum.zero, count: sum.valuesPerTask)
        for block in 0..<(x.taskCount + shares.blockSize - 1) / shares.blockSize {
            let start = block / members.count * totals.count
            for entry in totals.indices { totals[entry] += parts[block % members.count][start + entry] }
        }
        try upload(totals.map { Double($0) }, into: sum)
    }
}
