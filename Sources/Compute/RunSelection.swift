import CMachine

/// Order statistics of runs of weighted values: a sample brackets them, what is inside the bracket is kept in one pass,
/// and so on until few are left.
extension [WeightedRun] {
    /// Up to so many values are selected from directly.
    private static var directCount: Int { 2048 }

    /// The first value up to which weights add up to each of two ranks, the first no greater than the second.
    ///
    /// Preconditions: no value is NaN, and `1 <= low <= high <=` the sum of the weights.
    package func orderStatistics(low: UInt64, high: UInt64) -> (low: OrderStatistic, high: OrderStatistic) {
        let count = valueCount
        if count > Self.directCount {
            let bracket = bracket(of: count, low: low, high: high)
            let split = split(at: bracket)
            if !split.misses(low: low, high: high), 2 * (split.inside?.valueCount ?? count) <= count {
                return split.orderStatistics(at: bracket, low: low, high: high)
            }
        }
        var all: [WeightedValue] = []
        all.reserveCapacity(count)
        for run in self {
            for place in 0..<run.count {
                all.append(WeightedValue(value: run.values[place], weight: run.weights[place]))
            }
        }
        return all.withUnsafeMutableBufferPointer { $0.orderStatistics(low: low, high: high) }
    }

    /// Values of a sample four standard deviations of its quantiles on either side of the two ranks.
    private func bracket(of count: Int, low: UInt64, high: UInt64) -> Bracket {
        var sample = sample(of: count)
        let size = Double(sample.count)
        let squares = sample.reduce(0) { $0 + Double($1.weight) * Double($1.weight) }
        let sampled = sample.reduce(0) { $0 + $1.weight }
        let total = Double(reduce(0) { $0 + $1.totalWeight })
        func position(_ rank: UInt64, deviations: Double) -> Double {
            let share = Double(rank) / total
            return share * Double(sampled) + deviations * (squares * share * (1 - share)).squareRoot()
        }
        let margin = 2 * Double(sampled) / size
        let first = position(low, deviations: -4) - margin
        let last = position(high, deviations: 4) + margin
        let isLowest = !(first >= 1)
        let isHighest = !(last <= Double(sampled))
        if sampled == 0 || isLowest && isHighest { return Bracket(lower: -.infinity, upper: .infinity) }
        let ends = sample.withUnsafeMutableBufferPointer {
            $0.orderStatistics(
                low: isLowest ? 1 : Swift.min(UInt64(first), sampled),
                high: isHighest ? sampled : Swift.min(UInt64(Swift.max(last, 1)), sampled))
        }
        return Bracket(
            lower: isLowest ? -.infinity : ends.low.value, upper: isHighest ? .infinity : ends.high.value)
    }

    /// Values at equal distances.
    private func sample(of count: Int) -> [WeightedValue] {
        let step = count / (count > 1 << 14 ? 1024 : 256)
        var sample: [WeightedValue] = []
        sample.reserveCapacity(count / step + 1)
        var place = step / 2
        for run in self {
            while place < run.count {
                sample.append(WeightedValue(value: run.values[place], weight: run.weights[place]))
                place += step
            }
            place -= run.count
        }
        return sample
    }

    private func split(at bracket: Bracket) -> BracketSplit {
        let (lower, upper) = (SIMD8(repeating: bracket.lower), SIMD8(repeating: bracket.upper))
        let (pieceSize, capacity) = (1024, 4096)
        var (below, throughLower, throughUpper) = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
        var memory = RunMemory()
        var inside: [WeightedRun] = []
        var kept = memory.makeRun(capacity: capacity)
        for run in self {
            run.padVector()
            for first in stride(from: 0, to: run.count, by: pieceSize) {
                if kept.count + pieceSize > capacity {
                    inside.append(kept)
                    kept = memory.makeRun(capacity: capacity)
                }
                for word in stride(from: first, to: Swift.min(first + pieceSize, run.count), by: 64) {
                    var inside: UInt64 = 0
                    for place in stride(from: word, to: Swift.min(word + 64, run.count), by: 8) {
                        let values = UnsafeRawPointer(run.values + place).loadUnaligned(as: SIMD8<Double>.self)
                        let weights = UnsafeRawPointer(run.weights + place).loadUnaligned(as: SIMD8<UInt64>.self)
                        below &+= weights & Self.mask(values .< lower)
                        throughLower &+= weights & Self.mask(values .<= lower)
                        throughUpper &+= weights & Self.mask(values .<= upper)
                        inside |= UInt64(kindred_between(values, lower, upper)) &<< UInt64(place &- word)
                    }
                    while inside != 0 {
                        let place = word &+ inside.trailingZeroBitCount
                        kept.append(run.values[place], weight: run.weights[place])
                        inside &= inside &- 1
                    }
                }
            }
        }
        var split = BracketSplit()
        split.below = below.wrappedSum()
        split.throughLower = throughLower.wrappedSum()
        split.throughUpper = throughUpper.wrappedSum()
        split.inside = inside + [kept]
        return split
    }

    /// All bits of the lanes where a comparison holds.
    @inline(__always)
    private static func mask(_ mask: SIMDMask<SIMD8<Int64>>) -> SIMD8<UInt64> { unsafeBitCast(mask, to: SIMD8.self) }
}
