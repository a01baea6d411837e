import Compute

/// An operand of an operation on vectors, a pack at a time, repeated over what it has one of.
///
/// One task that serves all is held as one pack with that task in every lane, which is then the pack of any tasks.
struct Operand<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    private let entries: PackedEntries<CPUBuffer<Scalar>>
    private let columnStep: Int
    let coordinateStep: Int

    @inline(__always)
    init(_ vectors: Vectors<CPUBuffer<Scalar>>, _ broadcast: Broadcast) {
        entries = broadcast.isShared ? vectors.entries.spread(count: vectors.valuesPerTask) : vectors.entries
        columnStep = broadcast.columnStep
        coordinateStep = broadcast.coordinateStep
    }

    /// A number for every task, column and coordinate.
    @inline(__always)
    init(repeating number: Double) {
        let buffer = CPUBuffer<Scalar>(count: Lanes.scalarCount)
        for lane in 0..<Lanes.scalarCount { buffer.base[lane] = Scalar(number) }
        entries = PackedEntries(buffer: buffer, entriesPerPack: 0)
        columnStep = 0
        coordinateStep = 0
    }

    /// The first value of a column: its others follow at a distance of `coordinateStep`.
    @inline(__always)
    func column(_ column: Int, ofPack pack: Int) -> UnsafeMutablePointer<Lanes> {
        entries.vectors(ofPack: pack) + column * columnStep
    }
}

extension PackedEntries {
    /// `count` entries of the first task in every lane of one pack, which any pack's number leads to.
    @inline(__always)
    func spread<Scalar: LaneScalar>(count: Int) -> PackedEntries where Buffer == CPUBuffer<Scalar> {
        let lanes = Scalar.Lanes.scalarCount
        let copy = CPUBuffer<Scalar>(count: count * lanes)
        let source = lane(of: 0, lanes: lanes)
        for entry in 0..<count {
            for lane in 0..<lanes { copy.base[entry * lanes + lane] = source[entry * lanes] }
        }
        return PackedEntries(buffer: copy, entriesPerPack: 0)
    }
}
