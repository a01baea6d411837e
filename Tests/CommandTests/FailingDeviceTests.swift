import Foundation
import Testing

@Suite("devices that fail")
struct FailingDeviceTests {
    private static let fit = ["fit", "t.csv", "--task", "task", "--formula", "y ~ x", "-o", "out.json"]

    private func run(_ faults: String, _ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        try Program.run(arguments, in: folder, environment: ["KINDRED_OPENCL_FAULT": faults])
    }

    @Test(
        "a fault that cannot be planted is refused before anything else",
        arguments: [
            "clFinish", "clFinish:1", "clFinish:0:-5", "clFinish:x:-5", "clFinish:1:5", "clFinish:1:0", "clFinish:+:-5",
            "clNothing:1:-5", ",", "clFinish:1:-5,", "clFinish:1:-5:2",
            Array(repeating: "clFinish:1:-5", count: 17).joined(separator: ","),
        ])
    func malformed(faults: String) throws {
        let folder = try SmallTable.folder()
        let outcome = try run(faults, Self.fit + ["--device", "cpu"], in: folder)
        #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.hasPrefix("kindred: KINDRED_OPENCL_FAULT: "))
        #expect(try folder.names == ["t.csv"])
    }

    @Test(
        "a device that leaves a question open is passed over, whichever it is",
        .enabled("PoCL is not here") { Accelerator.canBeTwo },
        arguments: [("clGetDeviceInfo", 20), ("clGetPlatformInfo", 6)])
    func silence(function: String, calls: Int) throws {
        let folder = try SmallTable.folder()
        let codes = try (1...calls).map { call in
            let environment = Accelerator.oneDevice.merging(["KINDRED_OPENCL_FAULT": "\(function):\(call):-33"]) { $1 }
            let arguments = Self.fit + ["--device", "opencl:0.0"]
            return try Program.run(arguments, in: folder, environment: environment).code
        }
        // The last calls are never made.
        #expect(codes == codes.sorted(by: >) && codes.first == 69 && codes.last == 0, "\(codes)")
    }

    @Test("a device that was asked for and fails ends the run with one line and no file", .needsOpenCL)
    func askedFor() throws {
        let folder = try SmallTable.folder()
        let arguments = Self.fit + ["--device", Accelerator.first]
        // The first calls list the devices; those before the last ones still work on the fit.
        var codes: Set<Int> = []
        for call in [1, 2, 5, 9, 14, 20, 24, 28, 33, 40, 50, 65, 80, 100, 130] {
            let outcome = try run("any:\(call)+:-36", arguments, in: folder)
            #expect(outcome.code == 69 || outcome.code == 70, "call \(call): \(outcome)")
            #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("kindred: "), "call \(call): \(outcome)")
            #expect(try folder.names == ["t.csv"], "call \(call)")
            codes.insert(outcome.code)
        }
        #expect(codes == [69, 70])
    }

    @Test(
        "auto goes on on the CPU path, and says so once",
        .enabled("no GPU can be made up here") { DisguisedGPU.canBeMade })
    func auto() throws {
        let gpu = try DisguisedGPU()
        let folder = try SmallTable.folder()
        func fit(_ faults: String?, _ more: [String] = []) throws -> (outcome: Program.Outcome, model: [String: Any]) {
            let environment = gpu.environment.merging(["KINDRED_OPENCL_FAULT": faults]) { $1 }
            let outcome = try Program.run(Self.fit + more, in: folder, environment: environment)
            try #require(outcome.code == 0, "\(outcome)")
            let model = try JSONSerialization.jsonObject(with: folder.data("out.json")) as? [String: Any]
            return (outcome, try #require(model))
        }
        func notices(_ model: [String: Any]) -> [String]? {
            (model["provenance"] as? [String: Any])?["notices"] as? [String]
        }
        let onDevice = try fit(nil)
        #expect(!onDevice.outcome.errors.contains("CPU path") && notices(onDevice.model) == [], "\(onDevice.outcome)")
        let onCPU = try fit(nil, ["--device", "cpu"])
        let steps = [
            "clEnqueueNDRangeKernel:2+:-36": ["continuing on the CPU path"],
            "any:90+:-36": ["continuing on the CPU path"],
            "clCreateProgramWithBinary:1+:-42,clBuildProgram:1+:-11": ["continuing on the CPU path"],
            "clCreateBuffer:3+:-4": ["trying smaller chunks", "continuing on the CPU path"],
        ]
        for (faults, steps) in steps {
            let (outcome, model) = try fit(faults)
            let told = outcome.errorLines.filter { $0.hasPrefix("note: ") }
            #expect(told.map { $0.components(separatedBy: "; ").last } == steps, "\(faults): \(outcome)")
            #expect(notices(model) == told.map { String($0.dropFirst("note: ".count)) }, "\(faults)")
            #expect(outcome.errors.contains("on CPU path"), "\(faults): \(outcome)")
            let tasks = try #require(model["tasks"] as? [[String: Any]])
            #expect(tasks as NSArray == onCPU.model["tasks"] as? NSArray, "\(faults)")
        }
    }
}
