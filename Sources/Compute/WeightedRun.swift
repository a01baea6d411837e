import Synchronization

/// Values and their weights, in the units of ``FixedPointWeights``, side by side and in any order.
///
/// Unchecked: one thread fills a run, and others read it only after.
package struct WeightedRun: @unchecked Sendable {
    package let values: UnsafeMutablePointer<Double>
    package let weights: UnsafeMutablePointer<UInt64>
    /// How many values there is room for.
    package let capacity: Int
    package var count = 0
    private let memory: RunSlab

    /// - Parameter memory: where the run begins `offset` bytes from the base, and takes ``byteCount(capacity:)``.
    fileprivate init(capacity: Int, in memory: RunSlab, at offset: Int) {
        self.capacity = capacity
        self.memory = memory
        let places = Self.places(capacity)
        let start = memory.memory.base + offset
        values = start.assumingMemoryBound(to: Double.self)
        weights = (start + places * MemoryLayout<Double>.stride).assumingMemoryBound(to: UInt64.self)
    }

    /// Whole vectors of eight.
    private static func places(_ capacity: Int) -> Int { (capacity + 7) / 8 * 8 }

    fileprivate static func byteCount(capacity: Int) -> Int { places(capacity) * 2 * MemoryLayout<UInt64>.stride }

    package mutating func append(_ value: Double, weight: UInt64) {
        values[count] = value
        weights[count] = weight
        count &+= 1
    }

    /// Fills up the last vector of eight with what is in no bracket: weights of 0, and values that are NaN.
    func padVector() {
        for place in count..<(count + 7) / 8 * 8 {
            values[place] = .nan
            weights[place] = 0
        }
    }

    /// What frees the memory.
    package var owner: any AnyObject & Sendable { memory }

    var totalWeight: UInt64 { UnsafeBufferPointer(start: weights, count: count).reduce(0, &+) }
}

/// Memory that one thread cuts runs from, one after another.
package struct RunMemory {
    private let slabByteCount: Int
    private var slab: RunSlab?
    private var usedByteCount = 0

    /// - Parameter count: values that all runs together may have to take.
    package init(expecting count: Int = 0) {
        slabByteCount = count >= 1 << 16 ? RunSlab.byteCount : 0
    }

    package mutating func makeRun(capacity: Int) -> WeightedRun {
        let byteCount = WeightedRun.byteCount(capacity: capacity)
        if let slab, usedByteCount + byteCount <= slabByteCount {
            defer { usedByteCount += byteCount }
            return WeightedRun(capacity: capacity, in: slab, at: usedByteCount)
        }
        let slab = RunSlab(byteCount: max(slabByteCount, byteCount))
        self.slab = slab
        usedByteCount = byteCount
        return WeightedRun(capacity: capacity, in: slab, at: 0)
    }
}

/// A piece of memory for runs. Those of the usual size are kept for the next search when their last run ends: to have the
/// system bring new pages into being takes longer than to fill them.
private final class RunSlab: Sendable {
    /// Of huge pages.
    static let byteCount = 4 << 20
    private static let spareCount = 8
    private static let spare = Mutex<[HostMemory]>([])

    let memory: HostMemory
    private let isUsual: Bool

    init(byteCount: Int) {
        isUsual = byteCount == Self.byteCount
        let spare = isUsual ? Self.spare.withLock { $0.popLast() } : nil
        memory = spare ?? HostMemory(byteCount: byteCount)
    }

    deinit {
        guard isUsual else { return }
        Self.spare.withLock { if $0.count < Self.spareCount { $0.append(memory) } }
    }
}

extension [WeightedRun] {
    var valueCount: Int { reduce(0) { $0 + $1.count } }
}
