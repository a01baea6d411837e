import Foundation
import Glibc
import Testing

/// A study of a few cells, each kind of method, and enough replications to be stopped at.
enum SweepStudy {
    static func text(replications: Int = 12, name: String = "small") -> String {
        """
        name = "\(name)"
        replications = \(replications)
        metrics = ["mean-l2", "max-l2:inliers", "coverage"]
        [design]
        tasks = 9
        rows = { from = 15, to = 40 }
        features = 4
        covariance = { toeplitz = 0.5 }
        [coefficients]
        structure = "sparse"
        differences = 1
        [outliers]
        share = 0.2
        [[methods]]
        name = "itl"
        [[methods]]
        name = "pool"
        [[methods]]
        name = "ridge"
        [[methods]]
        name = "molar"
        [[grid]]
        coefficients.differences = [0, 2]
        [[grid]]
        design.tasks = [5, 30]
        design.features = [4, 6]

        """
    }
}

@Suite("kindred sweep")
struct SweepTests {
    private func run(_ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        try Program.run(["sweep"] + arguments, in: folder)
    }

    private func tables(of results: String, in folder: Folder) throws -> [Data] {
        [try folder.data("\(results)/results.csv"), try folder.data("\(results)/summary.csv")]
    }

    /// Every value once: a row for each cell, replication, method and metric.
    @Test("writes a tidy table and its summary")
    func writes() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text())
        let outcome = try run(["run", "s.toml", "-o", "out", "--device", "cpu"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let lines = try folder.text("out/results.csv").split(separator: "\n")
        #expect(lines[0] == "study,cell,differences,tasks,features,replication,method,metric,value")
        #expect(lines.count == 1 + 6 * 12 * 4 * 3)
        #expect(Set(lines).count == lines.count)
        let summary = try folder.text("out/summary.csv").split(separator: "\n")
        #expect(
            summary[0]
                == "study,cell,differences,tasks,features,method,metric,replications,mean,mc_se,sd,min,max")
        #expect(summary.count == 1 + 6 * 4 * 3)
    }

    @Test("gives the same bytes with any batches and threads")
    func batches() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text())
        #expect(try run(["run", "s.toml", "-o", "whole", "--device", "cpu"], in: folder).code == 0)
        let whole = try tables(of: "whole", in: folder)
        for (place, options) in [["--batch-tasks", "1"], ["--batch-tasks", "37"], ["--threads", "1"]].enumerated() {
            let results = "out\(place)"
            #expect(try run(["run", "s.toml", "-o", results, "--device", "cpu"] + options, in: folder).code == 0)
            #expect(try tables(of: results, in: folder) == whole)
        }
    }

    @Test("gives the same bytes from shards that are merged", arguments: [1, 2, 3, 7])
    func shards(count: Int) throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text())
        #expect(try run(["run", "s.toml", "-o", "whole", "--device", "cpu"], in: folder).code == 0)
        for number in 1...count {
            let shard = ["--shard", "\(number)/\(count)"]
            #expect(try run(["run", "s.toml", "-o", "part\(number)", "--device", "cpu"] + shard, in: folder).code == 0)
        }
        let parts = (1...count).map { "part\($0)" }
        let merged = try run(["merge", "-o", "merged"] + parts, in: folder)
        #expect(merged.code == 0, "\(merged)")
        #expect(try tables(of: "merged", in: folder) == tables(of: "whole", in: folder))
        if count > 1 {
            let incomplete = try run(["merge", "-o", "some", "part1"], in: folder)
            #expect(incomplete.code == 65)
            #expect(incomplete.errors.contains("are in none of these folders"))
        }
    }

    @Test("refuses a folder with another study's results, and leaves it as it is")
    func otherStudy() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text(replications: 1))
        #expect(try run(["run", "s.toml", "-o", "out", "--device", "cpu"], in: folder).code == 0)
        let before = try tables(of: "out", in: folder)
        try folder.write("t.toml", SweepStudy.text(replications: 1, name: "other"))
        let other = try run(["run", "t.toml", "-o", "out", "--resume"], in: folder)
        #expect(other.code == 65)
        #expect(
            other.errors
                == "kindred: 'out' holds the results of another study, 'out/study.toml'; name another folder with -o\n")
        let again = try run(["run", "s.toml", "-o", "out"], in: folder)
        #expect(again.code == 65)
        #expect(
            again.errors
                == "kindred: 'out' already holds 6 of the study's 6 replications; give --resume to go on with them, or name "
                + "another folder with -o\n")
        #expect(try tables(of: "out", in: folder) == before)
    }

    @Test("refuses sizes that do not fit the machine before anything is made")
    func tooLarge() throws {
        let folder = try Folder()
        try folder.write(
            "s.toml",
            SweepStudy.text().replacingOccurrences(of: "tasks = 9", with: "tasks = 100000000")
                .replacingOccurrences(of: "features = 4", with: "features = 14"))
        let outcome = try run(["run", "s.toml", "-o", "out", "--memory", "8G"], in: folder)
        #expect(outcome.code == 65)
        #expect(
            outcome.errors
                == "kindred: s.toml: one replication of cell 1 takes some 761 GB, and there are 8; use fewer tasks or "
                + "features, or give more with --memory\n")
        #expect(try folder.names == ["s.toml"])
    }

    @Test("writes results as arrays when asked")
    func arrays() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text(replications: 3))
        #expect(try run(["run", "s.toml", "-o", "out", "--device", "cpu", "--npz"], in: folder).code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).contains("results.npz"))
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).contains("results.csv")))
    }

    @Test("prints how much of a study is done")
    func status() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text(replications: 3))
        #expect(try run(["run", "s.toml", "-o", "out", "--device", "cpu", "--shard", "1/3"], in: folder).code == 0)
        let status = try run(["status", "out"], in: folder)
        #expect(status.code == 0)
        #expect(status.text.hasSuffix("6 of 18 replications are done, 3 of each cell are asked for\n"))
    }

    @Test("prints a script for Slurm, whose parts are those of an array")
    func slurm() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text(replications: 3))
        let script = try run(["slurm", "s.toml", "-o", "out", "--parts", "2", "--time", "2h"], in: folder)
        #expect(script.code == 0, "\(script)")
        #expect(script.text.contains("#SBATCH --array=1-2\n") && script.text.contains("#SBATCH --time=120\n"))
        // What a cluster would do: the script, once for each task of the array.
        try folder.write(
            "job.sh",
            "set -e\nkindred() { '\(Program.path)' \"$@\" --device cpu; }\n"
                + script.text
                .replacingOccurrences(of: "exec kindred", with: "kindred"))
        for number in 1...2 {
            let variables = ["SLURM_ARRAY_TASK_ID": "\(number)", "SLURM_ARRAY_TASK_COUNT": "2"]
            let outcome = try Program.run(["job.sh"], in: folder, environment: variables, program: "/bin/bash")
            #expect(outcome.code == 0, "\(outcome)")
        }
        #expect(try run(["merge", "out/part-1", "out/part-2", "-o", "all"], in: folder).code == 0)
        let missing = try Program.run(
            ["sweep", "run", "s.toml", "-o", "x", "--shard", "auto"], in: folder,
            environment: ["SLURM_ARRAY_TASK_ID": nil])
        #expect(missing.code == 64)
    }

    @Test("ends with 75 when the time is up, with what is done kept")
    func timeLimit() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text(replications: 100_000))
        let outcome = try run(
            ["run", "s.toml", "-o", "out", "--device", "cpu", "--time-limit", "1", "--batch-tasks", "100"], in: folder)
        #expect(outcome.code == 75, "\(outcome)")
        #expect(outcome.errorLines.last?.contains("run it again with --resume") ?? false)
        let status = try run(["status", "out"], in: folder)
        #expect(!status.text.hasSuffix("\n0 of 600,000 replications are done, 100,000 of each cell are asked for\n"))
        #expect(status.text.contains(" of 600,000 replications are done"))
    }
}

@Suite("a sweep of many tasks")
struct SlowSweepMemoryTests {
    /// Moments of 37 MB come in two small shards where they are kept, which a little memory does not allow.
    @Test("gives the same whatever the memory")
    func memory() throws {
        let folder = try Folder()
        let study = """
            replications = 2
            metrics = ["mean-l2"]
            [design]
            tasks = 20000
            rows = 30
            features = 20
            [coefficients]
            structure = "sphere"
            spread = 0.5
            [[methods]]
            name = "itl"
            [[methods]]
            name = "pool"
            [[methods]]
            name = "ridge"
            penalty = 3
            [[methods]]
            name = "molar"

            """
        try folder.write("s.toml", "name = \"many\"\n" + study)
        for memory in ["1G", "4G"] {
            let outcome = try Program.run(
                ["sweep", "run", "s.toml", "-o", "runs/\(memory)", "--device", "cpu", "--memory", memory], in: folder)
            #expect(outcome.code == 0, "\(outcome)")
        }
        #expect(try folder.data("runs/1G/results.csv") == folder.data("runs/4G/results.csv"))
    }
}

@Suite("kindred reproduce")
struct SlowReproduceTests {
    /// Two replications of each cell: the anchors within 10 %, or three of their standard errors.
    @Test("finds what is known of MOLAR's figures", arguments: [("fig2", 38), ("fig3", 12), ("fig7", 4), ("fig9", 12)])
    func molar(figure: String, count: Int) throws {
        let folder = try Folder()
        let outcome = try Program.run(["reproduce", "molar", figure, "--quick", "--device", "cpu"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("\(count) of \(count) values are within error"), "\(outcome.text)")
    }

    @Test("finds where the paper's orders of methods hold")
    func orders() throws {
        let folder = try Folder()
        func lines(_ figure: String) throws -> String {
            try Program.run(["reproduce", "molar", figure, "--quick", "--device", "cpu"], in: folder).text
        }
        let robust = try lines("fig9")
        #expect(robust.contains("MOLAR is below ML in 4 of 4 settings\n"), "\(robust)")
        #expect(robust.contains("ML is below RM in 4 of 4 settings\n"), "\(robust)")
        // With every coefficient its own no method gains.
        let strengths = try lines("fig7")
        #expect(
            strengths.contains(
                "MOLAR, c 1 is below OLS in 19 of 20 settings; not at rows 5000, tasks 30, differences 300\n"),
            "\(strengths)")
        let correlated = try lines("fig8")
        #expect(correlated.contains("MOLAR is below Pool in 14 of 14 settings\n"), "\(correlated)")
        #expect(!correlated.contains("values are within"), "\(correlated)")
    }

    /// Five replications of each cell, which may be off by four standard errors; the folder is new, and in a new one.
    @Test("finds what is known of vanilla ARMUL, and keeps it")
    func armul() throws {
        let folder = try Folder()
        let outcome = try Program.run(
            ["reproduce", "armul", "fig1", "--part", "vanilla", "--quick", "--device", "cpu", "-o", "new/fig1"],
            in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("33 of 33 values are within error"), "\(outcome.text)")
        #expect(try folder.text("new/fig1/vanilla/summary.csv").contains("ARMUL"))
        let several = try Program.run(["reproduce", "armul", "fig1", "--print-study"], in: folder)
        #expect(several.code == 64)
        #expect(several.errors.contains("name one with --part: vanilla, clustered, low-rank"), "\(several)")
        let unknown = try Program.run(["reproduce", "armul", "fig1", "--part", "vanila"], in: folder)
        #expect(unknown.code == 64)
        #expect(unknown.errors.contains("has no part 'vanila'; there are: vanilla, clustered, low-rank"))
    }

    @Test("prints the study behind a figure, which is one that sweep runs")
    func printed() throws {
        let folder = try Folder()
        let study = try Program.run(["reproduce", "molar", "fig2", "--print-study"], in: folder)
        #expect(study.code == 0)
        #expect(study.text.contains("\n[design]\n"))
        let unknown = try Program.run(["reproduce", "molar", "fig10"], in: folder)
        #expect(unknown.code == 64)
        #expect(
            unknown.errors.contains(
                "there is no experiment 'molar fig10'; there are: molar fig2, molar fig3, molar fig7, molar fig8, "
                    + "molar fig9, armul fig1, armul fig2"))
    }
}

@Suite("a sweep that is killed")
struct SlowSweepKillTests {
    /// Twenty runs are killed, at moments drawn from a fixed seed: as they start, or while a batch is drawn, fitted or
    /// written. Each goes on where the one before was; then a last one ends. Timings are no part of what is compared.
    @Test("loses and doubles nothing")
    func killed() throws {
        let folder = try Folder()
        try folder.write("s.toml", SweepStudy.text(replications: 800))
        // Some 350 batches.
        let run = ["sweep", "run", "s.toml", "--device", "cpu", "--batch-tasks", "200"]
        #expect(try Program.run(run + ["-o", "whole"], in: folder).code == 0)
        var generator = SplitMix(state: 7)
        var killedCount = 0
        for _ in 0..<20 {
            let goal = batches(in: folder) + Int(generator.next() % 7)
            let child = try Child(
                program: Program.path, run + ["-o", "out", "--resume"], in: folder, environment: [:],
                input: "/dev/null",
                output: "/dev/null", errors: folder.path("errors"))
            let end = ContinuousClock.now + .seconds(60)
            while batches(in: folder) < goal, ContinuousClock.now < end { usleep(500) }
            usleep(UInt32(generator.next() % 20_000))
            kill(child.identifier, SIGKILL)
            if child.wait() == -Int(SIGKILL) { killedCount += 1 }
        }
        #expect(killedCount == 20)
        let last = try Program.run(run + ["-o", "out", "--resume"], in: folder)
        #expect(last.code == 0, "\(last)")
        #expect(try folder.data("out/results.csv") == folder.data("whole/results.csv"))
        #expect(try folder.data("out/summary.csv") == folder.data("whole/summary.csv"))
    }

    private func batches(in folder: Folder) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("out/parts"))) ?? []
        return names.count { !$0.hasPrefix(".") }
    }
}

/// Numbers for when to kill: any will do, as long as they are the same each time.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
