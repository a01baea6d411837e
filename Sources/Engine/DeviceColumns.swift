import Compute
import Kernels

/// The values of tasks in one device's memory, for order statistics.
struct DeviceColumns<Scalar: LaneScalar>: TaskColumns {
    let backend: OpenCLBackend<Scalar>
    let vectors: Vectors<DeviceBuffer<Scalar>>
    /// Which tasks are present, if not all are: those of positive weight.
    let weights: Vectors<DeviceBuffer<Scalar>>?

    var entryCount: Int { vectors.valuesPerTask }

    func values(ofTasks tasks: [Int]) throws(ComputeError) -> [Double] {
        if tasks.isEmpty { return [] }
        let numbers = try backend.context.makeBuffer(tasks.map { Int32($0) })
        let gathered = try backend.context.makeBuffer(of: Scalar.self, count: tasks.count * entryCount)
        try backend.kernel("gather_tasks", in: .quantiles, order: 0).launch(
            global: tasks.count,
            arguments: [.count(tasks.count), .count(entryCount)] + backend.place(vectors.entries) + [
                .buffer(numbers), .buffer(vectors.entries.buffer), .buffer(gathered),
            ])
        return Self.widened(try gathered.read())
    }

    func columns(_ entries: Range<Int>) throws(ComputeError) -> [Double] {
        let values = try backend.download(view(entries))
        let taskCount = vectors.taskCount
        return Array(unsafeUninitializedCapacity: values.count) { columns, count in
            for task in 0..<taskCount {
                for entry in 0..<entries.count {
                    columns[entry * taskCount + task] = values[task * entries.count + entry]
                }
            }
            count = values.count
        }
    }

    func split(
        _ entries: Range<Int>, at brackets: [Bracket], weights units: FixedPointWeights
    ) throws(ComputeError) -> [BracketSplit] {
        guard let weights else { preconditionFailure("a split adds up weights") }
        let context = backend.context
        let (lanes, values) = (backend.lanes, view(entries).entries)
        let packs = backend.packCount(vectors.taskCount)
        let blocks = (packs + OpenCLBackend<Scalar>.packsPerSumBlock - 1) / OpenCLBackend<Scalar>.packsPerSumBlock
        let isByShares = backend.shape == .vectors
        let partCount = isByShares ? backend.shareCount(of: blocks) : blocks
        let capacity = vectors.taskCount / 4 + 1024
        let bounds = try context.makeBuffer(brackets.flatMap { [Scalar($0.lower), Scalar($0.upper)] })
        let partials = try context.makeBuffer(of: UInt64.self, count: partCount * entries.count * 4 * lanes)
        let counts = try context.makeBuffer(of: Int32.self, count: entries.count, zeroed: true)
        let keptValues = try context.makeBuffer(of: Scalar.self, count: entries.count * capacity)
        let keptWeights = try context.makeBuffer(of: UInt64.self, count: entries.count * capacity)
        let scales = FixedPointWeights.scales(of: Scalar.self, exponent: units.exponent)
        try backend.kernel("split_values", in: .quantiles, order: 0).launch(
            global: isByShares ? partCount : blocks * entries.count * lanes, local: isByShares ? 1 : nil,
            arguments: [
                .count(vectors.taskCount), .count(entries.count), .count(capacity), .count(units.countsTasks ? 1 : 0),
                .real(scales.0), .real(scales.1),
            ] + backend.place(values) + backend.place(weights.entries) + (isByShares ? [.count(partCount)] : []) + [
                .buffer(bounds), .buffer(values.buffer), .buffer(weights.entries.buffer), .buffer(partials),
                .buffer(counts), .buffer(keptValues), .buffer(keptWeights),
            ])
        let sums = try context.makeBuffer(of: UInt64.self, count: entries.count * 4 * lanes)
        try backend.kernel("add_splits", in: .quantiles, order: 0).launch(
            global: entries.count * 4 * (backend.shape == .vectors ? 1 : lanes), .count(partCount),
            .count(entries.count), .buffer(partials), .buffer(sums))
        let foundSums = try sums.read()
        let foundCounts = try counts.read()
        let inside = try readInside(foundCounts, capacity: capacity, keptValues, keptWeights)
        return backend.parallel.map(entries.count) { index in
            var split = BracketSplit()
            let sum = { (which: Int) in
                foundSums[(index * 4 + which) * lanes..<(index * 4 + which + 1) * lanes].reduce(0, &+)
            }
            split.below = sum(0)
            split.throughLower = sum(1)
            split.throughUpper = sum(2)
            split.hasNaN = sum(3) > 0
            split.inside = inside[index].map {
                Self.widenValues(of: $0)
                return [$0]
            }
            return split
        }
    }

    /// What was kept of each entry, nil where there was more; as scalars at the end of the values' memory.
    private func readInside(
        _ counts: [Int32], capacity: Int, _ keptValues: DeviceBuffer<Scalar>, _ keptWeights: DeviceBuffer<UInt64>
    ) throws(ComputeError) -> [WeightedRun?] {
        var memory = RunMemory(expecting: counts.reduce(0) { $0 + Int($1) })
        var runs: [WeightedRun?] = []
        var events: [Event] = []
        for (index, count) in counts.enumerated() {
            let count = Int(count)
            if count > capacity {
                runs.append(nil)
                continue
            }
            var run = memory.makeRun(capacity: count)
            run.count = count
            runs.append(run)
            if count == 0 { continue }
            events.append(try keptValues.read(into: Self.scalars(of: run), ownedBy: run.owner, at: index * capacity))
            let weights = UnsafeMutableBufferPointer(start: run.weights, count: count)
            events.append(try keptWeights.read(into: weights, ownedBy: run.owner, at: index * capacity))
        }
        for event in events { try event.wait() }
        return runs
    }

    /// Where the scalars of a run's values are read to, of which each lies behind its own double's place or in it.
    private static func scalars(of run: WeightedRun) -> UnsafeMutableBufferPointer<Scalar> {
        let end = UnsafeMutableRawPointer(run.values + run.count)
        let start = end - run.count * MemoryLayout<Scalar>.stride
        return UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: Scalar.self), count: run.count)
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    private static func widenValues(of run: WeightedRun) {
        if Scalar.self == Double.self { return }
        let scalars = UnsafeRawBufferPointer(scalars(of: run))
        for place in 0..<run.count {
            let scalar = scalars.load(fromByteOffset: place &* MemoryLayout<Scalar>.stride, as: Scalar.self)
            run.values[place] = Double(scalar)
        }
    }

    /// Some entries of each task, as vectors of their own.
    private func view(_ entries: Range<Int>) -> Vectors<DeviceBuffer<Scalar>> {
        Vectors(
            taskCount: vectors.taskCount, width: entries.count,
            entries: PackedEntries(
                buffer: vectors.entries.buffer, entriesPerPack: vectors.entries.entriesPerPack,
                firstEntry: vectors.entries.firstEntry + entries.lowerBound))
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func widened(_ values: [Scalar]) -> [Double] { values.map { Double($0) } }
}
