import Foundation
import Testing

@Suite("kindred report")
struct ReportCommandTests {
    private func results(in folder: Folder) throws {
        try folder.write("s.toml", SweepStudy.text(replications: 2))
        let outcome = try Program.run(["sweep", "run", "s.toml", "-o", "out", "--device", "cpu"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
    }

    private func report(
        _ output: String, in folder: Folder, environment: [String: String?] = [:]
    ) throws -> Program.Outcome {
        try Program.run(["report", "out", "-o", output], in: folder, environment: environment)
    }

    /// A program that this process had written could not be started while a child of another test still holds it open.
    @discardableResult
    private func copy(_ file: String, to name: String, in folder: Folder) throws -> String {
        let outcome = try Program.run([file, folder.path(name)], in: folder, program: "/bin/cp")
        try #require(outcome.code == 0, "\(outcome)")
        return folder.path(name)
    }

    @Test("writes a page that carries the bundle and the study")
    func page() throws {
        let folder = try Folder()
        try results(in: folder)
        let bundle = try folder.write("bundle.js", "/* the bundle */")
        let outcome = try report("report.html", in: folder, environment: ["KINDRED_VEGA": bundle])
        #expect(outcome.code == 0, "\(outcome)")
        // Three metrics; the second block varies two factors.
        #expect(outcome.errors == "9 figures: report.html\n")
        let page = try folder.text("report.html")
        #expect(page.contains("/* the bundle */"))
        #expect(page.contains("share = 0.2"))
        #expect(try folder.names == ["bundle.js", "out", "report.html", "s.toml"])
    }

    @Test("needs the bundle for a page alone, and says how to get it")
    func bundle() throws {
        let folder = try Folder()
        try results(in: folder)
        let missing = try report("report.html", in: folder, environment: ["KINDRED_VEGA": "nowhere.js"])
        #expect(missing.code == 69)
        #expect(missing.errors == "kindred: KINDRED_VEGA names 'nowhere.js', which cannot be read; run make vega\n")
        // A copy of the program has no bundle beside it.
        try copy(Program.path, to: "kindred", in: folder)
        let alone = try Program.run(
            ["report", "out", "-o", "report.html"], in: folder, environment: ["KINDRED_VEGA": nil],
            program: folder.path("kindred"))
        #expect(alone.code == 69)
        #expect(
            alone.errors
                == "kindred: the page's figures need vega-bundle.js, which is not there; run make vega, or name it in "
                + "KINDRED_VEGA; -o figures.vl.json needs none\n")
        let figures = try report("figures.vl.json", in: folder, environment: ["KINDRED_VEGA": "nowhere.js"])
        #expect(figures.code == 0, "\(figures)")
        let object = try JSONSerialization.jsonObject(with: folder.data("figures.vl.json")) as? [String: Any]
        #expect((object?["vconcat"] as? [Any])?.count == 9)
    }

    /// The program that draws is stood in for: it shows what it was given.
    @Test("has pictures drawn by Python, and says how to get what that needs")
    func pictures() throws {
        let folder = try Folder()
        try results(in: folder)
        for python in ["nowhere/python3", "/bin/false"] {
            let outcome = try report("figures.svg", in: folder, environment: ["KINDRED_PYTHON": python])
            #expect(outcome.code == (python == "/bin/false" ? 70 : 69))
            #expect(outcome.errorLines.count == 1)
        }
        #expect(!(try folder.names.contains("figures.svg")))
        let script = try folder.write("script", "#!/bin/sh\necho \"$3\"\ncat\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let python = try copy(script, to: "python", in: folder)
        let outcome = try report("figures.png", in: folder, environment: ["KINDRED_PYTHON": python])
        #expect(outcome.code == 0, "\(outcome)")
        let text = try folder.text("figures.png")
        #expect(text.hasPrefix("png\n{"))
        #expect(text.contains("vconcat"))
    }

    @Test("refuses other endings and folders without results")
    func usage() throws {
        let folder = try Folder()
        let ending = try report("report.pdf", in: folder)
        #expect(ending.code == 64)
        #expect(ending.errors.contains("-o report.pdf: a report is written as .html, .vl.json, .svg or .png"))
        let empty = try report("figures.vl.json", in: folder)
        #expect(empty.code == 66)
        #expect(empty.errors == "kindred: 'out' holds no results of a study (it has no study.toml)\n")
    }
}
