import Foundation
import Testing

@Suite("fit and predict with NumPy's arrays")
struct ArrayTests {
    /// The small table beside itself as text: `t.csv` and `t.npz`, its groups as text.
    private func folder() throws -> Folder {
        let folder = try SmallTable.folder()
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/npz/small.npz")
        try folder.write("t.npz", try Data(contentsOf: path))
        return folder
    }

    private func run(_ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        let outcome = try Program.run(arguments, in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        return outcome
    }

    private static let fit = ["--task", "task", "--device", "cpu", "--formula"]

    @Test(
        "the same results as from text, to the bit", arguments: ["y ~ x", "y ~ x + group", "y ~ C(x)"], ["itl", "pool"])
    func sameAsText(formula: String, method: String) throws {
        let folder = try folder()
        let options = Self.fit + [formula, "--method", method, "--vcov", "hc1"]
        guard method == "pool" || formula == "y ~ x" else { return }
        let text = try run(["fit", "t.csv"] + options, in: folder)
        let arrays = try run(["fit", "t.npz"] + options, in: folder)
        #expect(text.output == arrays.output)
        #expect(!text.output.isEmpty)
    }

    @Test("a model of arrays predicts what the same model of text does", arguments: ["itl", "pool"])
    func models(method: String) throws {
        let folder = try folder()
        let options = ["fit", "t.npz"] + Self.fit + ["y ~ x", "--method", method, "-o"]
        for name in ["m.json", "m.npz"] { _ = try run(options + [name], in: folder) }
        let text = try run(["predict", "m.json", "t.csv"], in: folder)
        let arrays = try run(["predict", "m.npz", "t.npz"], in: folder)
        #expect(text.output == arrays.output)
        #expect(Lines(text.output).rows.count == 12)
    }

    @Test("predictions are arrays that a table can be read from")
    func predictions() throws {
        let folder = try folder()
        _ = try run(["fit", "t.npz"] + Self.fit + ["y ~ x", "-o", "m.npz"], in: folder)
        _ = try run(["predict", "m.npz", "t.npz", "-o", "p.npz"], in: folder)
        let lines = Lines(try run(["predict", "m.npz", "t.npz"], in: folder).output)
        let fit = Lines(
            try run(["fit", "p.npz", "--task", "task", "--device", "cpu", "--formula", "prediction ~ row"], in: folder)
                .output)
        #expect(fit.rows.count == 4)
        try folder.write("p.csv", ([lines.names] + lines.rows).map { $0.joined(separator: ",") + "\n" }.joined())
        let again = Lines(
            try run(["fit", "p.csv", "--task", "task", "--device", "cpu", "--formula", "prediction ~ row"], in: folder)
                .output)
        #expect(again.rows == fit.rows)
    }

    @Test("what is written opens in NumPy without pickled objects", .enabled("python3 has no NumPy") { NumPy.isThere })
    func numpy() throws {
        let folder = try folder()
        _ = try run(["fit", "t.npz"] + Self.fit + ["y ~ x", "-o", "m.npz"], in: folder)
        _ = try run(["fit", "t.npz"] + Self.fit + ["y ~ x", "--method", "pool", "-o", "pool.npz"], in: folder)
        _ = try run(["predict", "m.npz", "t.npz", "-o", "p.npz"], in: folder)
        let outcome = try NumPy.run(
            """
            import json, numpy as np
            fit, pool, found, table = [np.load(name, allow_pickle=False) for name in ["m.npz", "pool.npz", "p.npz", "t.npz"]]
            for archive in [fit, pool, found]:
                for name in archive.files: archive[name]
            assert fit["format"] == 1 and fit["method"] == "itl" and fit["formula"] == "y ~ x"
            assert list(fit["terms"]) == ["(Intercept)", "x"] and list(fit["tasks"]) == ["a", "b"]
            assert list(fit["n"]) == [6, 6] and list(fit["df"]) == [4, 4] and list(fit["status"]) == ["ok", "ok"]
            assert fit["coefficients"].shape == fit["std_errors"].shape == (2, 2)
            for place, task in enumerate(fit["tasks"]):
                rows = table["task"] == task
                slope, start = np.polyfit(table["x"][rows], table["y"][rows], 1)
                assert np.allclose(fit["coefficients"][place], [start, slope])
            slope, start = np.polyfit(table["x"], table["y"], 1)
            assert np.allclose(pool["center_coefficients"], [start, slope]) and pool["center_n"] == 12
            assert "coefficients" not in pool.files and "center_n" not in fit.files
            assert json.loads(str(fit["json"]))["settings"]["vcov"] == "iid"
            assert list(found["row"]) == list(range(1, 13)) and list(found["task"]) == list(table["task"])
            print("ok")
            """, in: folder)
        #expect(outcome.code == 0 && outcome.text == "ok\n", "\(outcome)")
    }

    @Test("more tasks than JSON is written for are refused before the fit, and fit into arrays")
    func manyTasks() throws {
        let folder = try Folder()
        let rows = (0..<100_001).flatMap { task in (0..<3).map { "\(task),\($0),\(($0 * task) % 5)\n" } }
        try folder.write("t.csv", "task,x,y\n" + rows.joined())
        for option in [["-o", "m.json"], ["--json"]] {
            let outcome = try Program.run(["fit", "t.csv"] + SmallTable.fit + option, in: folder)
            #expect(outcome.code == 64)
            #expect(outcome.errorLines.count == 1, "\(outcome)")
            #expect(outcome.errors.contains("100,001 tasks") && outcome.errors.contains(".npz"), "\(outcome)")
            #expect(outcome.output.isEmpty)
        }
        #expect(try folder.names == ["t.csv"])
        _ = try run(["fit", "t.csv"] + SmallTable.fit + ["-o", "m.npz"], in: folder)
        let predictions = try run(["predict", "m.npz", "t.csv"], in: folder)
        #expect(Lines(predictions.output).rows.count == 300_003)
    }

    @Test("bad arrays are refused with one line and an exit code, and leave nothing behind")
    func refused() throws {
        let folder = try folder()
        let whole = try folder.data("t.npz")
        try folder.write("short.npz", whole.prefix(whole.count / 2))
        try folder.write("text.npz", SmallTable.text)
        let before = try folder.names
        for (name, part) in [("short.npz", "ends too early"), ("text.npz", "found no zip archive")] {
            let outcome = try Program.run(["fit", name, "-o", "m.npz"] + SmallTable.fit, in: folder)
            #expect(outcome.code == 65)
            #expect(outcome.errorLines.count == 1, "\(outcome)")
            #expect(outcome.errors.hasPrefix("kindred: \(name): ") && outcome.errors.contains(part), "\(outcome)")
            let predicted = try Program.run(["predict", name, "t.csv"], in: folder)
            #expect(predicted.code == 65 && predicted.errorLines.count == 1, "\(predicted)")
        }
        let absent = try Program.run(["fit", "none.npz"] + SmallTable.fit, in: folder)
        #expect(absent.code == 66 && absent.errorLines.count == 1, "\(absent)")
        #expect(try folder.names == before)
    }

    @Test("standard input is no place for arrays")
    func standardInput() throws {
        let folder = try folder()
        let outcome = try Program.run(["fit", "-"] + SmallTable.fit, in: folder, input: "PK\u{3}\u{4} and so on\n")
        #expect(outcome.code == 65)
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("standard input"), "\(outcome)")
    }
}

/// Python with NumPy, where it is installed.
enum NumPy {
    static let isThere = (try? run("import numpy", in: Folder()).code == 0) ?? false

    static func run(_ script: String, in folder: Folder) throws -> Program.Outcome {
        try Program.run(["python3", "-c", script], in: folder, program: "/usr/bin/env")
    }
}
