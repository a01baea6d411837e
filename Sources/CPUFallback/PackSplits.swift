import CMachine
import Compute

/// Splits some entries of packs of tasks at brackets, in one pass over the values.
///
/// Packs are taken in blocks that stay in the first cache while their entries are split one after another; meanwhile the
/// next block is asked for.
struct PackSplits<Scalar: LaneScalar> {
    let vectors: Vectors<CPUBuffer<Scalar>>
    let entries: Range<Int>
    let brackets: [Bracket]
    let weights: FixedPointWeights

    private typealias Units = SIMD8<UInt64>

    /// The sums of one entry: eight tasks side by side.
    private struct Sums {
        var below = Units.zero
        var throughLower = Units.zero
        var throughUpper = Units.zero
        /// The weight of values that are NaN.
        var unordered = Units.zero
        var inside: [WeightedValue] = []
    }

    /// The splits of each entry.
    @inline(__always)
    func split(_ packs: Range<Int>) -> [BracketSplit] {
        let lanes = Scalar.Lanes.scalarCount
        let stride = vectors.entries.entriesPerPack
        let packBytes = stride * 64
        // Half of a first cache of 48 kB.
        let size = max(1, 24_000 / packBytes)
        var sums = Array(repeating: Sums(), count: entries.count)
        // Weights of tasks, 0 past the last one.
        let units = UnsafeMutablePointer<Units>.allocate(capacity: size * lanes / 8)
        let kept = UnsafeMutablePointer<WeightedValue>.allocate(capacity: size * lanes + 1)
        defer {
            units.deallocate()
            kept.deallocate()
        }
        for first in Swift.stride(from: packs.lowerBound, to: packs.upperBound, by: size) {
            let count = min(size, packs.upperBound - first)
            load(first * lanes..<(first + count) * lanes, into: units)
            let values: UnsafeMutablePointer<Scalar.Lanes> = vectors.entries.vectors(ofPack: first)
            let ahead = UnsafeRawPointer(values) + count * packBytes
            var asked = 0
            for index in sums.indices {
                let share = min(asked + count * packBytes / entries.count + 64, count * packBytes)
                while asked < share {
                    kindred_prefetch(ahead + asked)
                    asked += 64
                }
                let entry = UnsafePointer(values + (entries.lowerBound + index))
                add(entry, stride, count, units, brackets[index], kept, to: &sums[index])
            }
        }
        return sums.map { sums in
            var split = BracketSplit()
            split.below = sums.below.wrappedSum()
            split.throughLower = sums.throughLower.wrappedSum()
            split.throughUpper = sums.throughUpper.wrappedSum()
            split.hasNaN = sums.unordered.wrappedSum() > 0
            split.inside = sums.inside
            return split
        }
    }

    private func load(_ tasks: Range<Int>, into units: UnsafeMutablePointer<Units>) {
        let destination = UnsafeMutableRawPointer(units).assumingMemoryBound(to: UInt64.self)
        let present = min(tasks.upperBound, vectors.taskCount) - tasks.lowerBound
        weights.units.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { destination.update(from: base + tasks.lowerBound, count: present) }
        }
        for place in present..<tasks.count { destination[place] = 0 }
    }

    /// Adds one entry of a block of packs, `stride` vectors apart.
    ///
    /// - Parameter kept: room for the values inside, and one more.
    @inline(__always)
    private func add(
        _ packs: UnsafePointer<Scalar.Lanes>, _ stride: Int, _ count: Int, _ units: UnsafePointer<Units>,
        _ bracket: Bracket, _ kept: UnsafeMutablePointer<WeightedValue>, to sums: inout Sums
    ) {
        let lower = DoubleLanes(repeating: bracket.lower)
        let upper = DoubleLanes(repeating: bracket.upper)
        var (below, throughLower, throughUpper) = (Units.zero, Units.zero, Units.zero)
        var unordered = Units.zero
        var keptCount = 0
        let vectorsPerPack = Scalar.Lanes.scalarCount / 8
        var unit = units
        var pack = UnsafeRawPointer(packs).assumingMemoryBound(to: Scalar.self)
        for _ in 0..<count {
            for vector in 0..<vectorsPerPack {
                let x = widened(pack + vector &* 8)
                let weight = unit[0]
                below &+= weight & bits(x .< lower)
                throughLower &+= weight & bits(x .<= lower)
                throughUpper &+= weight & bits(x .<= upper)
                unordered |= weight & bits(x .!= x)
                var inside = kindred_between(x, lower, upper)
                while inside != 0 {
                    let lane = inside.trailingZeroBitCount
                    let units = unit[0][lane]
                    kept[keptCount].value = Double(pack[vector &* 8 &+ lane])
                    kept[keptCount].weight = units
                    keptCount &+= units > 0 ? 1 : 0
                    inside &= inside &- 1
                }
                unit += 1
            }
            pack += stride &* Scalar.Lanes.scalarCount
        }
        sums.below &+= below
        sums.throughLower &+= throughLower
        sums.throughUpper &+= throughUpper
        sums.unordered |= unordered
        sums.inside.append(contentsOf: UnsafeBufferPointer(start: kept, count: keptCount))
    }

    /// All bits of the lanes where a comparison holds.
    @inline(__always)
    private func bits(_ mask: SIMDMask<DoubleLanes.MaskStorage>) -> Units { unsafeBitCast(mask, to: Units.self) }
}
