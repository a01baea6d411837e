import Foundation
import Testing

@Suite("devices")
struct DevicesTests {
    private func listed(_ environment: [String: String?]) throws -> [[String: Any]] {
        let outcome = try Program.run(["devices", "--json"], in: Folder(), environment: environment)
        try #require(outcome.code == 0, "\(outcome)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]])
    }

    @Test("are the CPU path alone where OpenCL is hidden")
    func cpuPath() throws {
        let devices = try listed(["KINDRED_OPENCL": "none"])
        #expect(devices.compactMap { $0["device"] as? String } == ["cpu"])
        let device = try #require(devices.first)
        #expect(device["double"] as? Bool == true)
        for speed in ["copy_gb_per_s", "float_gflop_per_s", "double_gflop_per_s", "memory_bytes"] {
            #expect((device[speed] as? Double ?? 0) > 0, "\(speed)")
        }
        let text = try Program.run(["devices"], in: Folder(), environment: ["KINDRED_OPENCL": "none"]).text
        #expect(text.hasPrefix("cpu  "))
        #expect(!text.contains("opencl:"))
    }

    @Test("are every one that --device can name", .needsOpenCL)
    func openCL() throws {
        let devices = try listed([:])
        #expect(devices.compactMap { $0["device"] as? String } == ["cpu"] + Accelerator.selectors)
        let text = try Program.run(["devices"], in: Folder()).text
        for selector in Accelerator.selectors { #expect(text.contains("\n\(selector)  "), "\(selector)") }
    }

    @Test("are chosen by KINDRED_DEVICE, unless --device chooses another")
    func environmentVariable() throws {
        let folder = try SmallTable.folder()
        let fit = ["fit", "t.csv", "--task", "task", "--formula", "y ~ x"]
        let unknown = ["KINDRED_DEVICE": "nosuchdevice"]
        let refused = try Program.run(fit, in: folder, environment: unknown)
        #expect(refused.code == 69)
        #expect(refused.errorLines.count == 1)
        #expect(refused.errors.contains("nosuchdevice"))
        #expect(try Program.run(fit + ["--device", "cpu"], in: folder, environment: unknown).code == 0)
        #expect(try Program.run(fit, in: folder, environment: ["KINDRED_DEVICE": "cpu"]).errors.contains("CPU path"))
    }

    @Test("are named in the summary and the model", .needsOpenCL)
    func summary() throws {
        let folder = try SmallTable.folder()
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", "y ~ x", "--device", Accelerator.first, "-o", "m.json"],
            in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let model = try JSONSerialization.jsonObject(with: folder.data("m.json")) as? [String: Any]
        let provenance = try #require(model?["provenance"] as? [String: Any])
        let name = try #require(provenance["device"] as? String)
        #expect(!name.contains("CPU path"))
        #expect(outcome.errors.contains(" on \(name), double\n"))
    }

    @Test("need no OpenCL library: the program moved elsewhere fits on the CPU path")
    func movedProgram() throws {
        let folder = try SmallTable.folder()
        // Copied by a process of its own: a file that this one writes to may be open in a child that another test has
        // just started, and cannot be run then.
        let copy = try Child(
            program: "/bin/cp", [Program.path, folder.path("elsewhere")], in: folder, environment: [:],
            input: "/dev/null", output: "/dev/null", errors: "/dev/null")
        #expect(copy.wait() == 0)
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", "y ~ x"], in: folder,
            environment: ["KINDRED_OPENCL": "none"], program: folder.path("elsewhere"))
        #expect(outcome.code == 0, "\(outcome)")
        #expect(TidyTable(Lines(outcome.output)).lines.count == 4)
    }
}
