import Foundation
import Studies
import Tables
import Testing

@Suite("a study's report")
struct ReportTests {
    private func text(_ grid: [String], replications: Int, metrics: String = "\"mean-l2\"") -> String {
        SmallStudy.text(replacing: "replications", with: "replications = \(replications)", adding: grid)
            .replacingOccurrences(of: "metrics = [\"mean-l2\"]", with: "metrics = [\(metrics)]")
    }

    /// One numeric factor.
    private func rows(_ values: [Int] = [20, 40, 80], replications: Int = 20) throws -> ReportFolder {
        try ReportFolder(
            text(["[grid]", "design.rows = \(values)"], replications: replications), factors: ["rows"],
            cells: values.map { ["\($0)"] }, replications: replications)
    }

    private func page(_ folder: ReportFolder, bundle: String = "/* bundle */") throws -> String {
        let report = try StudyReport(of: folder.folder)
        return String(decoding: report.page(bundle: Array(bundle.utf8), version: "1.2.3").bytes, as: UTF8.self)
    }

    /// The figures of the specification: each a list of panels.
    private func figures(_ folder: ReportFolder) throws -> [[[String: Any]]] {
        let bytes = try StudyReport(of: folder.folder).specification.bytes
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        return try #require(object["vconcat"] as? [[String: Any]]).map {
            try #require($0["concat"] as? [[String: Any]])
        }
    }

    private func values(_ panel: [String: Any]) throws -> [[String: Any]] {
        try #require((panel["data"] as? [String: Any])?["values"] as? [[String: Any]])
    }

    /// What the last layer of a panel has of a channel.
    private func channel(_ name: String, _ panel: [String: Any]) throws -> [String: Any] {
        let layers = try #require(panel["layer"] as? [[String: Any]])
        return try #require((layers.last?["encoding"] as? [String: Any])?[name] as? [String: Any])
    }

    private func scale(_ name: String, _ panel: [String: Any]) throws -> [String: Any] {
        try #require(try channel(name, panel)["scale"] as? [String: Any])
    }

    @Test("draws means with 1.96 standard errors, and quantiles of replications")
    func numbers() throws {
        let figures = try figures(rows())
        try #require(figures.count == 2)
        let means = try values(figures[0][0])
        #expect(means.count == 3 * 2)
        // Cell 2, method 2.
        #expect(means[3]["x"] as? Double == 40)
        #expect(means[3]["method"] as? String == "pool")
        #expect(means[3]["mean"] as? Double == 4.5)
        #expect(means[3]["low"] as? Double == 4.5 - 1.96 * 0.125)
        #expect(means[3]["high"] as? Double == 4.5 + 1.96 * 0.125)
        // Of 4 + 1 / 20, ..., 4 + 20 / 20: type 7 is at 1 + 19 share.
        let spread = try values(figures[1][0])
        for (name, share) in [("q5", 0.05), ("q25", 0.25), ("q50", 0.5), ("q75", 0.75), ("q95", 0.95)] {
            let quantile = try #require(spread[3][name] as? Double)
            #expect(abs(quantile - (4 + (1 + 19 * share) / 20)) < 16 * Double.ulpOfOne)
        }
    }

    @Test("does not grow with the replications")
    func size() throws {
        let few = try rows(replications: 100)
        let many = try rows(replications: 40_000)
        #expect(try values(figures(few)[1][0]).count == values(figures(many)[1][0]).count)
        // Numbers may be a few digits longer, of which there are 7 a mark.
        #expect(try page(many).utf8.count < page(few).utf8.count + 6 * 7 * 20)
    }

    @Test("has a logarithmic axis where values span more than a factor of 20")
    func logarithmic() throws {
        let wide = try figures(rows([100, 1000, 10_000, 100_000]))
        #expect(try scale("x", wide[0][0])["type"] as? String == "log")
        #expect(try scale("y", wide[0][0])["type"] == nil)
        #expect(try scale("x", figures(rows([20, 40, 80]))[0][0])["type"] == nil)
        #expect(try scale("x", figures(rows([10, 200]))[0][0])["type"] == nil)
        #expect(try scale("x", figures(rows([10, 201]))[0][0])["type"] as? String == "log")
    }

    @Test("puts the blocks of a grid beside each other, each with its own cells")
    func blocks() throws {
        let grid = ["[[grid]]", "design.rows = [30, 50]", "[[grid]]", "design.tasks = [5, 7, 9]"]
        let folder = try ReportFolder(
            text(grid, replications: 2), factors: ["rows", "tasks"],
            cells: [["30", "6"], ["50", "6"], ["20", "5"], ["20", "7"], ["20", "9"]], replications: 2)
        let figures = try figures(folder)
        // Two replications have no spread to draw.
        try #require(figures.count == 1)
        #expect(try figures[0].map { try channel("x", $0)["title"] as? String } == ["rows", "tasks"])
        #expect(try values(figures[0][0]).map { $0["x"] as? Double } == [30, 30, 50, 50])
        #expect(try values(figures[0][1]).map { $0["x"] as? Double } == [5, 5, 7, 7, 9, 9])
        #expect(try page(folder).contains("Where not varied: rows = 20, tasks = 6."))
    }

    @Test("makes a panel of each combination of other factors, and one of very many")
    func panels() throws {
        func folder(_ spreads: [Double], rows: [Int] = [20, 40]) throws -> ReportFolder {
            let grid = ["[grid]", "design.rows = \(rows)", "coefficients.spread = \(spreads)"]
            return try ReportFolder(
                text(grid, replications: 1), factors: ["rows", "spread"],
                cells: rows.flatMap { rows in spreads.map { ["\(rows)", "\($0)"] } }, replications: 1)
        }
        let few = try figures(folder([0.25, 0.75]))
        #expect(few.map(\.count) == [2, 2])
        #expect(few[0].map { $0["title"] as? String } == ["spread = 0.25", "spread = 0.75"])
        #expect(try values(few[0][0]).map { $0["x"] as? Double } == [20, 20, 40, 40])
        #expect(try values(few[0][0])[0]["low"] == nil)
        // Of two factors the one with three values has a curve.
        #expect(try figures(folder([0.25, 0.75], rows: [20, 40, 80])).map(\.count) == [2])
        // The study's own value is 0.5.
        let many = try folder((1...13).map { Double($0) / 4 }, rows: [20, 40, 80])
        #expect(try figures(many)[0].map { $0["title"] as? String } == ["spread = 0.5"])
        #expect(try page(many).contains("12 further combinations of the other factors stand in summary.csv."))
    }

    @Test("names what is varied of a method, and categories")
    func options() throws {
        // Two methods, as the folder's results have.
        let text = SmallStudy.text(
            replacing: "name = \"itl\"", with: "name = \"ridge\"\nlabel = \"itl\"",
            adding: ["[grid]", "methods.itl.center = [\"zero\", \"pool\"]"])
        let folder = try ReportFolder(
            text, factors: ["center"], cells: [["zero"], ["pool"]], replications: 4)
        let panel = try figures(folder)[0][0]
        #expect(try channel("x", panel)["title"] as? String == "center of itl")
        #expect(try channel("x", panel)["type"] as? String == "nominal")
        #expect(try values(panel).map { $0["name"] as? String } == ["zero", "zero", "pool", "pool"])
    }

    @Test("is one page that names no place on a network and shows text as text")
    func offline() throws {
        let folder = try rows()
        try folder.write("study.toml", text(["[grid]", "design.rows = [20, 40, 80] # <b>&"], replications: 20))
        let page = try page(folder, bundle: "x = '</script><!--'")
        for reference in ["http:", "https:", "src=", "href=", "@import", "url("] {
            #expect(!page.contains(reference), "\(reference)")
        }
        #expect(page.contains("default-src 'none'"))
        #expect(page.contains("# &lt;b&gt;&amp;"))
        #expect(page.contains("x = '<\\/script><\\!--'"))
        #expect(page.contains("<td>a &lt;device&gt;</td>"))
        #expect(page.contains("<td class=\"number\">4.5 ± 0.12</td>"))
        #expect(page.contains("2026-11-21 12:00:00"))
    }

    @Test("refuses results that are not whole, and says what to do")
    func incomplete() throws {
        func message(_ spoil: (ReportFolder) throws -> Void) throws -> String {
            let folder = try rows()
            try spoil(folder)
            let error = #expect(throws: TableError.self) { try StudyReport(of: folder.folder) }
            return try #require(error).description.replacingOccurrences(of: folder.path, with: "DIR")
        }
        #expect(
            try message { try $0.remove("summary.csv") }
                == "'DIR' holds a study that is not done (there is no summary.csv); finish it with: kindred sweep run "
                + "DIR/study.toml -o DIR --resume")
        #expect(
            try message { try $0.remove("study.toml") }
                == "'DIR' holds no results of a study (it has no study.toml)")
        #expect(
            try message { try $0.write("summary.csv", "study,cell\n") }
                == "'DIR/summary.csv' is damaged, or of another version; kindred sweep run with --resume writes it anew"
        )
        #expect(
            try message { try $0.write("run.json", "{") }
                == "'DIR/run.json' is missing or damaged; kindred sweep run with --resume writes it anew")
        // The heading and two replications by two methods.
        let cut = try message {
            let start = "\"a,\nstudy\","
            let text = try String(contentsOfFile: $0.folder.resultsPath, encoding: .utf8)
            try $0.write("results.csv", text.components(separatedBy: start).prefix(5).joined(separator: start))
        }
        #expect(
            cut
                == "'DIR' holds 2 of the study's 60 replications; run the missing parts, with --resume or kindred sweep merge"
        )
    }
}
