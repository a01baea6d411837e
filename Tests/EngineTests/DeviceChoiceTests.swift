import Compute
import Engine
import Testing

@Suite("DeviceChoice")
struct DeviceChoiceTests {
    @Test(
        "reads every form of the grammar, whatever its case",
        arguments: [
            ("auto", DeviceChoice.auto), ("AUTO", .auto), ("cpu", .cpu), ("Cpu", .cpu), ("gpu", .gpus),
            ("GPU:1", .gpu(1)), ("gpu:0", .gpu(0)), ("opencl:0.0", .openCL(platform: 0, device: 0)),
            ("OpenCL:12.3", .openCL(platform: 12, device: 3)), ("H100", .named("H100")), ("cpu1", .named("cpu1")),
            ("pthread-x", .named("pthread-x")), ("opencl", .named("opencl")), (" ", .named(" ")),
        ])
    func grammar(text: String, choice: DeviceChoice) throws {
        #expect(try DeviceChoice(parsing: text) == choice)
    }

    @Test(
        "refuses a malformed choice with one line that shows the grammar",
        arguments: [
            "", "gpu:", "gpu:x", "gpu:-1", "gpu:1.0", "gpu:+1", "opencl:", "opencl:0", "opencl:0.", "opencl:.1",
            "opencl:0.1.2", "opencl:a.b", "opencl:-1.0", "gpu:99999999999999999999", "gpu:١",
        ])
    func malformed(text: String) throws {
        let error = try #require(throws: ComputeError.self) { try DeviceChoice(parsing: text) }
        guard case .deviceNotFound(let line) = error else {
            Issue.record("\(error) is not deviceNotFound")
            return
        }
        #expect(line.hasPrefix("'\(text)' names no device"))
        #expect(line.contains("opencl:0.1") && !line.contains("\n"))
    }

    @Test("finds what it means among devices of several platforms")
    func resolution() throws {
        let devices = Self.devices
        func resolve(_ text: String) throws -> [String] {
            try DeviceChoice(parsing: text).resolve(among: devices).map(\.selector)
        }
        #expect(try resolve("auto") == ["opencl:2.0"])
        #expect(try resolve("cpu").isEmpty)
        #expect(try resolve("gpu") == ["opencl:2.0"])
        #expect(try resolve("gpu:1") == ["opencl:3.1"])
        #expect(try resolve("opencl:0.1") == ["opencl:0.1"])
        #expect(try resolve("h100") == ["opencl:2.0"])
        #expect(try resolve("HD") == ["opencl:3.1"])
        #expect(try resolve("fpga") == ["opencl:3.0"])
        #expect(try resolve("pthread") == ["opencl:0.0", "opencl:0.1"])
    }

    @Test("several GPUs share the tasks if they are alike and of one platform")
    func severalGPUs() throws {
        let devices = [
            Self.device(0, 0, "H100", .gpu), Self.device(0, 1, "H100", .gpu), Self.device(0, 2, "T4", .gpu),
            Self.device(1, 0, "H100", .gpu),
        ]
        for text in ["gpu", "auto"] {
            let found = try DeviceChoice(parsing: text).resolve(among: devices).map(\.selector)
            #expect(found == ["opencl:0.0", "opencl:0.1"])
        }
    }

    @Test("takes a whole name even where it is part of a longer one")
    func exactName() throws {
        let devices = [Self.device(0, 0, "Arc A7", .gpu), Self.device(0, 1, "Arc A70", .gpu)]
        #expect(try DeviceChoice.named("arc a7").resolve(among: devices).map(\.selector) == ["opencl:0.0"])
    }

    @Test("auto is the CPU path where there is no GPU, and where there is nothing")
    func automatic() throws {
        #expect(try DeviceChoice.auto.resolve(among: []).isEmpty)
        #expect(try DeviceChoice.auto.resolve(among: [Self.device(0, 0, "pthread", .cpu)]).isEmpty)
    }

    @Test("the CPU path does not ask for devices, so OpenCL is not loaded")
    func lazyListing() throws {
        var asked = false
        func list() -> [Device] {
            asked = true
            return []
        }
        _ = try DeviceChoice.cpu.resolve(among: list())
        #expect(!asked)
        _ = try DeviceChoice.auto.resolve(among: list())
        #expect(asked)
    }

    @Test(
        "says in one line what there is when nothing is meant",
        arguments: [
            (
                "gpu", [device(0, 0, "pthread-x", .cpu)],
                "no GPU here; devices: opencl:0.0 'pthread-x'; or use --device cpu"
            ),
            ("gpu", [], "no GPU here: no OpenCL device was found; use --device cpu"),
            (
                "gpu:1", [device(1, 0, "H100", .gpu)],
                "no GPU 1 here (they count from 0); devices: opencl:1.0 'H100'; or use --device cpu"
            ),
            (
                "opencl:0.1", [device(0, 0, "pthread-x", .cpu)],
                "no device opencl:0.1 here; devices: opencl:0.0 'pthread-x'; or use --device cpu"
            ),
            (
                "radeon", [device(0, 0, "pthread-x", .cpu)],
                "no device with 'radeon' in its name here; devices: opencl:0.0 'pthread-x'; or use --device cpu"
            ),
            (
                "pthread", [device(0, 0, "pthread-x", .cpu), device(0, 1, "pthread-y", .cpu)],
                "'pthread' is in the name of different devices: opencl:0.0 'pthread-x', opencl:0.1 'pthread-y'"
            ),
        ])
    func notFound(text: String, devices: [Device], line: String) throws {
        let choice = try DeviceChoice(parsing: text)
        #expect(throws: ComputeError.deviceNotFound(line)) { try choice.resolve(among: devices) }
    }

    static let devices = [
        device(0, 0, "pthread-skylake", .cpu), device(0, 1, "pthread-skylake", .cpu),
        device(2, 0, "NVIDIA H100", .gpu), device(3, 0, "FPGA card", .accelerator), device(3, 1, "UHD Graphics", .gpu),
    ]

    static func device(_ platform: Int, _ index: Int, _ name: String, _ kind: Device.Kind) -> Device {
        Device(
            platformIndex: platform, deviceIndex: index, name: name, platformName: "Platform", platformVersion: "1.2",
            vendor: "Vendor", driverVersion: "1", kind: kind, globalMemoryBytes: 1 << 30, maxAllocationBytes: 1 << 28,
            localMemoryBytes: 1 << 15, computeUnitCount: 2, maxWorkGroupSize: 256, hasDouble: true,
            roundsFloatDivision: true)
    }
}
