public import Compute
import Kernels

extension OpenCLBackend {
    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, groups: TaskGroups, into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            sums.taskCount == groups.count && sums.valuesPerTask == vectors.valuesPerTask,
            "sums as wide as the vectors, a task a group")
        precondition(groups.areAmong(vectors.taskCount), "groups of these tasks")
        if context.device.hasDouble {
            try addPieces(of: vectors, weights, groups, accum: Double.self, into: sums)
        } else {
            try addPieces(of: vectors, weights, groups, accum: Float.self, into: sums)
        }
    }

    private func addPieces<Accum: LaneScalar>(
        of vectors: Vectors<Buffer>, _ weights: Vectors<Buffer>, _ groups: TaskGroups, accum: Accum.Type,
        into sums: Vectors<Buffer>
    ) throws(ComputeError) {
        let (width, pieceCount) = (vectors.valuesPerTask, groups.pieces.count)
        let pieces = try context.makeBuffer(groups.pieces.flatMap { [Int32($0.lowerBound), Int32($0.upperBound)] })
        let firstPieces = try context.makeBuffer(groups.firstPieces.map { Int32($0) })
        let partials = try context.makeBuffer(of: Accum.self, count: pieceCount * width)
        let items =
            pieceCount
            * (shape == .vectors ? (width + Self.sumEntriesPerItem - 1) / Self.sumEntriesPerItem : width)
        try kernel("sum_pieces", in: .sums, order: 0).launch(
            global: items, local: shape == .vectors ? 1 : nil,
            arguments: [.count(pieceCount), .count(width)] + place(vectors.entries) + place(weights.entries) + [
                .buffer(pieces), .buffer(vectors.entries.buffer), .buffer(weights.entries.buffer), .buffer(partials),
            ])
        try kernel("add_pieces", in: .sums, order: 0).launch(
            global: groups.count * width, local: groupSize(of: groups.count * width),
            arguments: [.count(groups.count), .count(width)] + place(sums.entries) + [
                .buffer(firstPieces), .buffer(partials), .buffer(sums.entries.buffer),
            ])
    }

    /// Entries whose sums over a piece a work-item with vector types forms (`ENTRIES_PER_ITEM` of the kernel).
    private static var sumEntriesPerItem: Int { 8 }
}
