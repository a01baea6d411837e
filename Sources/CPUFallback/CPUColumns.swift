import Compute

/// The values of tasks in the CPU backend's memory, for order statistics.
struct CPUColumns<Scalar: LaneScalar>: TaskColumns {
    let vectors: Vectors<CPUBuffer<Scalar>>
    /// Which tasks are present, if not all are: those of positive weight.
    let weights: Vectors<CPUBuffer<Scalar>>?
    let parallel: Parallel

    private static var lanes: Int { Scalar.Lanes.scalarCount }

    var entryCount: Int { vectors.valuesPerTask }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    func values(ofTasks tasks: [Int]) -> [Double] {
        Array(unsafeUninitializedCapacity: tasks.count * entryCount) { values, count in
            parallel.forEachRange(of: tasks.count, grain: 512) { places in
                for place in places {
                    let source: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: tasks[place], lanes: Self.lanes)
                    for entry in 0..<entryCount {
                        values[place * entryCount + entry] = Double(source[entry * Self.lanes])
                    }
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
        let packCount = (vectors.taskCount + Self.lanes - 1) / Self.lanes
        let partCount = (packCount + Self.packsPerPart - 1) / Self.packsPerPart
        let parts = parallel.map(partCount) { part in
            let packs = part * Self.packsPerPart..<min((part + 1) * Self.packsPerPart, packCount)
            return PackSplits(vectors: vectors, entries: entries, brackets: brackets, weights: weights).split(packs)
        }
        return parallel.map(entries.count) { index in
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

    /// Packs that one thread splits at a time.
    private static var packsPerPart: Int { 4096 }
}
