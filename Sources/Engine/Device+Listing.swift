internal import COpenCL
import Compute

extension Device {
    /// The name or path of the OpenCL library that is in use, or nil when there is none.
    public static var library: String? { kindred_opencl_library().map { String(cString: $0) } }

    /// Every OpenCL device of this machine, by platform and then by its platform's order.
    ///
    /// A machine without OpenCL has none. A platform without devices, and one that fails, is passed over.
    public static func all() -> [Device] { listed }

    /// Asked once: the devices of a machine do not change while a program runs, and asking loads every driver.
    private static let listed: [Device] = platforms().enumerated().flatMap { platformIndex, platform in
        devices(of: platform).enumerated().compactMap { deviceIndex, device in
            describe(device, of: platform, platformIndex: platformIndex, deviceIndex: deviceIndex)
        }
    }

    /// The device's handle, found again by its place.
    func handle() throws(ComputeError) -> cl_device_id {
        let platforms = Self.platforms()
        if platforms.indices.contains(platformIndex) {
            let devices = Self.devices(of: platforms[platformIndex])
            if devices.indices.contains(deviceIndex) { return devices[deviceIndex] }
        }
        throw .deviceNotFound("'\(name)' is no longer at \(selector)")
    }

    private static func platforms() -> [cl_platform_id] {
        handles { clGetPlatformIDs($0, $1, $2) }
    }

    private static func devices(of platform: cl_platform_id) -> [cl_device_id] {
        handles { clGetDeviceIDs(platform, cl_device_type(CL_DEVICE_TYPE_ALL), $0, $1, $2) }
    }

    /// The handles that a call of OpenCL's two-step form lists; none if it fails.
    private static func handles(
        _ list: (cl_uint, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<cl_uint>?) -> cl_int
    ) -> [OpaquePointer] {
        var count: cl_uint = 0
        guard list(0, nil, &count) == CL_SUCCESS, count > 0 else { return [] }
        var handles = [OpaquePointer?](repeating: nil, count: Int(count))
        guard list(count, &handles, nil) == CL_SUCCESS else { return [] }
        return handles.compactMap { $0 }
    }

    /// Nil when the device does not answer, or has no compiler and so cannot run kernels given as text.
    private static func describe(
        _ device: cl_device_id, of platform: cl_platform_id, platformIndex: Int, deviceIndex: Int
    ) -> Device? {
        guard value(of: device, CL_DEVICE_COMPILER_AVAILABLE, cl_bool.self) == cl_bool(CL_TRUE),
            let name = text(of: device, CL_DEVICE_NAME),
            let platformName = text(of: platform, cl_platform_info(CL_PLATFORM_NAME)),
            let platformVersion = text(of: platform, cl_platform_info(CL_PLATFORM_VERSION)),
            let vendor = text(of: device, CL_DEVICE_VENDOR),
            let driverVersion = text(of: device, CL_DRIVER_VERSION),
            let type = value(of: device, CL_DEVICE_TYPE, cl_device_type.self),
            let memory = value(of: device, CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong.self),
            let allocation = value(of: device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self),
            let localMemory = value(of: device, CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong.self),
            let computeUnitCount = value(of: device, CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self),
            let maxWorkGroupSize = value(of: device, CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self),
            let extensions = text(of: device, CL_DEVICE_EXTENSIONS),
            let floatAbilities = value(of: device, CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config.self)
        else { return nil }
        return Device(
            platformIndex: platformIndex,
            deviceIndex: deviceIndex,
            name: name,
            platformName: platformName,
            platformVersion: platformVersion,
            vendor: vendor,
            driverVersion: driverVersion,
            kind: kind(of: type),
            globalMemoryBytes: Int(clamping: memory),
            maxAllocationBytes: Int(clamping: allocation),
            localMemoryBytes: Int(clamping: localMemory),
            computeUnitCount: Int(computeUnitCount),
            maxWorkGroupSize: maxWorkGroupSize,
            hasDouble: extensions.split(separator: " ").contains("cl_khr_fp64"),
            roundsFloatDivision: floatAbilities & cl_device_fp_config(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0)
    }

    private static func kind(of type: cl_device_type) -> Kind {
        if type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0 { return .gpu }
        return type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 ? .cpu : .accelerator
    }

    private static func value<Value: BitwiseCopyable & FixedWidthInteger>(
        of device: cl_device_id, _ name: Int32, _ type: Value.Type
    ) -> Value? {
        var value: Value = 0
        let status = clGetDeviceInfo(device, cl_device_info(name), MemoryLayout<Value>.size, &value, nil)
        return status == CL_SUCCESS ? value : nil
    }

    private static func text(of device: cl_device_id, _ name: Int32) -> String? {
        openCLText { clGetDeviceInfo(device, cl_device_info(name), $0, $1, $2) }
    }

    private static func text(of platform: cl_platform_id, _ name: cl_platform_info) -> String? {
        openCLText { clGetPlatformInfo(platform, name, $0, $1, $2) }
    }
}

/// The text that a query of OpenCL's two-step form answers with, without white space around it; nil if it fails.
func openCLText(
    _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
) -> String? {
    var size = 0
    guard query(0, nil, &size) == CL_SUCCESS else { return nil }
    var bytes = [UInt8](repeating: 0, count: size)
    guard query(size, &bytes, nil) == CL_SUCCESS else { return nil }
    let characters = Substring(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    guard let first = characters.firstIndex(where: { !$0.isWhitespace }),
        let last = characters.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(characters[first...last])
}
