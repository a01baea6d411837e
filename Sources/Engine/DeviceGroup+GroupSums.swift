public import Compute

extension DeviceGroup {
    /// Groups cross the devices' blocks: their values come to the host, and are summed here as a device does.
    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, groups: TaskGroups, into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            sums.taskCount == groups.count && sums.valuesPerTask == vectors.valuesPerTask,
            "sums as wide as the vectors, a task a group")
        precondition(groups.areAmong(vectors.taskCount), "groups of these tasks")
        let values = try download(vectors)
        let factors = try download(weights)
        let (width, lanes) = (vectors.valuesPerTask, members[0].lanes)
        if members.allSatisfy(\.context.device.hasDouble) {
            try upload(groups.sums(Double.self, of: values, width: width, weights: factors, lanes: lanes), into: sums)
        } else {
            try upload(groups.sums(Float.self, of: values, width: width, weights: factors, lanes: lanes), into: sums)
        }
    }
}

extension TaskGroups {
    /// The weighted sum of each group's values in the order of `sum_pieces` and `add_pieces`.
    fileprivate func sums<Accum: LaneScalar>(
        _: Accum.Type, of values: [Double], width: Int, weights: [Double], lanes: Int
    ) -> [Double] {
        var sums: [Double] = []
        sums.reserveCapacity(count * width)
        for group in 0..<count {
            var totals = Array(repeating: Accum.zero, count: width)
            for piece in pieces(of: group).map({ self.pieces[$0] }) {
                var byLane = Array(repeating: Accum.zero, count: width * lanes)
                for (place, task) in piece.enumerated() where weights[task] != 0 {
                    let weight = Accum(weights[task])
                    for entry in 0..<width {
                        byLane[entry * lanes + place % lanes] += weight * Accum(values[task * width + entry])
                    }
                }
                for entry in 0..<width {
                    totals[entry] += byLane[entry * lanes..<(entry + 1) * lanes].reduce(.zero, +)
                }
            }
            sums += totals.map { Double($0) }
        }
        return sums
    }
}
