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
        } else {
            let none = Array(repeating: 0.0, count: vectors.valuesPerTask)
            try upload(weightedSum(of: vectors, weights: weights, adding: none), into: sum)
        }
    }

    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, adding totals: [Double]
    ) throws(ComputeError) -> [Double] {
        if shares.areCopied(vectors.taskCount) {
            return try members[0].weightedSum(of: share(of: vectors, 0), weights: share(of: weights, 0), adding: totals)
        }
        if members.allSatisfy(\.context.device.hasDouble) {
            return try blockSums(of: vectors, weights, partials: Double.self).totals(adding: totals)
        }
        return try blockSums(of: vectors, weights, partials: Float.self).totals(adding: totals)
    }

    public var sumBlockSize: Int { shares.blockSize }

    private func blockSums<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, partials: Accum.Type
    ) throws(ComputeError) -> BlockSums<Accum> {
        var parts: [DeviceBuffer<Accum>] = []
        for (index, member) in members.enumerated() {
            parts.append(
                try member.blockSums(
                    of: share(of: vectors, index), weights: share(of: weights, index), partials: Accum.self))
        }
        return try BlockSums(of: parts, lanes: members[0].lanes)
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

    public func nearestCenter(
        of vectors: Vectors<Buffer>, centers: Vectors<Buffer>, distances: Vectors<Buffer>, into labels: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.nearestCenter(
                of: share(of: vectors, index), centers: share(of: centers, index),
                distances: share(of: distances, index), into: share(of: labels, index))
        }
    }

    public func projectOntoSimplex(_ vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.projectOntoSimplex(share(of: vectors, index), radius: radius, into: share(of: points, index))
        }
    }

    public func projectOntoSimplex(
        acrossTasks vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>
    ) throws(ComputeError) {
        let thresholds = try columns(of: vectors, weights: nil).simplexThresholds(radius: radius)
        for (index, member) in members.enumerated() {
            try member.subtract(thresholds, from: share(of: vectors, index), into: share(of: points, index))
        }
    }
}
