import CMachine
import Compute

/// Splits some entries of packs of tasks at brackets, in one pass over the values.
///
/// Packs are taken in blocks that stay in the first cache while their entries are split one after another; meanwhile the
/// next block is asked for. One thread's part of the tasks is added to one object.
final class PackSplits<Scalar: LaneScalar> {
    private let vectors: Vectors<CPUBuffer<Scalar>>
    private let entries: Range<Int>
    private let weights: FixedPointWeights
    /// Packs in a block.
    private let blockSize: Int
    /// Weights of the last block's tasks, 0 past the last one.
    private let lastUnits: UnsafeMutablePointer<UInt64>
    /// One bit for each task of a block whose value is inside the bracket.
    private let insideBits: UnsafeMutablePointer<UInt64>
    private let states: UnsafeMutablePointer<Entry>
    /// The runs of each entry that are full.
    private var filled: [[WeightedRun]]
    private var memory: RunMemory

    private typealias Units = SIMD8<UInt64>

    /// What becomes of one entry.
    private struct Entry {
        let bracket: Bracket
        var below = Units.zero
        var throughLower = Units.zero
        var throughUpper = Units.zero
        /// Bits of the weights of values that are NaN.
        var unordered = Units.zero
        var run: WeightedRun
    }

    private static var lanes: Int { Scalar.Lanes.scalarCount }

    init(vectors: Vectors<CPUBuffer<Scalar>>, entries: Range<Int>, brackets: [Bracket], weights: FixedPointWeights) {
        self.vectors = vectors
        self.entries = entries
        self.weights = weights
        // Half of a first cache of 48 kB.
        blockSize = max(1, 24_000 / (vectors.entries.entriesPerPack * 64))
        lastUnits = .allocate(capacity: blockSize * Self.lanes)
        insideBits = .allocate(capacity: (blockSize * Self.lanes + 63) / 64)
        filled = Array(repeating: [], count: entries.count)
        memory = RunMemory(expecting: vectors.taskCount / 16 * entries.count)
        let runCapacity = max(blockSize * Self.lanes, min(4096, vectors.taskCount / 32))
        states = .allocate(capacity: entries.count)
        for index in 0..<entries.count {
            (states + index).initialize(
                to: Entry(bracket: brackets[index], run: memory.makeRun(capacity: runCapacity)))
        }
    }

    deinit {
        lastUnits.deallocate()
        insideBits.deallocate()
        states.deinitialize(count: entries.count)
        states.deallocate()
    }

    /// The split of each entry.
    func splits() -> [BracketSplit] {
        (0..<entries.count).map { index in
            let state = states[index]
            var split = BracketSplit()
            split.below = state.below.wrappedSum()
            split.throughLower = state.throughLower.wrappedSum()
            split.throughUpper = state.throughUpper.wrappedSum()
            split.hasNaN = state.unordered != .zero
            split.inside = filled[index] + [state.run]
            return split
        }
    }

    @inline(__always)
    func add(_ packs: Range<Int>) {
        weights.units.withUnsafeBufferPointer { units in
            guard let units = units.baseAddress else { return }
            for first in Swift.stride(from: packs.lowerBound, to: packs.upperBound, by: blockSize) {
                let count = min(blockSize, packs.upperBound - first)
                let tasks = first * Self.lanes..<(first + count) * Self.lanes
                if tasks.upperBound <= vectors.taskCount {
                    add(block: first, count, units + tasks.lowerBound)
                } else {
                    let present = vectors.taskCount - tasks.lowerBound
                    lastUnits.update(from: units + tasks.lowerBound, count: present)
                    (lastUnits + present).update(repeating: 0, count: tasks.count - present)
                    add(block: first, count, lastUnits)
                }
            }
        }
    }

    /// - Parameter units: the weights of the block's tasks.
    @inline(__always)
    private func add(block first: Int, _ count: Int, _ units: UnsafePointer<UInt64>) {
        let stride = vectors.entries.entriesPerPack
        let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: first * Self.lanes, lanes: Self.lanes)
        let blockBytes = count * stride * 64
        let ahead = UnsafeRawPointer(values) + blockBytes
        var asked = 0
        for index in 0..<entries.count {
            let share = min(asked + blockBytes / entries.count + 64, blockBytes)
            while asked < share {
                kindred_prefetch(ahead + asked)
                asked += 64
            }
            let packs = UnsafePointer(values) + (entries.lowerBound + index) * Self.lanes
            add(packs, stride, count, units, to: &states[index])
            keep(packs, stride, count, units, index)
        }
    }

    /// Adds the values whose bits are set to the run of their entry.
    ///
    /// Of 64 tasks at a time: a branch that goes wrong for each vector would cost more than all the rest.
    @inline(__always)
    private func keep(
        _ packs: UnsafePointer<Scalar>, _ stride: Int, _ count: Int, _ units: UnsafePointer<UInt64>, _ index: Int
    ) {
        let wordCount = (count &* Self.lanes &+ 63) / 64
        var insideCount = 0
        for word in 0..<wordCount { insideCount &+= insideBits[word].nonzeroBitCount }
        if states[index].run.count + insideCount > states[index].run.capacity { changeRun(of: index) }
        let (values, weights) = (states[index].run.values, states[index].run.weights)
        var end = states[index].run.count
        for word in 0..<wordCount {
            var rest = insideBits[word]
            while rest != 0 {
                let task = 64 &* word &+ rest.trailingZeroBitCount
                values[end] = Double(packs[task / Self.lanes &* stride &* Self.lanes &+ task % Self.lanes])
                weights[end] = units[task]
                end &+= units[task] > 0 ? 1 : 0
                rest &= rest &- 1
            }
        }
        states[index].run.count = end
    }

    @inline(never)
    private func changeRun(of index: Int) {
        let run = states[index].run
        filled[index].append(run)
        states[index].run = memory.makeRun(capacity: run.capacity)
    }

    /// Adds one entry of a block of packs, `stride` vectors apart. Sets the bits of what is inside.
    @inline(__always)
    private func add(
        _ packs: UnsafePointer<Scalar>, _ stride: Int, _ count: Int, _ units: UnsafePointer<UInt64>,
        to entry: inout Entry
    ) {
        let lower = DoubleLanes(repeating: entry.bracket.lower)
        let upper = DoubleLanes(repeating: entry.bracket.upper)
        var (below, throughLower, throughUpper) = (Units.zero, Units.zero, Units.zero)
        var unordered = Units.zero
        insideBits[(count &* Self.lanes &- 1) / 64] = 0
        var bits = UnsafeMutableRawPointer(insideBits)
        var unit = UnsafeRawPointer(units)
        var pack = packs
        for _ in 0..<count {
            for vector in 0..<Self.lanes / 8 {
                let x = widened(pack + vector &* 8)
                let weight = unit.loadUnaligned(as: Units.self)
                below &+= weight & mask(x .< lower)
                throughLower &+= weight & mask(x .<= lower)
                throughUpper &+= weight & mask(x .<= upper)
                unordered |= weight & mask(x .!= x)
                bits.storeBytes(of: kindred_between(x, lower, upper), as: UInt8.self)
                bits += 1
                unit += 64
            }
            pack += stride &* Self.lanes
        }
        entry.below &+= below
        entry.throughLower &+= throughLower
        entry.throughUpper &+= throughUpper
        entry.unordered |= unordered
    }

    /// All bits of the lanes where a comparison holds.
    @inline(__always)
    private func mask(_ mask: SIMDMask<DoubleLanes.MaskStorage>) -> Units { unsafeBitCast(mask, to: Units.self) }
}
