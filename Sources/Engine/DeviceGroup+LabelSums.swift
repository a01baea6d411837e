public import Compute

extension DeviceGroup {
    /// The devices sum their blocks of tasks; the blocks are then added in order here and go to every device.
    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, labels: Vectors<Buffer>, into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(sums.taskCount == 1 && sums.width == vectors.valuesPerTask, "sums as wide as the vectors")
        if shares.areCopied(vectors.taskCount) {
            for (index, member) in members.enumerated() {
                try member.weightedSum(
                    of: share(of: vectors, index), weights: share(of: weights, index),
                    labels: share(of: labels, index), into: share(of: sums, index))
            }
        } else if members.allSatisfy(\.context.device.hasDouble) {
            try addBlocks(of: vectors, weights, labels, accum: Double.self, into: sums)
        } else {
            try addBlocks(of: vectors, weights, labels, accum: Float.self, into: sums)
        }
    }

    private func addBlocks<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, _ labels: Vectors<Buffer>, accum: Accum.Type,
        into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        let width = sums.valuesPerTask
        var totals = Array(repeating: 0.0, count: width)
        let blockCount = (vectors.taskCount + shares.blockSize - 1) / shares.blockSize
        let atOnce = members.count * members[0].blocksAtOnce(width: width)
        for first in stride(from: 0, to: blockCount, by: atOnce) {
            let blocks = first..<min(first + atOnce, blockCount)
            var parts: [DeviceBuffer<Accum>] = []
            for (index, member) in members.enumerated() {
                let end = (blocks.upperBound - index + members.count - 1) / members.count
                parts.append(
                    try member.blockSums(
                        of: share(of: vectors, index), share(of: weights, index), share(of: labels, index),
                        labelCount: sums.columnCount, blocks: blocks.lowerBound / members.count..<end, accum: Accum.self
                    ))
            }
            totals = try BlockSums(of: parts, lanes: 1).totals(adding: totals)
        }
        try upload(totals, into: sums)
    }
}
