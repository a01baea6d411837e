import Foundation
import Testing

@Suite("the command line")
struct UsageTests {
    static let wrong: [[String]] = [
        ["fit"], ["fit", "t.csv"], ["fit", "t.csv", "--task", "task"], ["fit", "t.csv", "--formula", "y ~ x"],
        ["fit", "t.csv", "--task", "task", "--response", "y"],
        ["fit", "t.csv", "--response", "y", "--features", "x"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "best"] + SmallTable.fit, ["fit", "t.csv", "--vcov", "hc9"] + SmallTable.fit,
        ["fit", "t.csv", "--vcov", "cluster:"] + SmallTable.fit, ["fit", "t.csv", "--level", "95"] + SmallTable.fit,
        ["fit", "t.csv", "--level", "nan"] + SmallTable.fit, ["fit", "t.csv", "--threads", "0"] + SmallTable.fit,
        ["fit", "t.csv", "--memory", "2X"] + SmallTable.fit, ["fit", "t.csv", "--memory", "0"] + SmallTable.fit,
        ["fit", "t.csv", "--precision", "half"] + SmallTable.fit, ["fit", "t.csv", "--nonsense"] + SmallTable.fit,
        ["fit", "t.csv", "--json", "-o", "x.json"] + SmallTable.fit, ["fit", "t.csv", "u.csv"] + SmallTable.fit,
        ["fit", "t.csv", "--task", "group"] + SmallTable.fit, ["fit", "t.csv", "--vcov", "cluster"] + SmallTable.fit,
        ["fit", "t.csv", "--memory", "5"] + SmallTable.fit,
        ["fit", "t.csv", "--summary", "-o", "x.csv"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "ridge", "--vcov", "hc1"] + SmallTable.fit,
        ["fit", "t.csv", "--intervals", "own"] + SmallTable.fit,
        ["fit", "t.csv", "--sigma", "pooled"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "molar", "--sigma", "0"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "molar", "--noise", "orlicz:3"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "armul", "--task-weights", "precision"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "molar", "--report", "report.txt"] + SmallTable.fit,
        ["fit", "t.csv", "--report", "report.html"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "molar", "--family", "binomial", "--sigma", "pooled"] + SmallTable.fit,
        ["adapt"], ["adapt", "m.json"],
        ["fit", "t.csv", "--method", "molar", "--penalty", "1"] + SmallTable.fit,
        ["fit", "t.csv", "--shrink", "soft"] + SmallTable.fit, ["fit", "t.csv", "--standardize"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "molar", "--strength=-1"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "ridge", "--penalty", "0"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "ridge", "--folds", "1"] + SmallTable.fit,
        ["fit", "t.csv", "--method", "ridge", "--folds", "5", "--penalty", "2"] + SmallTable.fit,
        ["compare"], ["compare", "t.csv"], ["compare", "t.csv", "--folds", "1"] + SmallTable.fit,
        ["compare", "t.csv", "--methods", "itl,best"] + SmallTable.fit,
        ["compare", "t.csv", "--methods", "itl,itl"] + SmallTable.fit,
        ["compare", "t.csv", "-o", "x.json"] + SmallTable.fit,
        ["compare", "t.csv", "--json", "-o", "x.csv"] + SmallTable.fit,
        ["predict"], ["predict", "m.json"], ["predict", "m.json", "t.csv", "--new-tasks", "some"],
        ["devices", "--nonsense"], ["fti"], ["check", "--precision", "half"], ["check", "-q", "-v"],
        ["check", "--plant-fault", "nothing"],
    ]

    @Test("that is wrong is answered with what is wrong and 64", arguments: wrong)
    func wrongUsage(arguments: [String]) throws {
        let folder = try SmallTable.folder()
        let outcome = try Program.run(arguments, in: folder)
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.errorLines.first?.hasPrefix("Error: ") == true, "\(outcome)")
        #expect(outcome.errorLines.count <= 4, "\(outcome)")
        #expect(outcome.output.isEmpty)
        #expect(try folder.names == ["t.csv"])
    }

    @Test(
        "shows help with an example, in lines that fit a terminal",
        arguments: [nil, "fit", "predict", "compare", "devices", "check"])
    func help(command: String?) throws {
        let outcome = try Program.run([command, "--help"].compactMap { $0 }, in: Folder())
        #expect(outcome.code == 0)
        #expect(outcome.errors.isEmpty)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("  kindred \(command ?? "fit")") }, "\(outcome.text)")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(outcome.text)")
    }

    @Test("says which version it is and what it was built for")
    func version() throws {
        let outcome = try Program.run(["--version"], in: Folder())
        #expect(outcome.code == 0)
        #expect(outcome.text.wholeMatch(of: #/kindred \d+\.\d+\.\d+, built for .+\n/#) != nil, "\(outcome.text)")
    }

    @Test("takes a response and features in place of a formula")
    func responseAndFeatures() throws {
        let folder = try SmallTable.folder()
        let short = ["--response", "y", "--features", "x,group"]
        let one = try Program.run(["fit", "t.csv", "--task", "task", "--device", "cpu"] + short, in: folder)
        let other = try Program.run(
            ["fit", "t.csv", "--task", "task", "--device", "cpu", "--formula", "y ~ x + group"], in: folder)
        #expect(one.code == 0)
        #expect(!one.output.isEmpty)
        #expect(one.output == other.output)
    }

    @Test("reads standard input as it reads a file")
    func standardInput() throws {
        let folder = try SmallTable.folder()
        let piped = try Program.run(["fit", "-"] + SmallTable.fit, in: folder, input: SmallTable.text)
        #expect(piped.code == 0, "\(piped)")
        #expect(piped.output == (try Program.run(["fit", "t.csv"] + SmallTable.fit, in: folder)).output)
    }

    @Test("says nothing on success with -q, and more with -v")
    func levels() throws {
        let folder = try SmallTable.folder()
        let usual = try Program.run(["fit", "t.csv"] + SmallTable.fit, in: folder)
        let quiet = try Program.run(["fit", "t.csv", "-q"] + SmallTable.fit, in: folder)
        let verbose = try Program.run(["fit", "t.csv", "-v"] + SmallTable.fit, in: folder)
        #expect(quiet.errors.isEmpty)
        #expect(quiet.output == usual.output)
        #expect(verbose.output == usual.output)
        #expect(verbose.errorLines.count > usual.errorLines.count)
        #expect(verbose.errors.contains("device: "))
        #expect(!verbose.errors.contains("\u{1b}"), "no colours where there is no terminal")
    }

    @Test("says what a fit would take, and does nothing, with --dry-run")
    func dryRun() throws {
        let folder = try SmallTable.folder()
        let outcome = try Program.run(["fit", "t.csv", "--dry-run", "-o", "x.csv"] + SmallTable.fit, in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        for part in ["rows ", "tasks ", "coefficients ", "memory ", "device ", "time ", "(Intercept), x"] {
            #expect(outcome.text.contains(part), "\(part)")
        }
        #expect(try folder.names == ["t.csv"])
    }

    @Test("narrows the confidence limits with --level")
    func level() throws {
        let folder = try SmallTable.folder()
        func widths(_ level: String) throws -> [Double] {
            let lines = Lines(try Program.run(["fit", "t.csv", "--level", level] + SmallTable.fit, in: folder).output)
            return zip(lines.numbers("conf_low"), lines.numbers("conf_high")).map { $1 - $0 }
        }
        let wide = try widths("0.99")
        let narrow = try widths("0.5")
        #expect(wide.count == 4)
        #expect(zip(wide, narrow).allSatisfy { $0 > $1 && $1 > 0 })
    }
}
