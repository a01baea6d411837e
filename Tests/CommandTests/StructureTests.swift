import Foundation
import Testing

@Suite("structures of tasks in files and predictions")
struct StructureTests {
    /// Eight groups of twelve rows, `y = level + slope (x + 2 z)` with some noise: the slope is 2 in five groups and 6 in
    /// three.
    private func folder() throws -> Folder {
        let folder = try Folder()
        var text = "group,x,z,y\n"
        for group in 0..<8 {
            for row in 0..<12 { text += line("g\(group)", row, slope: group % 3 == 1 ? 6 : 2, seed: group) }
        }
        try folder.write("t.csv", text)
        return folder
    }

    private func line(_ group: String, _ row: Int, slope: Double, seed: Int) -> String {
        let (x, z) = (Double(row % 5) - 2, Double((row * 3) % 7) - 3)
        let noise = Double((row * 37 + seed * 11) % 13 - 6) / 400
        return "\(group),\(x),\(z),\(1 + slope * (x + 2 * z) + noise)\n"
    }

    private func fit(_ arguments: [String], to file: String, in folder: Folder) throws -> Program.Outcome {
        try Program.run(
            ["fit", "t.csv", "--task", "group", "--formula", "y ~ x + z", "--method", "armul", "--device", "cpu"]
                + arguments + ["-o", file], in: folder)
    }

    private static let clustered = ["--structure", "clustered", "--clusters", "2"]
    private static let lowRank = ["--structure", "low-rank", "--rank", "1"]

    private func model(_ name: String, in folder: Folder) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: folder.data(name)) as? [String: Any])
    }

    @Test("the model has each task's cluster, the centres and the errors of the strengths; the CSV has the cluster")
    func clusters() throws {
        let folder = try folder()
        let fitted = try fit(Self.clustered, to: "m.json", in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        let model = try model("m.json", in: folder)
        let centers = try #require((model["clusters"] as? [String: Any])?["centers"] as? [[Double]])
        let tasks = try #require(model["tasks"] as? [[String: Any]])
        let labels = tasks.compactMap { $0["cluster"] as? Int }
        #expect(labels.count == 8)
        let odd = labels[1]
        #expect(labels.map { $0 == odd } == (0..<8).map { $0 % 3 == 1 })
        #expect(abs(centers[odd][1] - 6) < 0.1 && abs(centers[1 - odd][1] - 2) < 0.1)
        let tuning = try #require(model["tuning"] as? [String: Any])
        let (penalties, errors) = (tuning["penalty"] as? [Double] ?? [], tuning["error"] as? [Double] ?? [])
        #expect(penalties.count == 10 && errors.count == 10)
        let chosen = try #require(tuning["chosen"] as? Int)
        #expect(errors[chosen] == errors.min())
        #expect((model["summary"] as? [String: Any])?["penalty"] as? Double == penalties[chosen])
        let tidy = try fit(Self.clustered, to: "m.csv", in: folder)
        try #require(tidy.code == 0, "\(tidy)")
        let lines = Lines(try folder.data("m.csv"))
        #expect(lines.names.suffix(2) == ["status", "cluster"])
        #expect(lines.texts("cluster") == labels.flatMap { Array(repeating: String($0), count: 3) })
    }

    @Test("the model has the basis and each task's loadings, whose product is the task's slopes where all is in it")
    func subspace() throws {
        let folder = try folder()
        let fitted = try fit(Self.lowRank + ["--strength", "1000"], to: "m.json", in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        let model = try model("m.json", in: folder)
        let basis = try #require((model["subspace"] as? [String: Any])?["basis"] as? [[Double]])
        #expect(basis.count == 1 && basis[0][0] == 0)
        for task in try #require(model["tasks"] as? [[String: Any]]) {
            let loadings = try #require(task["loadings"] as? [Double])
            let slopes = try #require(task["coefficients"] as? [Double])
            for term in 1...2 { #expect(abs(loadings[0] * basis[0][term] - slopes[term]) <= 1e-12 * abs(slopes[term])) }
        }
        #expect(model["tuning"] == nil && model["clusters"] == nil)
    }

    @Test(
        "a new task joins the cluster that is nearest to its rows, without them it gets the mean",
        arguments: ["json", "npz"])
    func newTasksOfClusters(format: String) throws {
        let folder = try folder()
        for file in ["m.json", "m.\(format)"] {
            let fitted = try fit(Self.clustered + ["--strength", "10"], to: file, in: folder)
            try #require(fitted.code == 0, "\(fitted)")
        }
        let model = try model("m.json", in: folder)
        let centers = try #require((model["clusters"] as? [String: Any])?["centers"] as? [[Double]])
        let mean = try #require((model["center"] as? [String: Any])?["coefficients"] as? [Double])
        for place in mean.indices {
            let odd = abs(centers[0][1] - 6) < 1 ? 0 : 1
            #expect(abs(mean[place] - (3 * centers[odd][place] + 5 * centers[1 - odd][place]) / 8) < 1e-12)
        }
        // The third row of `new` has no response, and none of `none` has.
        try folder.write("new.csv", "group,x,z,y\ng0,1,1,9\nnew,1,1,19\nnew,2,0,NA\nnone,2,0,\nnone,0,1,\n")
        let found = try Program.run(["predict", "m.\(format)", "new.csv"], in: folder)
        try #require(found.code == 0, "\(found)")
        let values = Lines(found.output).numbers("prediction")
        let steep = centers.first { abs($0[1] - 6) < 1 } ?? []
        expectClose(
            Array(values[1...]),
            [
                steep[0] + steep[1] + steep[2], steep[0] + 2 * steep[1], mean[0] + 2 * mean[1], mean[0] + mean[2],
            ])
        #expect(
            found.errors.contains(
                "prediction from the centre of the cluster that is nearest to their rows for 1 task without "))
        #expect(
            found.errors.contains("prediction from the mean of the tasks' centres for 1 task without coefficients"))
        let forced = try Program.run(["predict", "m.\(format)", "new.csv", "--new-tasks", "centre"], in: folder)
        expectClose(
            Array(Lines(forced.output).numbers("prediction")[1...2]), [mean.reduce(0, +), mean[0] + 2 * mean[1]])
        #expect(forced.errors.contains("prediction from the mean of the tasks' centres for 2 tasks without"))
        try folder.write("bare.csv", "group,x,z\nnew,1,1\n")
        let bare = try Program.run(["predict", "m.\(format)", "bare.csv"], in: folder)
        expectClose(Lines(bare.output).numbers("prediction"), [mean.reduce(0, +)])
    }

    @Test("a new task of a subspace has the loadings and the intercept that its rows say", arguments: ["y", "log(w)"])
    func newTasksOfSubspace(response: String) throws {
        let folder = try folder()
        let table = try folder.text("t.csv").split(separator: "\n")
        let widened = table.enumerated().map { place, line in
            let y = Double(line.split(separator: ",").last ?? "") ?? 0
            return "\(line),\(place == 0 ? "w" : "\(exp(y / 10))")"
        }
        try folder.write("t.csv", widened.joined(separator: "\n") + "\n")
        let fitted = try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "\(response) ~ x + z", "--method", "armul",
                "--strength",
                "100", "-o", "m.json",
            ] + Self.lowRank, in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        // -7 + 4 (x + 2 z), with the last row held back; `few` has as many rows as coefficients.
        var text = "group,x,z,y,w\n"
        for row in 0..<6 {
            let (x, z) = (Double(row) - 2, Double(row * row % 5))
            let y = (-7 + 4 * (x + 2 * z)) * (response == "y" ? 1 : 0.1)
            text += "new,\(x),\(z),\(row < 5 ? "\(y),\(exp(y))" : ",")\n"
        }
        try folder.write("new.csv", text + "few,1,0,1,1\nfew,0,1,2,2\n")
        let found = try Program.run(["predict", "m.json", "new.csv"], in: folder)
        try #require(found.code == 0, "\(found)")
        let last = -7 + 4 * (3 + 2 * Double(25 % 5))
        // The noise in the model's rows turns its vector by less than one in a thousand.
        #expect(abs(Lines(found.output).numbers("prediction")[5] - last * (response == "y" ? 1 : 0.1)) < 0.1)
        #expect(
            found.errors.contains(
                "prediction from the combination of the model's vectors that is nearest to their rows for 1 task without"
            ))
        #expect(found.errors.contains("prediction from the mean of the tasks' centres for 1 task without"))
    }

    @Test("--path shows what was tried, where a result on standard output does not lie; --cv is the number of folds")
    func path() throws {
        let folder = try folder()
        let options = ["--structure", "clustered", "--clusters", "1,2", "--strengths", "0.5,5", "--cv", "3", "--path"]
        let written = try fit(options, to: "m.json", in: folder)
        try #require(written.code == 0, "\(written)")
        let lines = written.text.split(separator: "\n")
        #expect(lines.count == 5 && lines[0].hasPrefix("strength  clusters"), "\(written.text)")
        #expect(lines.count { $0.hasSuffix("chosen") } == 1)
        let model = try model("m.json", in: folder)
        let tuning = try #require(model["tuning"] as? [String: Any])
        #expect(tuning["clusters"] as? [Int] == [1, 1, 2, 2] && tuning["penalty"] as? [Double] == [0.5, 5, 0.5, 5])
        let chosen = try #require(tuning["chosen"] as? Int)
        #expect(chosen >= 2 && lines[chosen + 1].hasSuffix("chosen"))
        #expect(
            written.errors.contains("\nclusters 2, strength \(chosen == 2 ? "0.5" : "5") (cross-validation"),
            "\(written)")
        #expect((model["settings"] as? [String: Any])?["folds"] as? Int == 3)
        // The older spelling; the result on standard output stays a table of its own.
        let streamed = try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "y ~ x + z", "--method", "armul", "--folds", "3",
                "--path",
            ], in: folder)
        #expect(streamed.code == 0 && Lines(streamed.output).rows.count == 24, "\(streamed)")
        #expect(streamed.errors.contains("\n0.") && streamed.errors.contains("  chosen\n"), "\(streamed)")
    }

    @Test("compare has armul with its structures, tells what it tuned, and asks for what they need")
    func compare() throws {
        let folder = try folder()
        func compare(_ arguments: [String]) throws -> Program.Outcome {
            try Program.run(["compare", "t.csv", "--task", "group", "--formula", "y ~ x + z"] + arguments, in: folder)
        }
        let all = ["--methods", "itl,armul,armul-clustered,armul-low-rank", "--clusters", "1,2", "--rank", "1"]
        let found = try compare(all + ["-o", "c.csv", "--cv", "4"])
        try #require(found.code == 0, "\(found)")
        let lines = Lines(try folder.data("c.csv"))
        #expect(lines.texts("method") == ["itl", "armul", "armul-clustered", "armul-low-rank"])
        #expect(lines.numbers("mse").allSatisfy { $0 > 0 && $0 < 1 })
        #expect(found.errors.contains("armul: strengths "))
        #expect(found.errors.contains("armul-clustered: clusters 2; strengths "), "\(found)")
        #expect(found.errors.contains("armul-low-rank: rank 1; strengths "))
        for (arguments, message) in [
            (["--methods", "itl,armul-clustered"], "armul-clustered needs --clusters, how many there are"),
            (["--methods", "armul-low-rank"], "armul-low-rank needs --rank, how many there are"),
            (["--methods", "itl,armul", "--rank", "1"], "--rank is for armul-low-rank; name it after --methods"),
            (
                ["--strengths", "1"],
                "--strengths and --intercept are for armul, lasso, elastic-net, rm and ml; name one after --methods"
            ),
            (
                ["--methods", "armul-low-rank", "--rank", "3"],
                "--rank 3: the table has 8 tasks, and each 2 coefficients"
            ),
        ] {
            let refused = try compare(arguments)
            #expect(refused.code == 64 && refused.errors.contains(message), "\(refused)")
        }
    }

    private func expectClose(_ found: [Double], _ expected: [Double]) {
        #expect(found.count == expected.count)
        for (one, other) in zip(found, expected) { #expect(abs(one - other) <= 1e-12 * max(1, abs(other))) }
    }
}
