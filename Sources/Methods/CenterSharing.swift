import Compute

/// Which tasks share a centre.
enum CenterSharing {
    /// All of them.
    case all
    /// Those of each group of consecutive tasks.
    case groups(TaskGroups)
    /// Those of each label below `count`; a task of another label is in none.
    case labels([Int], count: Int)

    /// How many centres there are.
    var count: Int {
        switch self {
        case .all: 1
        case .groups(let groups): groups.count
        case .labels(_, let count): count
        }
    }

    /// The tasks that share each centre, ascending.
    func members(taskCount: Int) -> [[Int]] {
        switch self {
        case .all: return [Array(0..<taskCount)]
        case .groups(let groups): return groups.ranges.map { Array($0) }
        case .labels(let labels, let count):
            var members = Array(repeating: [Int](), count: count)
            for (task, label) in labels.enumerated() where (0..<count).contains(label) { members[label].append(task) }
            return members
        }
    }
}

extension Backend {
    /// The values of each task's centre at the task, for some consecutive tasks: for `all`, one task that serves all.
    ///
    /// - Parameter values: `centres x columns x width`.
    func place(
        _ values: [Double], columnCount: Int, width: Int, at tasks: Range<Int>, _ sharing: CenterSharing
    ) throws(ComputeError) -> Vectors<Buffer> {
        let size = columnCount * width
        switch sharing {
        case .all:
            let vectors = try makeVectors(taskCount: 1, columnCount: columnCount, width: width)
            try upload(values, into: vectors)
            return vectors
        case .groups(let groups):
            let spread = try spread(values, width: size, over: groups, taskCount: tasks.count)
            return Vectors(
                taskCount: tasks.count, columnCount: columnCount, width: width, entries: spread.entries)
        case .labels(let labels, let count):
            let spread = [Double](unsafeUninitializedCapacity: tasks.count * size) { spread, initialized in
                spread.initialize(repeating: 0)
                parallel.forEachRange(of: tasks.count, grain: 4096) { range in
                    for place in range where (0..<count).contains(labels[tasks.lowerBound &+ place]) {
                        let first = labels[tasks.lowerBound &+ place] &* size
                        for entry in 0..<size { spread[place &* size &+ entry] = values[first &+ entry] }
                    }
                }
                initialized = tasks.count * size
            }
            let vectors = try makeVectors(taskCount: tasks.count, columnCount: columnCount, width: width)
            try upload(spread, into: vectors)
            return vectors
        }
    }

    /// Adds the weighted vectors of consecutive tasks to the totals of their centres: `centres x columns x width`.
    func add(
        _ vectors: Vectors<Buffer>, weights: Vectors<Buffer>, at tasks: Range<Int>, _ sharing: CenterSharing,
        to totals: inout [Double]
    ) throws(ComputeError) {
        let sums: Vectors<Buffer>
        switch sharing {
        case .all:
            totals = try weightedSum(of: vectors, weights: weights, adding: totals)
            return
        case .groups(let groups):
            sums = try makeVectors(taskCount: groups.count, width: vectors.valuesPerTask)
            try weightedSum(of: vectors, weights: weights, groups: groups, into: sums)
        case .labels(let labels, let count):
            let numbers = try makeVectors(taskCount: tasks.count, width: 1)
            try upload(labels[tasks].map { Double($0) }, into: numbers)
            sums = try makeVectors(taskCount: 1, columnCount: count, width: vectors.valuesPerTask)
            try weightedSum(of: vectors, weights: weights, labels: numbers, into: sums)
        }
        for (place, value) in try download(sums).enumerated() { totals[place] += value }
    }
}
