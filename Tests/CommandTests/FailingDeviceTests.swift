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
}
