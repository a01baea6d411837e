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
        #expect(table.text.contains("against pool, %"))
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
        let first = try compare(["--seed", "7", "--json", "--threads", "1"], in: folder)
        let again = try compare(["--seed", "7", "--json", "--threads", "2"], in: folder)
        let other = try compare(["--seed", "8", "--json"], in: folder)
        #expect(first.output == again.output && first.output != other.output)
        #expect(first.code == 0 && !first.output.isEmpty)
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

@Suite("methods that share")
struct SharingTests {
    /// Six groups on one line but for the third, whose slope is another, and one group of a single row.
    private func folder() throws -> Folder {
        let folder = try Folder()
        var text = "group,x,y\n"
        for group in 0..<6 {
            for row in 0..<20 {
                let x = Double(row % 7) - 3
                let noise = Double((row * 37 + group * 11) % 13 - 6) / 40
                text += "g\(group),\(x),\(1 + (group == 2 ? 5 : 2) * x + noise)\n"
            }
        }
        try folder.write("t.csv", text + "single,1,3\n")
        return folder
    }

    private func fit(_ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        try Program.run(["fit", "t.csv", "--task", "group", "--formula", "y ~ x"] + arguments, in: folder)
    }

    @Test("molar gives alike groups one slope, leaves another its own, and a group without a fit the centre")
    func molar() throws {
        let folder = try folder()
        let outcome = try fit(
            ["--method", "molar", "--strength", "3", "--intercept", "shared", "-o", "m.json"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        #expect(outcome.errors.contains("molar: 7 tasks: 6 ok, 1 with too few rows\n"))
        #expect(outcome.errors.contains("1 task without an estimate got the centre's coefficients\n"))
        let model = try #require(
            try JSONSerialization.jsonObject(with: folder.data("m.json")) as? [String: Any])
        let center = try #require(
            (model["center"] as? [String: Any])?["coefficients"] as? [Double])
        let tasks = try #require(model["tasks"] as? [[String: Any]])
        let slopes = try tasks.map { try #require(($0["coefficients"] as? [Double])?[1]) }
        #expect(slopes.indices.filter { slopes[$0] != center[1] } == [2])
        #expect(abs(slopes[2] - 5) < 0.1 && abs(center[1] - 2) < 0.1)
    }

    @Test(
        "a model that shares predicts every task, also one it has not seen", arguments: ["ridge", "molar"],
        ["json", "npz"])
    func predict(method: String, format: String) throws {
        let folder = try folder()
        let fitted = try fit(["--method", method, "-o", "m.\(format)"], in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        try folder.write("new.csv", "group,x\ng1,2\nsingle,2\nunseen,2\n")
        let outcome = try Program.run(["predict", "m.\(format)", "new.csv"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        let values = outcome.text.split(separator: "\n").dropFirst().compactMap {
            $0.split(separator: ",").last.flatMap { Double($0) }
        }
        #expect(values.count == 3)
        #expect(abs(values[0] - 5) < 0.5)
        #expect(values.allSatisfy { abs($0 - 5) < 3 })
    }

    @Test("a task of its own rows alone is told apart: itl has no centre, and ridge says its penalty")
    func summaries() throws {
        let folder = try folder()
        let ridge = try fit(["--method", "ridge", "--penalty", "2", "--summary"], in: folder)
        #expect(ridge.code == 0 && ridge.errors.contains("penalty 2, towards pool\n"), "\(ridge)")
        #expect(ridge.text.contains("centre"))
        let found = try fit(["--method", "ridge", "--towards", "zero", "--summary"], in: folder)
        #expect(found.errors.contains(" (cross-validation), towards zero\n"), "\(found)")
    }
}
