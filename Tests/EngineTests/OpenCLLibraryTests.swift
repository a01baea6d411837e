import CMachine
import COpenCL
import Engine
import Glibc
import Testing

@Suite("OpenCL library")
struct OpenCLLibraryTests {
    @Test(
        "KINDRED_OPENCL names the library, hides it, or leaves it to the system",
        arguments: [
            (nil, ["libOpenCL.so.1", "libOpenCL.so"]), ("", ["libOpenCL.so.1", "libOpenCL.so"]), ("none", []),
            ("/opt/libX.so", ["/opt/libX.so"]), ("None", ["None"]),
        ] as [(String?, [String])])
    func names(setting: String?, expected: [String]) {
        var names: [UnsafePointer<CChar>?] = [nil, nil]
        func found(_ setting: UnsafePointer<CChar>?) -> [String] {
            let count = Int(kindred_opencl_library_names(setting, &names))
            return names.prefix(count).compactMap { $0 }.map { String(cString: $0) }
        }
        #expect((setting.map { $0.withCString(found) } ?? found(nil)) == expected)
    }

    @Test("a hidden library looks like a machine without platforms")
    func hidden() async {
        await #expect(processExitsWith: .success) {
            setenv("KINDRED_OPENCL", "none", 1)
            var count: cl_uint = 7
            #expect(clGetPlatformIDs(0, nil, &count) == -1001)
            var status: cl_int = 0
            #expect(clCreateContext(nil, 0, nil, nil, nil, &status) == nil && status == -1001)
            #expect(Device.library == nil && Device.all().isEmpty)
        }
    }

    @Test("a library that is not there is none, not the system's")
    func notThere() async {
        await #expect(processExitsWith: .success) {
            setenv("KINDRED_OPENCL", "/no/such/libOpenCL.so", 1)
            #expect(Device.library == nil && Device.all().isEmpty)
            #expect(clFinish(nil) == -1001)
        }
    }

    @Test("a library without the functions says so with a status of its own")
    func functionsMissing() async {
        await #expect(processExitsWith: .success) {
            setenv("KINDRED_OPENCL", "libm.so.6", 1)
            #expect(clGetPlatformIDs(0, nil, nil) == -9001)
            var status: cl_int = 0
            #expect(clCreateBuffer(nil, 0, 1, nil, &status) == nil && status == -9001)
            #expect(Device.library == "libm.so.6" && Device.all().isEmpty)
        }
    }

    @Test("other libraries do not find OpenCL's functions in this program")
    func nothingExported() {
        _ = Device.all()
        #expect(dlsym(nil, "clGetPlatformIDs") == nil)
        #expect(dlsym(nil, "clCreateBuffer") == nil)
    }

    @Test("there is a device where one is required", .enabled(if: isDeviceRequired))
    func required() { #expect(!Device.all().isEmpty) }

    @Test("every device has a place of its own and room for a buffer", .needsDevice)
    func listing() {
        let devices = Device.all()
        #expect(Set(devices.map(\.selector)).count == devices.count)
        for device in devices {
            #expect(!device.name.isEmpty && device.computeUnitCount > 0 && device.maxWorkGroupSize > 0)
            #expect(device.maxAllocationBytes > 0 && device.maxAllocationBytes <= device.globalMemoryBytes)
        }
    }
}

@Suite("Machine")
struct MachineTests {
    @Test("knows what it was built for")
    func buildTarget() {
        let target = String(cString: kindred_build_target())
        #expect(["x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "arm64", "other"].contains(target))
    }

    @Test("cuts the CPU's name to the room there is, with a closing 0", arguments: [1, 2, 5, 64])
    func cpuName(capacity: Int) {
        var name = [CChar](repeating: 1, count: capacity + 1)
        kindred_cpu_name(&name, capacity)
        #expect(name.prefix(capacity).contains(0))
        #expect(name[capacity] == 1)
    }
}
