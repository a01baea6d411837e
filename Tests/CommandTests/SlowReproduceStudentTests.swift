import Foundation
import Testing

@Suite("kindred reproduce molar table2 and fig1")
struct SlowReproduceStudentTests {
    private func run(
        _ figure: String, _ arguments: [String], in folder: Folder,
        environment: [String: String?] = ["KINDRED_DATA": nil], device: String = "cpu"
    ) throws -> Program.Outcome {
        try Program.run(
            ["reproduce", "molar", figure, "--device", device] + arguments, in: folder, environment: environment)
    }

    /// The mean and the standard error of each method's A.R.E.
    private func relativeErrors(_ outcome: Program.Outcome) -> [String: (value: Double, error: Double)] {
        let lines = outcome.text.split(separator: "\n").drop { !$0.hasPrefix("A.R.E., %") }.dropFirst()
        var errors: [String: (value: Double, error: Double)] = [:]
        for name in ["OLS", "LASSO", "Pool", "RM", "ML", "MOLAR, soft", "MOLAR, hard"] {
            guard let line = lines.first(where: { $0.hasPrefix(name + " ") }) else { continue }
            let numbers = line.dropFirst(name.count).split(whereSeparator: { " ()".contains($0) }).compactMap {
                Double($0)
            }
            if numbers.count > 1 { errors[name] = (numbers[0], numbers[1]) }
        }
        return errors
    }

    @Test("prints the errors by country and all together, the same with any number of threads")
    func table() throws {
        let folder = try Folder()
        let one = try run("table2", ["--data", Sample.students, "--quick", "--threads", "1"], in: folder)
        let two = try run("table2", ["--data", Sample.students, "--splits", "5", "--threads", "2"], in: folder)
        #expect(one.code == 0, "\(one)")
        #expect(one.text == two.text)
        #expect(relativeErrors(one).count == 7, "\(one.text)")
        #expect(relativeErrors(one)["OLS"]?.value == 100)
        for country in ["DOR", "ARA", "BEL", "KAL"] { #expect(one.text.contains("\n\(country) "), "\(country)") }
        #expect(one.text.contains("1,059 students of 4 countries, 10 features with the intercept: of 21 columns 10\n"))
        #expect(one.errors.contains("draws of a country's rows did not determine its coefficients and were made again"))
    }

    @Test("of one split has no standard errors")
    func oneSplit() throws {
        let outcome = try run("table2", ["--data", Sample.students, "--splits", "1"], in: Folder())
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("mean (standard error) of 1 split\n"))
        #expect(!outcome.text.contains("nan") && !outcome.text.contains("standard errors of the difference"))
    }

    @Test("shows where countries differ, and draws it")
    func map() throws {
        let folder = try Folder()
        let shown = try run("fig1", ["--data", Sample.students], in: folder)
        #expect(shown.code == 0, "\(shown)")
        #expect(shown.text.contains("2 of 40 differences (5.0 %) are more than 6 sqrt(v): DOR 1, ARA 1."))
        let rows = shown.text.split(separator: "\n").filter { $0.hasPrefix("escs  ") || $0.hasPrefix("intercept ") }
        #expect(rows.count == 2 && rows.allSatisfy { $0.filter { $0 == "." }.count == 4 }, "\(shown.text)")

        let drawn = try run("fig1", ["--data", Sample.students, "-o", "map.vl.json"], in: folder)
        #expect(drawn.code == 0 && drawn.text == shown.text, "\(drawn)")
        #expect(drawn.errors == "1 figure: map.vl.json\n")
        let figure = try #require(
            JSONSerialization.jsonObject(with: folder.data("map.vl.json")) as? [String: Any])
        #expect(figure["$schema"] != nil)
        let values = try #require((figure["data"] as? [String: Any])?["values"] as? [[String: Any]])
        #expect(values.count == 40)
        #expect(values.count { ($0["size"] as? Double ?? 0) > 0 } == 2)

        let bundle = try folder.write("bundle.js", "/* the bundle */")
        let page = try run(
            "fig1", ["--data", Sample.students, "-o", "map.html"], in: folder, environment: ["KINDRED_VEGA": bundle])
        #expect(page.code == 0, "\(page)")
        let text = try folder.text("map.html")
        #expect(text.contains("/* the bundle */") && text.contains("book missing") && text.contains("id=\"figure-1\""))
        #expect(!text.contains("http://") && text.components(separatedBy: "https://").count == 1)
    }

    @Test("takes the file from the folder that --data or KINDRED_DATA names")
    func folders() throws {
        let folder = try Folder()
        try folder.write("pisa2003_top15.csv.gz", Data(contentsOf: URL(fileURLWithPath: Sample.students)))
        let named = try run("fig1", ["--data", "."], in: folder)
        let inherited = try run("fig1", [], in: folder, environment: ["KINDRED_DATA": "."])
        #expect(named.code == 0, "\(named)")
        #expect(named.text == inherited.text)
    }

    @Test("refuses what it cannot use, in one line", arguments: ["table2", "fig1"])
    func refused(figure: String) throws {
        let folder = try Folder()
        let lines = try String(contentsOfFile: Sample.students, encoding: .utf8).split(separator: "\n")
        func write(_ name: String, _ lines: [some StringProtocol]) throws {
            try folder.write(name, lines.joined(separator: "\n") + "\n")
        }
        try write("other.csv", ["country,math,gender", "A,1,male"])
        try write(
            "nomath.csv",
            [lines[0].replacingOccurrences(of: "math", with: "mathematics")] + lines[1...].map(String.init))
        try write("text.csv", [String(lines[0]), lines[1] + "x"])
        try write("few.csv", Array(lines[..<400]))
        try write("one.csv", [lines[0]] + lines.filter { $0.hasPrefix("ARA,") })
        let cases: [(arguments: [String], code: Int, text: String)] = [
            (["--data", "none.csv"], 66, "cannot open 'none.csv'"),
            (["--data", "other.csv"], 65, "other.csv: found no column 'computer', 'internet', 'desk'"),
            (["--data", "nomath.csv"], 65, "found no column 'math'"),
            (["--data", "text.csv"], 65, "text.csv:2: column 'math'"),
            (["--data", "few.csv"], 65, "few.csv: country 'DOR' has "),
            (["--data", "one.csv"], 65, "one.csv: holds scores of one country"),
            ([], 64, "molar \(figure) needs --data FILE: a table of students"),
        ]
        for (arguments, code, text) in cases {
            let outcome = try run(figure, arguments, in: folder)
            #expect(outcome.code == code, "\(outcome)")
            #expect(outcome.errorLines.count == 1 && outcome.errors.contains(text), "\(outcome)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test("have the options that are theirs")
    func options() throws {
        let folder = try Folder()
        for arguments in [["--part", "vanilla"], ["--splits", "0"], ["--mode", "converged"], ["-o", "folder"]] {
            let outcome = try run("table2", ["--data", Sample.students] + arguments, in: folder)
            #expect(outcome.code == 64, "\(outcome)")
        }
        let splits = try run("fig1", ["--data", Sample.students, "--splits", "3"], in: folder)
        #expect(splits.code == 64)
        #expect(splits.errors.contains("molar fig1 has no --splits; its options are -o, --data"), "\(splits)")
        let ending = try run("fig1", ["--data", "none.csv", "-o", "map"], in: folder)
        #expect(ending.code == 64)
        #expect(ending.errors == "kindred: -o map: the map is written as .html, .vl.json, .svg or .png\n")
    }

    /// Of 100 splits: the stand-in's values are means of 30, with standard errors of about 1.
    @Test(
        "finds in PISA 2003 what is known of it", .enabled("KINDRED_DATA is not set") { Sample.pisa != nil },
        arguments: Devices.all)
    func students(device: String) throws {
        let file = try #require(Sample.pisa)
        let outcome = try run("table2", ["--data", file], in: Folder(), device: device)
        try #require(outcome.code == 0, "\(outcome)")
        #expect(
            outcome.text.contains(
                "167,156 students of 15 countries, 19 features with the intercept: of 30 columns 23\n"))
        #expect(outcome.text.contains("vary in every country, and 18 of these do not repeat an earlier one."))
        let errors = relativeErrors(outcome)
        let known = ["Pool": 100.7, "LASSO": 93.1, "MOLAR, hard": 96.7, "MOLAR, soft": 73.5, "ML": 68.2, "RM": 66.9]
        for (name, value) in known {
            let own = try #require(errors[name], "\(outcome.text)")
            #expect(abs(own.value - value) <= 3 * (1 + own.error * own.error).squareRoot(), "\(name): \(own)")
        }
        #expect(outcome.text.contains("\nAhead of MOLAR, soft: RM "))
    }

    @Test("finds in PISA 2003 where countries differ", .enabled("KINDRED_DATA is not set") { Sample.pisa != nil })
    func countries() throws {
        let outcome = try run("fig1", ["--data", try #require(Sample.pisa)], in: Folder())
        try #require(outcome.code == 0, "\(outcome)")
        #expect(outcome.text.contains("20 of 285 differences (7.0 %) are more than 6 sqrt(v): MEX 6, IDN 4, BEL 2, "))
        #expect(outcome.text.contains("The errors' standard deviation is 0.69 (MEX) to 0.84 (URY)."))
    }
}
