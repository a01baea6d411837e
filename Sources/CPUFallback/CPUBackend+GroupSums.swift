public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func weightedSum(
        of vectors: Vectors<Buffer>, weights: Vectors<Buffer>, groups: TaskGroups, into sums: Vectors<Buffer>
    ) {
        let (width, lanes) = (vectors.valuesPerTask, Self.lanes)
        precondition(weights.taskCount == vectors.taskCount && weights.valuesPerTask == 1, "one weight a task")
        precondition(
            sums.taskCount == groups.count && sums.valuesPerTask == width, "sums as wide as the vectors, a task a group"
        )
        precondition(groups.areAmong(vectors.taskCount), "groups of these tasks")
        let partials = CPUBuffer<Double>(count: groups.pieces.count * width)
        parallel.forEachRange(
            of: groups.pieces.count, grain: Self.piecesAtOnce, scratch: PieceSums<Scalar>(width: width)
        ) { range, scratch in
            for piece in range {
                scratch.add(groups.pieces[piece], of: vectors, weights: weights)
                scratch.finish(groups.pieces[piece], into: partials.base + piece &* width)
            }
        }
        parallel.forEachRange(of: groups.count, grain: Self.groupsAtOnce) { range in
            for group in range {
                let sum = sums.entries.lane(of: group, lanes: lanes)
                for entry in 0..<width {
                    var total = 0.0
                    for piece in groups.pieces(of: group) { total += partials.base[piece &* width &+ entry] }
                    sum[entry &* lanes] = Scalar(total)
                }
            }
        }
    }

    /// Pieces that a thread takes at a time.
    private static var piecesAtOnce: Int { 16 }
    /// Groups that a thread takes at a time: whole packs of sums.
    private static var groupsAtOnce: Int { 256 }
}

/// The sums over one piece of tasks, lane by lane.
private struct PieceSums<Scalar: LaneScalar>: ThreadScratch {
    private let width: Int
    /// For each entry, a vector for each eight lanes.
    private let sums: UnsafeMutablePointer<DoubleLanes>

    private static var vectorsPerPack: Int { Scalar.Lanes.scalarCount / 8 }

    init(width: Int) {
        self.width = width
        sums = .allocate(capacity: width * Self.vectorsPerPack)
    }

    func deallocate() { sums.deallocate() }

    /// Forms the sums. A lane's starts at 0 and a task that is left out adds 0, so their bits do not depend on the lane
    /// that the piece starts in.
    @inline(__always)
    func add(_ piece: Range<Int>, of vectors: Vectors<CPUBuffer<Scalar>>, weights: Vectors<CPUBuffer<Scalar>>) {
        let lanes = Scalar.Lanes.scalarCount
        sums.update(repeating: .zero, count: width &* Self.vectorsPerPack)
        for pack in piece.lowerBound / lanes...(piece.upperBound &- 1) / lanes {
            let weight: UnsafeMutablePointer<Scalar> = weights.entries.lane(of: pack &* lanes, lanes: lanes)
            let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack &* lanes, lanes: lanes)
            for vector in 0..<Self.vectorsPerPack {
                let first = pack &* lanes &+ vector &* 8
                var factors = widened(weight + vector &* 8)
                factors.replace(with: 0, where: laneNumbers .< Double(piece.lowerBound &- first))
                factors.replace(with: 0, where: laneNumbers .>= Double(piece.upperBound &- first))
                let isLeftOut = factors .== .zero
                for entry in 0..<width {
                    let place = entry &* Self.vectorsPerPack &+ vector
                    let value = widened(values + place &* 8).replacing(with: 0, where: isLeftOut)
                    sums[place] = multiplyAdd(factors, value, sums[place])
                }
            }
        }
    }

    /// Writes each entry's sum: its lanes in the order of the piece's tasks.
    @inline(__always)
    func finish(_ piece: Range<Int>, into partials: UnsafeMutablePointer<Double>) {
        let lanes = Scalar.Lanes.scalarCount
        let byLane = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Double.self)
        let first = piece.lowerBound % lanes
        for entry in 0..<width {
            let own = byLane + entry &* lanes
            var sum = 0.0
            for lane in first..<lanes { sum += own[lane] }
            for lane in 0..<first { sum += own[lane] }
            partials[entry] = sum
        }
    }
}
