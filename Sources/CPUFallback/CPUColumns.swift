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
        let parts = parallel.gather(of: packCount, grain: Self.packsPerPart) {
            PackSplits(vectors: vectors, entries: entries, brackets: brackets, weights: weights)
        } _: { packs, splits in
            splits.add(packs)
        }
        var splits = Array(repeating: BracketSplit(), count: entries.count)
        for part in parts {
            for (index, split) in part.splits().enumerated() { splits[index].add(split) }
        }
        return splits
    }

    /// Packs that one thread splits at a time.
    private static var packsPerPart: Int { 4096 }
}
