import Foundation
import Testing

@Suite("output")
struct OutputTests {
    private func fit(_ options: [String]) -> [String] { ["fit", "t.csv"] + SmallTable.fit + options }

    private func expectCannotWrite(_ outcome: Program.Outcome, _ parts: [String]) {
        #expect(outcome.code == 73, "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome)")
        for part in ["kindred: cannot write "] + parts { #expect(outcome.errors.contains(part), "\(part)") }
    }

    @Test("goes to standard output, or to the file after -o, in the same bytes")
    func file() throws {
        let folder = try SmallTable.folder()
        let piped = try Program.run(fit([]), in: folder)
        let written = try Program.run(fit(["-o", "x.csv"]), in: folder)
        #expect(piped.code == 0 && written.code == 0)
        #expect(written.output.isEmpty)
        #expect(try folder.data("x.csv") == piped.output)
        #expect(
            Lines(piped.output).names == [
                "task", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n", "df",
                "status",
            ])
        #expect(try folder.names == ["t.csv", "x.csv"])
    }

    @Test("is the table of a terminal where --summary asks for it")
    func summary() throws {
        let outcome = try Program.run(fit(["--summary"]), in: try SmallTable.folder())
        #expect(outcome.code == 0)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.count == 3 && lines.first?.hasPrefix("over 2 tasks") == true)
        #expect(lines[1].hasPrefix("(Intercept)") && lines[2].hasPrefix("x"))
    }

    @Test("replaces a file, and leaves it alone where the fit fails")
    func replaces() throws {
        let folder = try SmallTable.folder()
        try folder.write("x.csv", "old")
        #expect(try Program.run(fit(["-o", "x.csv", "--formula", "y ~ none"]), in: folder).code == 65)
        #expect(try folder.text("x.csv") == "old")
        #expect(try Program.run(fit(["-o", "x.csv"]), in: folder).code == 0)
        #expect(try folder.text("x.csv").hasPrefix("task,term"))
    }

    @Test("ends with one line where the disk is full", arguments: [["-o", "/dev/full"], []])
    func fullDevice(options: [String]) throws {
        let outcome = try Program.run(fit(options), in: SmallTable.folder(), output: "/dev/full")
        expectCannotWrite(outcome, ["No space left on device", "free some space"])
    }

    @Test("of every command ends with one line where the disk is full")
    func fullDeviceOfOthers() throws {
        let folder = try SmallTable.folder()
        #expect(try Program.run(fit(["-o", "m.json"]), in: folder).code == 0)
        for arguments in [
            ["predict", "m.json", "t.csv"], ["devices"], ["devices", "--json"], fit(["--json"]), fit(["--dry-run"]),
        ] {
            let outcome = try Program.run(
                arguments, in: folder, environment: ["KINDRED_OPENCL": "none"], output: "/dev/full")
            expectCannotWrite(outcome, ["standard output", "No space left on device"])
        }
    }

    @Test("leaves nothing half written where files may not grow")
    func fileLimit() throws {
        let folder = try Folder()
        try folder.write("t.csv", "task,x,y\n" + (0..<40_000).map { "t\($0 / 4),\($0 % 4),\($0 % 11)\n" }.joined())
        try folder.write("x.csv", "old")
        let outcome = try Program.run(fit(["-o", "x.csv"]), in: folder, largestFile: 200)
        expectCannotWrite(outcome, ["'x.csv'", "File too large", "ulimit -f"])
        #expect(try folder.names == ["t.csv", "x.csv"])
        #expect(try folder.text("x.csv") == "old")
    }

    @Test("is not begun where the scratch file may not grow")
    func scratchLimit() throws {
        let folder = try Folder()
        try folder.write("t.csv", "task,x,y\n" + String(repeating: "a,1,2\nb,2,1\n", count: 300_000))
        let outcome = try Program.run(
            fit(["-o", "x.csv", "--memory", "100K"]), in: folder, largestFile: 2000)
        expectCannotWrite(outcome, ["scratch file in '\(folder.path)'", "TMPDIR", "--memory"])
        #expect(try folder.names == ["t.csv"])
    }

    @Test("never replaces the table that it is made from, under whatever name")
    func inputIsKept() throws {
        let folder = try SmallTable.folder()
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.csv"), withDestinationPath: "t.csv")
        for path in ["t.csv", "./t.csv", "link.csv"] {
            let outcome = try Program.run(fit(["-o", path]), in: folder)
            #expect(outcome.code == 64, "\(outcome)")
            #expect(outcome.errors == "kindred: -o \(path): that is the input 't.csv' itself; name another file\n")
        }
        #expect(try folder.text("t.csv") == SmallTable.text)
    }

    @Test("of an ending without a format names those that have one")
    func ending() throws {
        let folder = try SmallTable.folder()
        for arguments in [fit(["-o", "x.txt"]), ["predict", "m.json", "t.csv", "-o", "x.json"]] {
            let outcome = try Program.run(arguments, in: folder)
            #expect(outcome.code == 64)
            #expect(outcome.errorLines.first?.contains(".csv") == true, "\(outcome)")
            #expect(try folder.names == ["t.csv"])
        }
    }
}
