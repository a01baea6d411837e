import Compute

extension Context {
    /// Whether kernels can read the host's memory where it lies.
    var sharesHostMemory: Bool { device.kind == .cpu }

    /// The host's memory as a buffer that kernels read in place.
    ///
    /// The values must not change until the last command that reads them is complete, and 64 bytes behind them may be
    /// read. Precondition: the device shares the host's memory.
    ///
    /// - Parameter owner: whose memory it is. It is kept as long as a command reads it.
    /// - Throws: ``ComputeError/outOfMemory(requestedBytes:device:)`` beyond what the device takes as one buffer.
    func lend<Scalar>(
        _ values: UnsafeBufferPointer<Scalar>, ownedBy owner: any AnyObject & Sendable
    ) throws(ComputeError) -> DeviceBuffer<Scalar> {
        precondition(sharesHostMemory, "a device that shares the host's memory")
        if values.isEmpty { return try makeBuffer(count: 0) }
        let bytes = values.count * MemoryLayout<Scalar>.stride + BufferPool.paddingBytes
        guard bytes <= device.maxAllocationBytes else {
            throw .outOfMemory(requestedBytes: bytes, device: device.name)
        }
        let memory = UnsafeRawBufferPointer(start: values.baseAddress, count: bytes)
        let lent = try pool.borrow(memory, from: owner, in: raw)
        return DeviceBuffer(count: values.count, allocation: DeviceAllocation(memory: lent, context: self))
    }

    /// Makes a buffer of `values` that kernels only read: their own copy where that can be read in place.
    func makeTable<Scalar>(_ values: [Scalar]) throws(ComputeError) -> DeviceBuffer<Scalar> {
        guard sharesHostMemory else { return try makeBuffer(values) }
        let copy = HostCopy(values)
        return try lend(UnsafeBufferPointer(copy.memory), ownedBy: copy)
    }
}
