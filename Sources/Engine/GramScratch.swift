import Compute

/// The memory in which work-items with vector packs sum `w z z'` (gram.cl): each passes over a share of the blocks, in
/// panels of rows that stay in the first cache.
struct GramScratch {
    let itemCount: Int
    let panelRows: Int
    /// Of a work-item, in vectors of as many sums as a pack has lanes.
    let vectorsPerItem: Int
    let memory: DeviceAllocation

    /// What kernels take of it before their inputs.
    var sizes: [KernelArgument] { [.count(panelRows), .count(vectorsPerItem)] }
}

extension OpenCLBackend {
    /// Work-items that share so many blocks or packs: enough that none of the device's threads waits for long.
    func shareCount(of count: Int) -> Int { min(count, 16 * context.device.computeUnitCount) }

    /// Scratch for rows of `width` values, in so many blocks or packs.
    func makeGramScratch(width: Int, blockCount: Int) throws(ComputeError) -> GramScratch {
        let itemCount = shareCount(of: blockCount)
        // In double half of a first cache of 48 kB, as much again for what is weighted.
        let panelRows = Scalar.self == Double.self ? min(TaskLayout.rowsPerBlock, max(16, 3000 / width)) : 64
        let sumVectors = width * ((width + lanes - 1) / lanes)
        let vectorsPerItem = 2 * sumVectors + panelRows * width / lanes + 2
        let count = itemCount * vectorsPerItem * lanes
        let memory =
            context.device.hasDouble
            ? try context.makeBuffer(of: Double.self, count: count).allocation
            : try context.makeBuffer(of: Float.self, count: count).allocation
        return GramScratch(
            itemCount: itemCount, panelRows: panelRows, vectorsPerItem: vectorsPerItem, memory: memory)
    }
}
