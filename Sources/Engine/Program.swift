internal import COpenCL
import Compute
import Kernels
import Synchronization

/// A kernel text built for one device with one set of definitions.
package final class Program: Sendable {
    static let builtCount = Atomic<Int>(0)

    package let name: String
    /// Whether the text had to be compiled, because the cache held no binary that the driver takes.
    package let wasBuilt: Bool
    private let handle: ProgramHandle
    private let device: Device
    private let kernels = Mutex<[String: KernelObject]>([:])

    /// Loads the binary that an earlier run left in the context's cache, or else builds the text and leaves one.
    init(_ text: KernelProgram, flags: String, in context: Context) throws(ComputeError) {
        name = text.rawValue
        device = context.device
        let entry = DeviceCache.Entry(
            kind: "program-\(text.rawValue)",
            key: [
                text.source, flags, device.name, device.driverVersion, device.platformName, device.platformVersion,
            ])
        if let binary = context.cache.read(entry), let loaded = Self.load(binary, flags: flags, in: context) {
            handle = loaded
            wasBuilt = false
        } else {
            handle = try Self.build(text, flags: flags, in: context)
            wasBuilt = true
            Self.builtCount.wrappingAdd(1, ordering: .relaxed)
            if let binary = Self.binary(of: handle.raw) { context.cache.write(binary, for: entry) }
        }
    }

    /// The compiler's arguments: OpenCL C 1.2, correct rounding where it can be had, and the definitions in the order
    /// of their names.
    static func flags(_ options: [String: any CustomStringConvertible], for device: Device) -> String {
        let rounding = device.roundsFloatDivision ? ["-cl-fp32-correctly-rounded-divide-sqrt"] : []
        let definitions = options.sorted { $0.key < $1.key }.map { name, value in
            let text = value.description
            precondition(!text.contains(where: \.isWhitespace), "a definition without white space")
            return "-D\(name)=\(text)"
        }
        return (["-cl-std=CL1.2"] + rounding + definitions).joined(separator: " ")
    }

    /// The kernel of this name; the same object each time.
    func kernel(_ kernelName: String, in context: Context) throws(ComputeError) -> KernelObject {
        try kernels.withLock { (kernels) throws(ComputeError) in
            if let kernel = kernels[kernelName] { return kernel }
            var status: cl_int = 0
            let raw = clCreateKernel(handle.raw, kernelName, &status)
            try check(status, "clCreateKernel of '\(kernelName)' in '\(name)'", on: device.name)
            guard let raw else {
                throw .deviceFailure(call: "clCreateKernel", code: Int(status), device: device.name)
            }
            let kernel = KernelObject(owning: raw, name: kernelName, device: context.deviceHandle)
            kernels[kernelName] = kernel
            return kernel
        }
    }

    private static func build(
        _ text: KernelProgram, flags: String, in context: Context
    ) throws(ComputeError) -> ProgramHandle {
        var status: cl_int = 0
        let source = text.source
        let program = source.withCString { characters in
            var texts: UnsafePointer<CChar>? = characters
            return clCreateProgramWithSource(context.raw, 1, &texts, nil, &status)
        }
        try check(status, "clCreateProgramWithSource", on: context.device.name)
        guard let program else {
            throw .deviceFailure(call: "clCreateProgramWithSource", code: Int(status), device: context.device.name)
        }
        let handle = ProgramHandle(raw: program)
        var id: cl_device_id? = context.deviceHandle
        let built = clBuildProgram(program, 1, &id, flags, nil, nil)
        if built == CL_BUILD_PROGRAM_FAILURE || built == CL_INVALID_BUILD_OPTIONS {
            let log = openCLText {
                clGetProgramBuildInfo(
                    program, context.deviceHandle, cl_program_build_info(CL_PROGRAM_BUILD_LOG), $0, $1, $2)
            }
            let reason = log.flatMap { $0.isEmpty ? nil : $0 } ?? OpenCLStatus.name(of: built)
            throw .buildFailed(program: text.rawValue, device: context.device.name, log: "\(reason)\n\(flags)")
        }
        try check(built, "clBuildProgram of '\(text.rawValue)'", on: context.device.name)
        return handle
    }

    /// Nil when the driver does not take the binary: it is then as if there were none.
    private static func load(_ binary: [UInt8], flags: String, in context: Context) -> ProgramHandle? {
        var id: cl_device_id? = context.deviceHandle
        var size = binary.count
        var binaryStatus: cl_int = 0
        var status: cl_int = 0
        let program = binary.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return clCreateProgramWithBinary(context.raw, 1, &id, &size, &start, &binaryStatus, &status)
        }
        guard let program else { return nil }
        let handle = ProgramHandle(raw: program)
        guard status == CL_SUCCESS, binaryStatus == CL_SUCCESS,
            clBuildProgram(program, 1, &id, flags, nil, nil) == CL_SUCCESS
        else { return nil }
        return handle
    }

    /// The built program as its driver keeps it; nil when the driver gives none.
    private static func binary(of program: cl_program) -> [UInt8]? {
        var size = 0
        guard
            clGetProgramInfo(
                program, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &size, nil) == CL_SUCCESS,
            size > 0
        else { return nil }
        var binary = [UInt8](repeating: 0, count: size)
        let status = binary.withUnsafeMutableBufferPointer { bytes in
            var start = bytes.baseAddress
            return clGetProgramInfo(
                program, cl_program_info(CL_PROGRAM_BINARIES), MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &start,
                nil)
        }
        return status == CL_SUCCESS ? binary : nil
    }
}

/// An owned `cl_program`. Unchecked: OpenCL's calls on a program may come from any thread.
private struct ProgramHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_program
    deinit { clReleaseProgram(raw) }
}
