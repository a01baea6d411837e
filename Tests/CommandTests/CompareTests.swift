import Foundation
import Testing

@Suite("comparing methods, Slow")
struct SlowCompareTests {
    private static let formula = "arr_delay ~ dep_delay + distance + hour"

    private func compare(_ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        try Program.run(
            ["compare", Sample.flights, "--task", "tailnum", "--formula", Self.formula] + arguments, in: folder)
    }

    @Test("shows on flights what planes gain from each other", arguments: Devices.all)
    func flights(device: String) throws {
        let outcome = try compare(["--json", "--device", device], in: Folder())
        try #require(outcome.code == 0, "\(outcome)")
        let report = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        let results = try #require(report["results"] as? [[String: Any]])
        let compared = results.filter { $0["group"] as? String == "all_methods" }
        #expect(
            compared.compactMap { $0["method"] as? String } == [
                "itl", "pool", "ridge-zero", "ridge-pool", "molar-hard", "molar-soft",
            ])
        for result in compared.dropFirst() {
            let change = try #require(result["change"] as? Double)
            let error = try #require(result["change_std_error"] as? Double)
            // Planes are nearly alike: every way of sharing helps.
            #expect(change < 0 && error > 0)
        }
        // Those with too few rows are compared by the methods that can.
        #expect(results.contains { $0["group"] as? String == "without_first" && $0["method"] as? String == "pool" })
    }

    @Test("prints a table, and writes the same numbers as CSV")
    func formats() throws {
        let folder = try Folder()
        let table = try compare(["--methods", "pool,ridge-pool"], in: folder)
        try #require(table.code == 0, "\(table)")
        #expect(table.text.contains("change, %"))
        let written = try compare(["--methods", "pool,ridge-pool", "-o", "c.csv"], in: folder)
        try #require(written.code == 0, "\(written)")
        #expect(written.output.isEmpty)
        let lines = try folder.text("c.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.map(\.count) == [9, 9, 9])
        let error = try #require(Double(lines[1][4]))
        #expect(table.text.contains(String(format: "%#.5g", error)))
    }

    @Test("is the same for the same seed, and for any number of threads")
    func seeds() throws {
        let folder = try Folder()
        for (name, arguments) in [("a", ["--threads", "1"]), ("b", ["--threads", "2"]), ("c", ["--seed", "8"])] {
            let outcome = try compare(["-o", "\(name).csv"] + arguments, in: folder)
            try #require(outcome.code == 0, "\(outcome)")
        }
        #expect(try folder.data("a.csv") == folder.data("b.csv"))
        #expect(try folder.data("a.csv") != folder.data("c.csv"))
    }

    @Test(
        "prints the table of PISA 2003 in one command", .enabled("KINDRED_DATA is not set") { Sample.pisa != nil })
    func pisa() throws {
        let outcome = try Program.run(
            [
                "compare", try #require(Sample.pisa), "--task", "country", "--formula",
                "math ~ escs + gender + book + computer",
            ], in: Folder())
        try #require(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("5 folds: 15 tasks"))
        #expect(outcome.text.split(separator: "\n").count { $0.hasPrefix("molar-") } == 2)
    }
}
