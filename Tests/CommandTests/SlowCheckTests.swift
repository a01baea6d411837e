import Foundation
import Testing

@Suite("check")
struct SlowCheckTests {
    private static let lineCount = 40

    /// The operations' lines: name, scalar, result.
    private func lines(_ text: String) -> [(name: Substring, scalar: Substring, result: Substring)] {
        text.matches(of: #/(?m)^  (\S.*?) +(double|float) +(ok|FAILED) /#).map { ($0.1, $0.2, $0.3) }
    }

    @Test("finds every operation of the CPU path well")
    func cpuPath() throws {
        let outcome = try Program.run(
            ["check", "--device", "cpu"], in: Folder(), environment: ["KINDRED_OPENCL": "none"])
        #expect(outcome.code == 0, "\(outcome)\n\(outcome.text)")
        #expect(outcome.errors.isEmpty)
        let lines = lines(outcome.text)
        #expect(lines.count >= 2 * Self.lineCount)
        #expect(lines.allSatisfy { $0.result == "ok" })
        #expect(lines.count { $0.scalar == "double" } * 2 == lines.count)
        #expect(outcome.text.contains(": \(lines.count) checks, all ok, "))
        // Every line of a result begins in the same columns.
        let places = Set(
            outcome.text.split(separator: "\n").filter { $0.contains(#/ (double|float) +ok/#) }.map { line in
                line.utf8.count - (line.range(of: "ok ").map { line[$0.lowerBound...].utf8.count } ?? 0)
            })
        #expect(places.count == 1)
    }

    @Test("finds every device there is well", .needsOpenCL)
    func allDevices() throws {
        let outcome = try Program.run(["check", "--json"], in: Folder())
        #expect(outcome.code == 0, "\(outcome)\n\(outcome.text)")
        let result = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        let devices = try #require(result["devices"] as? [[String: Any]])
        #expect(result["ok"] as? Bool == true)
        #expect(devices.compactMap { $0["device"] as? String } == ["cpu"] + Accelerator.selectors)
        for device in devices {
            let checks = try #require(device["checks"] as? [[String: Any]])
            #expect(checks.count >= Self.lineCount)
            for check in checks {
                #expect(check["ok"] as? Bool == true)
                #expect((check["worst_error"] as? Double).map { (0...1).contains($0) } == true)
                #expect((check["compared"] as? Int ?? 0) > 0)
            }
        }
    }

    @Test("names the operation that gives a wrong value, and the others still run", arguments: Devices.all)
    func wrongValue(device: String) throws {
        let arguments = ["check", "--device", device, "--precision", "float"]
        let outcome = try Program.run(arguments + ["--plant-fault", "solve"], in: Folder())
        #expect(outcome.code == 70, "\(outcome)")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("kindred: FAILED on \(device) "))
        #expect(outcome.errors.hasSuffix(": solve (float)\n"))
        let lines = lines(outcome.text)
        #expect(lines.filter { $0.result == "FAILED" }.map(\.name) == ["solve"])
        #expect(lines.count >= Self.lineCount)
        let quiet = try Program.run(arguments + ["-q", "--plant-fault", "solve"], in: Folder())
        #expect(quiet.code == 70)
        #expect(quiet.output.isEmpty && quiet.errors == outcome.errors)
        let json = try Program.run(arguments + ["--json", "--plant-fault", "solve"], in: Folder())
        #expect(json.code == 70)
        #expect(json.text.contains("\"ok\": false"))
    }

    @Test("refuses a device that is absent, with 69")
    func absentDevice() throws {
        let outcome = try Program.run(["check", "--device", "opencl:99.0"], in: Folder())
        #expect(outcome.code == 69)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorLines.count == 1)
    }
}
