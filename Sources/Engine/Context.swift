internal import COpenCL
import Compute
import Kernels
import Synchronization

/// One device with its two queues, its memory and its programs.
///
/// Commands may be enqueued from several threads. Whoever enqueues need not order the two queues: each command waits
/// for those before it that touched the same buffers.
package final class Context: Sendable {
    package let device: Device
    /// Where kernels run.
    package let compute: CommandQueue
    /// Where rows travel while kernels run.
    package let transfer: CommandQueue
    /// Where binaries and measurements are kept between runs.
    package let cache: DeviceCache
    package let pool: BufferPool
    private let handle: ContextHandle
    private let programs = Mutex<[String: Program]>([:])
    /// Held while one command is enqueued: kernels keep their arguments between two calls, and a buffer's last uses
    /// are read and replaced as one.
    private let submission = Mutex<Void>(())

    /// - Throws: ``ComputeError/deviceFailure(call:code:device:)`` when the driver refuses,
    ///   ``ComputeError/deviceNotFound(_:)`` when the device has gone.
    package init(device: Device, cache: DeviceCache = .standard) throws(ComputeError) {
        self.device = device
        self.cache = cache
        var id: cl_device_id? = try device.handle()
        var status: cl_int = 0
        let context = clCreateContext(nil, 1, &id, nil, nil, &status)
        try check(status, "clCreateContext", on: device.name)
        guard let context, let id else {
            throw .deviceFailure(call: "clCreateContext", code: Int(status), device: device.name)
        }
        let handle = ContextHandle(raw: context, device: id)
        compute = try CommandQueue(role: .compute, context: context, device: id, deviceName: device.name)
        transfer = try CommandQueue(role: .transfer, context: context, device: id, deviceName: device.name)
        pool = BufferPool(device: device)
        self.handle = handle
    }

    /// How many programs this process has built from their text, rather than loaded from the cache.
    package static var programsBuilt: Int { Program.builtCount.load(ordering: .relaxed) }

    var raw: cl_context { handle.raw }
    var deviceHandle: cl_device_id { handle.device }

    /// Blocks until every command on both queues is complete.
    package func finish() throws(ComputeError) {
        for queue in [transfer, compute] { try check(clFinish(queue.raw), "clFinish", on: device.name) }
        pool.releaseLent()
    }

    /// Lets the device begin what has been enqueued, without waiting for it.
    package func flush() throws(ComputeError) {
        for queue in [transfer, compute] { try check(clFlush(queue.raw), "clFlush", on: device.name) }
    }

    /// The program with these definitions (`-D NAME=VALUE`), built at its first use.
    ///
    /// - Throws: ``ComputeError/buildFailed(program:device:log:)`` with the compiler's own words.
    package func program(
        _ text: KernelProgram, options: [String: any CustomStringConvertible]
    ) throws(ComputeError) -> Program {
        let flags = Program.flags(options, for: device)
        return try programs.withLock { (programs) throws(ComputeError) in
            let key = "\(text.rawValue) \(flags)"
            if let program = programs[key] { return program }
            let program = try Program(text, flags: flags, in: self)
            programs[key] = program
            return program
        }
    }

    /// Enqueues one command that touches `allocations`, after those of the other queue that touched them.
    ///
    /// - Parameters:
    ///   - bytes: what a status that memory ran out is reported with.
    ///   - source: host memory to keep until the command is complete.
    func enqueue(
        _ call: String, on queue: CommandQueue, touching allocations: [DeviceAllocation], waitingFor events: [Event],
        bytes: Int? = nil, source: (any AnyObject & Sendable)? = nil,
        _ command: (cl_uint, UnsafePointer<cl_event?>?, UnsafeMutablePointer<cl_event?>) throws(ComputeError) -> cl_int
    ) throws(ComputeError) -> Completion {
        try submission.withLock { (_) throws(ComputeError) in
            let other = queue === compute ? transfer : compute
            var waits = events.compactMap { $0.completion }
            for allocation in allocations {
                // OpenCL goes on behind a command that failed; what touches its buffers must not.
                _ = try allocation.memory.lastUse(on: queue.role)?.isComplete()
                if let use = allocation.memory.lastUse(on: other.role), try !use.isComplete() { waits.append(use) }
            }
            var event: cl_event?
            var status: cl_int
            if waits.isEmpty {
                status = try command(0, nil, &event)
            } else {
                // What is waited for must have been handed to the device.
                try check(clFlush(other.raw), "clFlush", on: device.name)
                let raw: [cl_event?] = waits.map { $0.raw }
                status = try command(cl_uint(raw.count), raw, &event)
                withExtendedLifetime(waits) {}
            }
            try check(status, call, on: device.name, bytes: bytes)
            guard let event else { throw .deviceFailure(call: call, code: Int(status), device: device.name) }
            let completion = Completion(owning: event, call: call, device: device.name, source: source)
            for allocation in allocations { allocation.memory.recordUse(completion, on: queue.role) }
            return completion
        }
    }
}

/// An owned `cl_context`, and the device in it. Unchecked: OpenCL's calls on a context may come from any thread, and a
/// machine's own devices are never released.
private struct ContextHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_context
    let device: cl_device_id
    deinit { clReleaseContext(raw) }
}
