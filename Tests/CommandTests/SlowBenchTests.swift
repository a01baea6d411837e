import Foundation
import Testing

@Suite("bench")
struct SlowBenchTests {
    @Test("times every operation and job, a line each under the device's ceilings", arguments: Devices.all)
    func table(device: String) throws {
        let outcome = try Program.run(
            ["bench", "--device", device, "--quick", "--repeats", "1"], in: Folder())
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.errors.isEmpty)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.first?.contains(#/^\S+  .*, double: reads [0-9.]+ GB\/s, [0-9.]+ GFLOP\/s$/#) == true)
        let rows = lines.dropFirst(2)
        #expect(rows.count >= 50)
        #expect(rows.allSatisfy { $0.contains(#/^  \S.*  \d+ x \d+( x \d+)? ( +[0-9.]+){5}$/#) }, "\(outcome.text)")
    }

    @Test("writes every figure as JSON, each the quotient that it says it is")
    func json() throws {
        let outcome = try Program.run(
            ["bench", "--device", "cpu", "--precision", "float", "--quick", "--only", "least squares", "--json"],
            in: Folder())
        #expect(outcome.code == 0, "\(outcome)")
        let result = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        #expect(result["device"] as? String == "cpu" && result["precision"] as? String == "float")
        let read = try #require(result["read_gb_per_s"] as? Double)
        let peak = try #require(result["gflop_per_s"] as? Double)
        let benchmarks = try #require(result["benchmarks"] as? [[String: Any]])
        #expect(benchmarks.count >= 4)
        for benchmark in benchmarks {
            func number(_ key: String) throws -> Double { try #require(benchmark[key] as? Double) }
            let (least, bytes, operations) = try (number("least_seconds"), number("bytes"), number("operations"))
            let floor = max(bytes / read, operations / peak) / 1e9
            #expect(least > 0)
            #expect(try least <= number("median_seconds"))
            #expect(try abs(number("times_floor") * floor / least - 1) < 1e-9)
            #expect(try abs(number("gb_per_s") * least * 1e9 / bytes - 1) < 1e-9)
            #expect(try abs(number("gflop_per_s") * least * 1e9 / operations - 1) < 1e-9)
        }
    }

    @Test(
        "ends the line of one job with its milliseconds",
        arguments: [
            "A-ols M=50 n=30 d=4 float64", "B-grad M=50 n=30 d=4 float32", "C-median d=3 M=5000 float64",
            "C-wmedian d=3 M=5000 float32", "D-prox200 M=50 d=4 float64",
        ])
    func oneJob(job: String) throws {
        let arguments = job.split(separator: " ").map(String.init)
        let outcome = try Program.run(["bench", "--device", "cpu", "--repeats", "1"] + arguments, in: Folder())
        #expect(outcome.code == 0, "\(outcome)")
        let words = outcome.text.split(separator: " ")
        #expect(words.last.flatMap { Double($0.dropLast()) }.map { $0 > 0 } == true, "\(outcome.text)")
    }

    @Test(
        "refuses what it cannot time, with 64",
        arguments: [
            ("A-ols M=10 d=2", "A-ols needs n="), ("A-ols M=10 n=0 d=2", "'n=0'"),
            ("A-ols M=10 n=5 d=2 half", "'half'"),
            ("A-ols M=1000000000 n=1000 d=50", "more than there is here"),
            ("E-qr M=10 d=2", "jobs are A-ols"), ("--only nothing", "--only 'nothing'"), ("--repeats 0", "--repeats 0"),
            ("--quick A-ols M=10 n=5 d=2", "not for one job"),
        ])
    func badArguments(line: String, message: String) throws {
        let outcome = try Program.run(["bench"] + line.split(separator: " ").map(String.init), in: Folder())
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }
}
