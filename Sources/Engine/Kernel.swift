internal import COpenCL
import Compute
import Kernels

/// One kernel of a built program, ready to launch on its context's compute queue.
package struct Kernel: Sendable {
    package let name: String
    /// The most work-items that the device runs in one work-group of this kernel.
    package let maxWorkGroupSize: Int
    private let context: Context
    private let object: KernelObject

    init(object: KernelObject, context: Context) {
        self.object = object
        self.context = context
        name = object.name
        maxWorkGroupSize = object.maxWorkGroupSize
    }

    /// Enqueues the kernel over `global` work-items, after every command that touched the same buffers.
    ///
    /// With a `local` size, `global` is rounded up to a multiple of it: a kernel guards its tail. No work-items are no
    /// launch.
    ///
    /// - Throws: ``ComputeError/deviceFailure(call:code:device:)`` that names the kernel, and the argument if one does
    ///   not fit.
    @discardableResult
    package func launch(
        global: Int, local: Int? = nil, waitingFor events: [Event] = [], _ arguments: KernelArgument...
    ) throws(ComputeError) -> Event {
        try launch(global: global, local: local, waitingFor: events, arguments: arguments)
    }

    /// Enqueues the kernel with its arguments as an array.
    @discardableResult
    package func launch(
        global: Int, local: Int? = nil, waitingFor events: [Event] = [], arguments: [KernelArgument]
    ) throws(ComputeError) -> Event {
        precondition(global >= 0 && local ?? 1 > 0, "sizes of work are not negative")
        if global == 0 { return Event(nil) }
        let allocations = arguments.compactMap { $0.allocation }
        let queue = context.compute
        let completion = try context.enqueue(
            "kernel '\(name)'", on: queue, touching: allocations, waitingFor: events,
            bytes: allocations.reduce(0) { $0 + $1.memory.byteCount }
        ) { (waitCount, waits, event) throws(ComputeError) in
            for (index, argument) in arguments.enumerated() {
                try check(
                    argument.set(on: object.raw, at: cl_uint(index)), "argument \(index) of kernel '\(name)'",
                    on: context.device.name)
            }
            guard var local else {
                var size = global
                return clEnqueueNDRangeKernel(queue.raw, object.raw, 1, nil, &size, nil, waitCount, waits, event)
            }
            var size = (global + local - 1) / local * local
            return clEnqueueNDRangeKernel(queue.raw, object.raw, 1, nil, &size, &local, waitCount, waits, event)
        }
        return Event(completion)
    }
}

extension Context {
    /// The kernel of this name in a program with these definitions (`-D NAME=VALUE`), built at its first use.
    ///
    /// - Throws: ``ComputeError/buildFailed(program:device:log:)`` with the compiler's own words.
    package func kernel(
        _ name: String, in program: KernelProgram, options: [String: any CustomStringConvertible] = [:]
    ) throws(ComputeError) -> Kernel {
        let built = try self.program(program, options: options)
        return Kernel(object: try built.kernel(name, in: self), context: self)
    }
}

/// One argument of a kernel, of the type that the kernel declares.
package enum KernelArgument: Sendable {
    case int32(Int32)
    case int64(Int64)
    case float(Float)
    case double(Double)
    case memory(DeviceAllocation)

    /// A buffer, which is kept until the kernel is enqueued.
    package static func buffer<Scalar>(_ buffer: DeviceBuffer<Scalar>) -> KernelArgument { .memory(buffer.allocation) }

    /// A size for a kernel's `int`. Precondition: below 2^31.
    package static func count(_ value: Int) -> KernelArgument { .int32(Int32(value)) }

    /// A word for a kernel's `uint`.
    package static func word(_ value: UInt32) -> KernelArgument { .int32(Int32(bitPattern: value)) }

    /// A number for a kernel's `real`.
    package static func real<Scalar: LaneScalar>(_ value: Scalar) -> KernelArgument {
        if let value = value as? Float { return .float(value) }
        return .double(Double(value))
    }

    var allocation: DeviceAllocation? {
        if case .memory(let allocation) = self { allocation } else { nil }
    }

    /// Sets the argument. The kernel keeps it until the next call, so nothing else may use the kernel meanwhile.
    func set(on kernel: cl_kernel, at index: cl_uint) -> cl_int {
        switch self {
        case .int32(let value): Self.set(value, on: kernel, at: index)
        case .int64(let value): Self.set(value, on: kernel, at: index)
        case .float(let value): Self.set(value, on: kernel, at: index)
        case .double(let value): Self.set(value, on: kernel, at: index)
        case .memory(let allocation): Self.set(Optional(allocation.memory.raw), on: kernel, at: index)
        }
    }

    private static func set<Value: BitwiseCopyable>(_ value: Value, on kernel: cl_kernel, at index: cl_uint) -> cl_int {
        withUnsafeBytes(of: value) { clSetKernelArg(kernel, index, $0.count, $0.baseAddress) }
    }
}

/// An owned `cl_kernel`. Its arguments are set and it is enqueued under its context's lock, because OpenCL lets one
/// thread at a time set arguments of one kernel object.
final class KernelObject: Sendable {
    let name: String
    let maxWorkGroupSize: Int
    private let handle: KernelHandle

    init(owning kernel: cl_kernel, name: String, device: cl_device_id) {
        self.name = name
        handle = KernelHandle(raw: kernel)
        var size = 0
        let status = clGetKernelWorkGroupInfo(
            kernel, device, cl_kernel_work_group_info(CL_KERNEL_WORK_GROUP_SIZE), MemoryLayout<Int>.size, &size, nil)
        maxWorkGroupSize = status == CL_SUCCESS ? size : 1
    }

    var raw: cl_kernel { handle.raw }
}

/// Unchecked: see `KernelObject`.
private struct KernelHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_kernel
    deinit { clReleaseKernel(raw) }
}
