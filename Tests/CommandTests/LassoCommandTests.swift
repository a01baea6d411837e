import Foundation
import Testing

@Suite("lasso and elastic-net at the command line")
struct LassoCommandTests {
    /// Six groups of ten rows and one of three, with four features, of which the second matters in all of them and the first
    /// in one.
    private func folder() throws -> Folder {
        let folder = try Folder()
        var text = "group,a,b,c,d,y\n"
        for group in 0..<7 {
            for row in 0..<(group == 6 ? 3 : 10) {
                func value(_ step: Int) -> Double { Double((row * step + group * 5) % 11) / 5 - 1 }
                let noise = Double((row * 37 + group * 11) % 13 - 6) / 30
                let y = 1 + 2 * value(7) + (group == 2 ? 3 * value(3) : 0) + noise
                text += "g\(group),\(value(3)),\(value(7)),\(value(2)),\(value(5)),\(y)\n"
            }
        }
        try folder.write("t.csv", text)
        return folder
    }

    private static let table = ["t.csv", "--task", "group", "--formula", "y ~ a + b + c + d"]

    private func fit(_ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        try Program.run(["fit"] + Self.table + ["--device", "cpu"] + arguments, in: folder)
    }

    private func model(_ name: String, in folder: Folder) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: folder.data(name)) as? [String: Any])
    }

    @Test("a great strength leaves nothing but the intercept, in tasks of few rows too; none is least squares")
    func limits() throws {
        let folder = try folder()
        let found = try fit(["--method", "lasso", "--strength", "1000", "-v"], in: folder)
        try #require(found.code == 0, "\(found)")
        let lines = Lines(found.output)
        for (term, estimate) in zip(lines.texts("term"), lines.numbers("estimate")) {
            #expect((estimate == 0) == (term != "(Intercept)"))
        }
        #expect(lines.texts("status").allSatisfy { $0 == "ok" })
        #expect(found.errors.contains("\nlasso: 7 tasks: 7 ok"), "\(found)")
        #expect(found.errors.contains("\nstrength 1000, towards zero, where 28 of 28 coefficients are"), "\(found)")
        #expect(found.errors.contains("KKT residual 0"), "\(found)")

        let own = Lines(try fit(["--method", "itl"], in: folder).output).numbers("estimate")
        let free = Lines(try fit(["--method", "lasso", "--strength", "0"], in: folder).output).numbers("estimate")
        for (one, other) in zip(own, free).prefix(30) { #expect(abs(one - other) <= 1e-9) }
        #expect(own.suffix(5).allSatisfy { $0.isNaN } && free.suffix(5).allSatisfy { $0.isFinite })
    }

    @Test(
        "a strength is found by cross-validation, and the model says how; predict reads it",
        arguments: ["lasso", "elastic-net"])
    func tuned(method: String) throws {
        let folder = try folder()
        let options = ["--method", method, "--strengths", "0.1,1,50", "--cv", "3", "--path", "--standardize"]
        let found = try fit(options + ["--center", "trimmed-mean", "--trim", "0.1", "-o", "m.json"], in: folder)
        try #require(found.code == 0, "\(found)")
        #expect(found.text.split(separator: "\n").count == 4 && found.text.contains("  chosen"), "\(found.text)")
        #expect(found.errors.contains(", towards the tasks' trimmed mean, where "), "\(found)")
        let model = try model("m.json", in: folder)
        let settings = try #require(model["settings"] as? [String: Any])
        #expect(settings["center"] as? String == "trimmed-mean" && settings["trim"] as? Double == 0.1)
        #expect(settings["mixture"] as? Double == (method == "lasso" ? 1 : 0.5))
        #expect(settings["strength_by"] as? String == "cross-validation" && settings["folds"] as? Int == 3)
        #expect((model["tuning"] as? [String: Any])?["penalty"] as? [Double] == [0.1, 1, 50])
        let predicted = try Program.run(["predict", "m.json", "t.csv"], in: folder)
        try #require(predicted.code == 0, "\(predicted)")
        #expect(Lines(predicted.output).numbers("prediction").count == 63)
        #expect(Lines(predicted.output).numbers("prediction").allSatisfy { $0.isFinite })
    }

    @Test("a sparse centre's bounds and radius are those that are asked for; the model records them")
    func sparseCenter() throws {
        let folder = try folder()
        func center(_ options: [String]) throws -> [Double] {
            let outcome = try fit(
                ["--method", "lasso", "--strength", "0.5", "--center", "sparse", "-o", "m.json"] + options, in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            #expect(outcome.errors.contains("towards a sparse centre"), "\(outcome)")
            let found = try #require(try model("m.json", in: folder)["center"] as? [String: Any])
            return Array(try #require(found["coefficients"] as? [Double]).dropFirst())
        }
        let plain = try center([])
        #expect(plain.count == 4 && abs(plain[1] - 2) < 0.5)
        for (one, other) in zip(plain, try center(["--radius", "50"])) { #expect(abs(one - other) < 1e-3) }
        // Bounds that zero satisfies.
        #expect(try center(["--center-strength", "1000"]).allSatisfy { $0 == 0 })
        let settings = try #require(try model("m.json", in: folder)["settings"] as? [String: Any])
        #expect(settings["center_strength"] as? Double == 1000 && settings["radius"] is NSNull)
    }

    @Test("predict takes what a descent has reached, also where it has not converged")
    func notConverged() throws {
        let folder = try folder()
        let found = try fit(["--method", "lasso", "--strength", "0.5", "-o", "m.json"], in: folder)
        try #require(found.code == 0, "\(found)")
        let text = String(decoding: try folder.data("m.json"), as: UTF8.self)
        let changed = text.replacingOccurrences(
            of: "{\"task\": \"g2\", \"n\": 10, \"df\": null, \"status\": \"ok\"",
            with: "{\"task\": \"g2\", \"n\": 10, \"df\": null, \"status\": \"not_converged\"")
        #expect(changed != text)
        try folder.write("n.json", changed)
        let whole = try Program.run(["predict", "m.json", "t.csv"], in: folder)
        let other = try Program.run(["predict", "n.json", "t.csv"], in: folder)
        #expect(whole.code == 0 && other.code == 0, "\(other)")
        #expect(whole.output == other.output && whole.errors == other.errors)
    }

    @Test("options of other methods, and those that contradict each other, are refused")
    func refused() throws {
        let folder = try folder()
        for (arguments, message) in [
            (["--method", "lasso", "--mixture", "0.5"], "--mixture is for --method elastic-net, not lasso"),
            (["--method", "molar", "--center", "zero"], "--center is for --method lasso or elastic-net, not molar"),
            (["--method", "lasso", "--trim", "0.1"], "--trim goes with --center trimmed-mean"),
            (
                ["--method", "lasso", "--center", "trimmed-mean", "--trim", "0.5"],
                "--trim 0.5: a share of 0 or more and less than 0.5 is needed"
            ),
            (
                ["--method", "elastic-net", "--mixture", "1.5"], "--mixture 1.5: a share from 0 to 1 is needed"
            ),
            (["--method", "lasso", "--strength", "1", "--cv", "5"], "leave --strength out, or them"),
            (["--method", "lasso", "--strength=-1"], "0 or more"),
            (["--method", "lasso", "--rank", "1"], "--rank is for --method armul, not lasso"),
        ] {
            let outcome = try fit(arguments, in: folder)
            #expect(outcome.code == 64 && outcome.errors.contains(message), "\(arguments): \(outcome)")
        }
    }

    @Test("compare has the family beside the others, and tells what it tuned")
    func compared() throws {
        let folder = try folder()
        let found = try Program.run(
            ["compare"] + Self.table + [
                "--methods", "lasso,elastic-net,rm,ml,pool", "--mixture", "0.3", "-o", "c.csv",
            ],
            in: folder)
        try #require(found.code == 0, "\(found)")
        let lines = Lines(try folder.data("c.csv"))
        #expect(lines.texts("method") == ["lasso", "elastic-net", "rm", "ml", "pool"])
        #expect(lines.texts("tasks").allSatisfy { $0 == "7" })
        // One group's first feature matters: a pooled fit cannot know.
        let errors = lines.numbers("mse")
        #expect(errors.prefix(4).allSatisfy { $0 < errors[4] })
        for method in ["lasso", "elastic-net", "rm", "ml"] {
            #expect(found.errors.contains("\(method): strengths "), "\(found)")
        }
        let refused = try Program.run(
            ["compare"] + Self.table + ["--methods", "lasso", "--mixture", "0.3"], in: folder)
        #expect(refused.code == 64 && refused.errors.contains("--mixture is for elastic-net"), "\(refused)")
    }
}
