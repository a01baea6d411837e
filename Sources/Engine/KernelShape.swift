/// How a kernel's packs meet the device: which of the two shapes of one kernel text is built.
package enum KernelShape: String, Sendable, CaseIterable {
    /// A work-item handles a pack of tasks, in vector types: CPU devices.
    case vectors
    /// A work-item handles one lane of a pack, and a work-group shares rows in local memory: GPUs.
    case lanes

    /// The shape that suits a device.
    init(for device: Device) { self = device.kind == .cpu ? .vectors : .lanes }

    /// Tasks a pack: one 64-byte vector of them, or one lane each of 32 adjacent work-items.
    func lanes(scalarBytes: Int) -> Int { self == .vectors ? 64 / scalarBytes : 32 }

    /// Work-items of a group that sums one block of rows (`GROUP` of the kernels).
    var itemsPerGroup: Int { self == .vectors ? 1 : 64 }

    /// Work-items that share the rows of one block, or the entries of one task.
    var itemsPerBlock: Int { self == .vectors ? 1 : 32 }
}
