import Foundation
import Testing

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
            ["--method", "molar", "--strength", "10", "--intercept", "shared", "-o", "m.json"], in: folder)
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
        "a model that shares predicts every task, also one it has not seen", arguments: ["ridge", "molar", "armul"],
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

    @Test("with the squared distance every group keeps some of its own, and groups may count alike")
    func squaredDistance() throws {
        let folder = try folder()
        let common = ["--method", "armul", "--strength", "1", "--intercept", "shared", "-v", "-o", "m.json"]
        var centers: [Double] = []
        for weights in ["observations", "equal"] {
            let outcome = try fit(common + ["--distance", "squared", "--task-weights", weights], in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            #expect(outcome.errors.contains("where 0 of 7 tasks are\n"), "\(outcome)")
            let model = try #require(
                try JSONSerialization.jsonObject(with: folder.data("m.json")) as? [String: Any])
            let settings = try #require(model["settings"] as? [String: Any])
            #expect(settings["distance"] as? String == "squared")
            #expect(settings["task_weights"] as? String == weights)
            let center = try #require(model["center"] as? [String: Any])
            centers.append(try #require((center["coefficients"] as? [Double])?[1]))
        }
        // The single row pulls at the centre too, more where it counts as much as twenty.
        #expect(centers[0] != centers[1])
        let stray = try fit(["--method", "ridge", "--distance", "squared"], in: folder)
        #expect(stray.code == 64 && stray.errors.contains("--distance is for --method armul, not ridge"))
    }

    @Test("armul draws alike groups to one centre to the bit, leaves another near its own, and finds it as a cluster")
    func armul() throws {
        let folder = try folder()
        let vanilla = try fit(["--method", "armul", "--strength", "1", "-v", "-o", "m.csv"], in: folder)
        try #require(vanilla.code == 0, "\(vanilla)")
        #expect(vanilla.errors.contains("armul: 7 tasks: 7 ok\n"))
        #expect(vanilla.errors.contains("strength 1, towards a centre, where 6 of 7 tasks are\n"), "\(vanilla)")
        #expect(vanilla.errors.contains(", duality gap "), "\(vanilla)")
        let slopes = try folder.text("m.csv").split(separator: "\n").filter { $0.contains(",x,") }
            .compactMap { Double($0.split(separator: ",")[2]) }
        #expect(Set(slopes).count == 2 && slopes.count == 7)
        #expect(abs(slopes[0] - 2) < 0.1 && slopes[2] > 4.5 && slopes[2] < 5.05, "\(slopes)")
        let clustered = try fit(
            ["--method", "armul", "--structure", "clustered", "--clusters", "2", "--strength", "10", "--summary"],
            in: folder)
        #expect(
            clustered.errors.contains("clusters of 6, 1 tasks\n")
                || clustered.errors.contains("clusters of 1, 6 tasks\n"),
            "\(clustered)")
    }

    @Test(
        "armul refuses a structure that the table has no room for",
        arguments: [
            (
                ["--structure", "clustered", "--clusters", "8"],
                "--clusters 8: the table has 7 tasks; ask for fewer clusters"
            ),
            (
                ["--structure", "low-rank", "--rank", "2"],
                "--rank 2: the table has 7 tasks, and each 1 coefficient to be drawn; at most 1 can be"
            ),
            (["--structure", "clustered"], "--structure clustered needs --clusters, how many there are"),
            (["--rank", "1"], "--rank goes with --structure low-rank"),
            (["--strength", "1", "--one-se"], "--one-se, --cv, --seed and --path are to find a strength; leave"),
            (["--strength", "1", "--path"], "--one-se, --cv, --seed and --path are to find a strength; leave"),
            (["--strength", "1", "--strengths", "1,2"], "--strengths are to find a strength; leave --strength out"),
            (["--structure", "clustered", "--clusters", "2,0"], "'0' is no number of 1 or more"),
            (["--structure", "clustered", "--clusters", "2,8"], "--clusters 8: the table has 7 tasks; ask for fewer"),
            (["--penalty", "1"], "--penalty is for --method ridge, not armul"),
        ])
    func refused(options: [String], message: String) throws {
        let folder = try folder()
        let outcome = try fit(["--method", "armul", "-o", "m.csv"] + options, in: folder)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(message), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("m.csv")))
    }

    @Test("a task of its own rows alone is told apart: itl has no centre, and ridge says its penalty")
    func summaries() throws {
        let folder = try folder()
        let ridge = try fit(["--method", "ridge", "--penalty", "2", "--summary"], in: folder)
        #expect(ridge.code == 0 && ridge.errors.contains("penalty 2, towards pool\n"), "\(ridge)")
        #expect(ridge.text.contains("centre"))
        let found = try fit(["--method", "ridge", "--towards", "zero", "--summary"], in: folder)
        #expect(found.errors.contains(" (cross-validation"), "\(found)")
        #expect(found.errors.contains("), towards zero\n"), "\(found)")
    }
}
