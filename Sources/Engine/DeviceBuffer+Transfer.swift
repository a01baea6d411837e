internal import COpenCL
import Compute

extension DeviceBuffer {
    /// Copies `values` to the device, from position `first` on, and returns when they are there.
    package func write(
        _ values: [Scalar], at first: Int = 0, on queue: CommandQueue? = nil
    ) throws(ComputeError) {
        var failure: ComputeError?
        values.withUnsafeBufferPointer { memory in
            do throws(ComputeError) { try write(memory, at: first, on: queue) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Copies host memory to the device, from position `first` on, and returns when it is there.
    package func write(
        _ values: UnsafeBufferPointer<Scalar>, at first: Int = 0, on queue: CommandQueue? = nil
    ) throws(ComputeError) {
        try enqueueWrite(UnsafeRawBufferPointer(values), at: first, on: queue, waitingFor: [])?.wait()
    }

    /// Begins to copy host memory to the device, by default on the transfer queue.
    ///
    /// The memory must not change until the event is complete.
    ///
    /// - Parameter owner: the object whose memory `values` is. The event keeps it.
    package func write(
        _ values: UnsafeBufferPointer<Scalar>, ownedBy owner: any AnyObject & Sendable, at first: Int = 0,
        on queue: CommandQueue? = nil, waitingFor events: [Event] = []
    ) throws(ComputeError) -> Event {
        let completion = try enqueueWrite(
            UnsafeRawBufferPointer(values), at: first, on: queue, waitingFor: events)
        return Event(completion, owner: owner)
    }

    /// Returns the values in `range`, by default all, when every command that touches the buffer is complete.
    package func read(_ range: Range<Int>? = nil, on queue: CommandQueue? = nil) throws(ComputeError) -> [Scalar] {
        let range = range ?? 0..<count
        var failure: ComputeError?
        let values = [Scalar](unsafeUninitializedCapacity: range.count) { memory, initializedCount in
            do throws(ComputeError) {
                try read(
                    into: UnsafeMutableBufferPointer(rebasing: memory[..<range.count]), at: range.lowerBound, on: queue)
                initializedCount = range.count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return values
    }

    /// Fills `destination` from the device, from position `first` on, and returns when it is full.
    package func read(
        into destination: UnsafeMutableBufferPointer<Scalar>, at first: Int = 0, on queue: CommandQueue? = nil
    ) throws(ComputeError) {
        try enqueueRead(into: UnsafeMutableRawBufferPointer(destination), at: first, on: queue, waitingFor: [])?.wait()
    }

    /// Begins to fill `destination` from the device, by default on the compute queue.
    ///
    /// The memory must not be used until the event is complete.
    ///
    /// - Parameter owner: the object whose memory `destination` is. The event keeps it.
    package func read(
        into destination: UnsafeMutableBufferPointer<Scalar>, ownedBy owner: any AnyObject & Sendable,
        at first: Int = 0, on queue: CommandQueue? = nil, waitingFor events: [Event] = []
    ) throws(ComputeError) -> Event {
        let completion = try enqueueRead(
            into: UnsafeMutableRawBufferPointer(destination), at: first, on: queue, waitingFor: events)
        return Event(completion, owner: owner)
    }

    /// Begins to copy `values` to the start of the buffer; the copy itself keeps them.
    func beginWrite(_ values: [Scalar]) throws(ComputeError) {
        let source = HostCopy(values)
        _ = try enqueueWrite(
            UnsafeRawBufferPointer(source.memory), at: 0, on: nil, waitingFor: [], keeping: source)
    }

    private func enqueueWrite(
        _ source: UnsafeRawBufferPointer, at first: Int, on queue: CommandQueue?, waitingFor events: [Event],
        keeping owner: (any AnyObject & Sendable)? = nil
    ) throws(ComputeError) -> Completion? {
        let queue = queue ?? context.transfer
        return try transfer(
            "clEnqueueWriteBuffer", source.count, at: first, on: queue, waitingFor: events, keeping: owner
        ) {
            clEnqueueWriteBuffer(
                queue.raw, self.allocation.memory.raw, cl_bool(CL_FALSE), $0, source.count, source.baseAddress, $1, $2,
                $3)
        }
    }

    private func enqueueRead(
        into destination: UnsafeMutableRawBufferPointer, at first: Int, on queue: CommandQueue?,
        waitingFor events: [Event]
    ) throws(ComputeError) -> Completion? {
        let queue = queue ?? context.compute
        return try transfer("clEnqueueReadBuffer", destination.count, at: first, on: queue, waitingFor: events) {
            clEnqueueReadBuffer(
                queue.raw, self.allocation.memory.raw, cl_bool(CL_FALSE), $0, destination.count,
                destination.baseAddress, $1, $2, $3)
        }
    }

    /// Enqueues a transfer of `size` bytes and lets the device begin it. Nil when there is nothing to copy.
    private func transfer(
        _ call: String, _ size: Int, at first: Int, on queue: CommandQueue, waitingFor events: [Event],
        keeping owner: (any AnyObject & Sendable)? = nil,
        _ command: (Int, cl_uint, UnsafePointer<cl_event?>?, UnsafeMutablePointer<cl_event?>) -> cl_int
    ) throws(ComputeError) -> Completion? {
        let offset = first * MemoryLayout<Scalar>.stride
        precondition(first >= 0 && offset + size <= byteCount, "a transfer beyond the buffer's end")
        if size == 0 { return nil }
        let completion = try context.enqueue(
            call, on: queue, touching: [allocation], waitingFor: events, bytes: byteCount, source: owner
        ) { (waitCount, waits, event) in
            command(offset, waitCount, waits, event)
        }
        do throws(ComputeError) {
            try context.flush()
        } catch {
            // The command is enqueued: the host's memory is not free before it has ended.
            try? completion.wait()
            throw error
        }
        return completion
    }
}
