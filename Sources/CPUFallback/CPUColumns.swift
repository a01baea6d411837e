import Compute

/// The values of tasks in the CPU backend's memory, for order statistics.
struct CPUColumns<Scalar: LaneScalar>: TaskColumns {
    let vectors: Vectors<CPUBuffer<Scalar>>
    /// Which tasks are present, if not all are: those of positive weight.
    let weights: Vectors<CPUBuffer<Scalar>>?
    let parallel: Parallel

    private static var lanes: Int { Scalar.Lanes.scalarCount }
    /// Tasks whose values of one entry, copied side by side, stay in the nearest cache.
    private static var tasksPerBlock: Int { 2048 }

    var entryCount: Int { vectors.valuesPerTask }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    func values(ofTasks tasks: [Int]) -> [Double] {
        Array(unsafeUninitializedCapacity: tasks.count * entryCount) { values, count in
            for (place, task) in tasks.enumerated() {
                let source: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: task, lanes: Self.lanes)
                for entry in 0..<entryCount {
                    values[place * entryCount + entry] = Double(source[entry * Self.lanes])
                }
            }
            count = tasks.count * entryCount
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    func columns(_ entries: Range<Int>) -> [Double] {
        Array(unsafeUninitializedCapacity: entries.count * vectors.taskCount) { values, count in
            for task in 0..<vectors.taskCount {
                let source: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: task, lanes: Self.lanes)
                for (column, entry) in entries.enumerated() {
                    values[column * vectors.taskCount + task] = Double(source[entry * Self.lanes])
                }
            }
            count = entries.count * vectors.taskCount
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    func split(_ entries: Range<Int>, at brackets: [Bracket], weights: FixedPointWeights) -> [BracketSplit] {
        let blockSize = Self.tasksPerBlock
        let blockCount = (vectors.taskCount + blockSize - 1) / blockSize
        let parts = parallel.map(blockCount) { block in
            splitBlock(block * blockSize..<min((block + 1) * blockSize, vectors.taskCount), entries, brackets, weights)
        }
        return (0..<entries.count).map { index in
            var split = BracketSplit()
            var inside: [WeightedValue] = []
            inside.reserveCapacity(parts.reduce(0) { $0 + ($1[index].inside?.count ?? 0) })
            for part in parts {
                split.below += part[index].below
                split.throughLower += part[index].throughLower
                split.throughUpper += part[index].throughUpper
                split.hasNaN = split.hasNaN || part[index].hasNaN
                inside += part[index].inside ?? []
            }
            split.inside = inside
            return split
        }
    }

    @inline(__always)
    private func splitBlock(
        _ tasks: Range<Int>, _ entries: Range<Int>, _ brackets: [Bracket], _ weights: FixedPointWeights
    ) -> [BracketSplit] {
        let lanes = Self.lanes
        let count = tasks.count
        let packCount = (count + lanes - 1) / lanes
        let firstPack = tasks.lowerBound / lanes
        let stride = vectors.entries.entriesPerPack
        let packs: UnsafeMutablePointer<Scalar.Lanes> = vectors.entries.vectors(ofPack: firstPack)
        return weights.units.withUnsafeBufferPointer { units in
            withUnsafeTemporaryAllocation(of: Scalar.Lanes.self, capacity: packCount) { column in
                withUnsafeTemporaryAllocation(of: WeightedValue.self, capacity: count + 1) { kept in
                    guard let columnPacks = column.baseAddress, let kept = kept.baseAddress,
                        let weight = units.baseAddress.map({ $0 + tasks.lowerBound })
                    else { return [] }
                    let values = UnsafeMutableRawPointer(columnPacks).assumingMemoryBound(to: Scalar.self)
                    return entries.map { entry in
                        for pack in 0..<packCount { columnPacks[pack] = packs[pack &* stride &+ entry] }
                        return Self.split(values, weight, count, brackets[entry - entries.lowerBound], kept)
                    }
                }
            }
        }
    }

    /// Splits values that lie side by side.
    @inline(__always)
    private static func split(
        _ values: UnsafePointer<Scalar>, _ weights: UnsafePointer<UInt64>, _ count: Int, _ bracket: Bracket,
        _ kept: UnsafeMutablePointer<WeightedValue>
    ) -> BracketSplit {
        let lower = Scalar(bracket.lower)
        let upper = Scalar(bracket.upper)
        var split = BracketSplit()
        split.below = Self.weight(values, weights, count) { $0 < lower }
        split.throughLower = Self.weight(values, weights, count) { $0 <= lower }
        split.throughUpper = Self.weight(values, weights, count) { $0 <= upper }
        split.hasNaN = Self.weight(values, weights, count) { $0 != $0 } > 0
        var keptCount = 0
        for task in 0..<count {
            let value = values[task]
            kept[keptCount].value = Double(value)
            kept[keptCount].weight = weights[task]
            keptCount &+= (value > lower ? 1 : 0) & (value < upper ? 1 : 0) & (weights[task] > 0 ? 1 : 0)
        }
        split.inside = Array(UnsafeBufferPointer(start: kept, count: keptCount))
        return split
    }

    /// The weight of values that meet a condition. One condition a loop: then the loop is one of vectors.
    @inline(__always)
    private static func weight(
        _ values: UnsafePointer<Scalar>, _ weights: UnsafePointer<UInt64>, _ count: Int, _ condition: (Scalar) -> Bool
    ) -> UInt64 {
        var sum: UInt64 = 0
        for task in 0..<count { sum &+= condition(values[task]) ? weights[task] : 0 }
        return sum
    }
}
