import Foundation
import Testing

@Suite("families of responses")
struct FamilyTests {
    /// Four groups of forty rows with a response of each family; the labels of `three` and `code` say the same.
    private static let rows: [(group: String, x: Double, yes: Bool, three: Int, count: Int)] = (0..<160).map { index in
        let (group, row) = (index / 40, index % 40)
        let x = Double(row % 9) / 2 - 2
        let noise = Double((row * 37 + group * 11) % 17) / 17 - 0.5
        let level = x * (group == 3 ? -0.5 : 0.8) + 3 * noise
        return ("g\(group)", x, level > 0.2, level > 0.8 ? 2 : level > -0.6 ? 1 : 0, max(0, Int(2 + level)))
    }

    private func folder() throws -> Folder {
        let folder = try Folder()
        var text = "group,x,word,bit,sign,three,code,count\n"
        for row in Self.rows {
            text += "\(row.group),\(row.x),\(row.yes ? "yes" : "no"),\(row.yes ? 1 : 0),\(row.yes ? 1 : -1),"
            text += "\(["low", "mid", "top"][row.three]),\(10 * row.three),\(row.count)\n"
        }
        try folder.write("t.csv", text)
        return folder
    }

    private func fit(
        _ family: String, _ response: String, _ arguments: [String] = [], in folder: Folder
    ) throws -> Program.Outcome {
        try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "\(response) ~ x", "--method", "armul", "--family",
                family,
                "--strength", "0.3",
            ] + arguments, in: folder)
    }

    /// The predictions of a model's own rows, a line each without its row and task.
    private func predictions(_ model: String, in folder: Folder) throws -> (header: String, rows: [[String]]) {
        let outcome = try Program.run(["predict", model, "t.csv"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        let lines = outcome.text.split(separator: "\n").map(String.init)
        return (lines[0], lines.dropFirst().map { $0.split(separator: ",").dropFirst(2).map(String.init) })
    }

    @Test(
        "two classes are told by numbers, signs or labels alike, and add up in each task", arguments: ["json", "npz"])
    func binomial(format: String) throws {
        let folder = try folder()
        var texts: [[String]] = []
        for response in ["bit", "sign", "word"] {
            let outcome = try fit("binomial", response, ["-o", "m.\(format)"], in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            let (header, rows) = try predictions("m.\(format)", in: folder)
            #expect(header == "row,task,prediction,p_\(response == "word" ? "yes" : "1")")
            texts.append(rows.map { $0[1] })
            for (found, row) in zip(rows, Self.rows) {
                let no = ["bit": "0", "sign": "-1", "word": "no"][response]
                let yes = response == "word" ? "yes" : "1"
                #expect(found[0] == ((Double(found[1]) ?? 0) > 0.5 ? yes : no), "\(row)")
            }
        }
        #expect(texts[0] == texts[1] && texts[0] == texts[2])
        try checkSums(texts[0].map { Double($0) ?? .nan }, Self.rows.map { $0.yes ? 1 : 0 })
    }

    @Test("several classes have probabilities that add up to 1, and in each task to the classes' counts")
    func multinomial() throws {
        let folder = try folder()
        let outcome = try fit("multinomial", "three", ["-o", "m.json"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        let (header, rows) = try predictions("m.json", in: folder)
        #expect(header == "row,task,prediction,p_low,p_mid,p_top")
        let shares = rows.map { $0.dropFirst().map { Double($0) ?? .nan } }
        #expect(shares.allSatisfy { abs($0.reduce(0, +) - 1) <= 4e-16 })
        for place in 0..<3 {
            try checkSums(shares.map { $0[place] }, Self.rows.map { $0.three == place ? 1 : 0 })
        }
        for (found, own) in zip(rows, shares) {
            #expect(found[0] == ["low", "mid", "top"][own.firstIndex(of: own.max() ?? 0) ?? 0])
        }
        // Numbers for the same classes give the same.
        let coded = try fit("multinomial", "code", ["-o", "n.json"], in: folder)
        try #require(coded.code == 0, "\(coded)")
        let (codedHeader, codedRows) = try predictions("n.json", in: folder)
        #expect(codedHeader == "row,task,prediction,p_0,p_10,p_20")
        #expect(codedRows.map { $0.dropFirst() } == rows.map { $0.dropFirst() })
        let terms = try #require(
            (try JSONSerialization.jsonObject(with: folder.data("m.json")) as? [String: Any])?["terms"] as? [String])
        #expect(terms == ["low", "mid", "top"].flatMap { ["\($0):(Intercept)", "\($0):x"] })
    }

    @Test("expected counts add up in each task")
    func poisson() throws {
        let folder = try folder()
        let outcome = try fit("poisson", "count", ["-o", "m.json"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        let (header, rows) = try predictions("m.json", in: folder)
        #expect(header == "row,task,prediction")
        try checkSums(rows.map { Double($0[0]) ?? .nan }, Self.rows.map { Double($0.count) })
    }

    /// The condition for the intercepts: in each group the means of rows add up to what is observed. What a fit leaves of
    /// slopes is 1e-11 of their scale, times 40 rows.
    private func checkSums(_ means: [Double], _ observed: [Double]) throws {
        #expect(means.count == 160)
        for group in 0..<4 {
            let rows = group * 40..<(group + 1) * 40
            let (expected, seen) = (means[rows].reduce(0.0, +), observed[rows].reduce(0.0, +))
            #expect(abs(expected - seen) <= 1e-8)
        }
    }

    @Test("a group whose label never varies is separated, and gets the centre")
    func separated() throws {
        let folder = try folder()
        let text = try folder.text("t.csv") + "odd,1,yes,1,1,low,0,0\nodd,2,yes,1,1,low,0,0\n"
        try folder.write("t.csv", text)
        for (family, response) in [("binomial", "bit"), ("multinomial", "three"), ("poisson", "count")] {
            let outcome = try fit(family, response, ["-o", "m.csv"], in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            #expect(outcome.errors.contains("armul: 5 tasks: 4 ok, 1 separated\n"), "\(outcome)")
            #expect(outcome.errors.contains("1 task without an estimate got the centre's coefficients\n"))
            let odd = try folder.text("m.csv").split(separator: "\n").filter { $0.hasPrefix("odd,") }
            #expect(odd.allSatisfy { $0.hasSuffix(",2,,separated") && !$0.contains(",,,,,,,,") }, "\(odd)")
        }
    }

    /// Six groups of sixty rows, in every other of which all turns round; the response is drawn of `x - z`.
    private func kinds() throws -> Folder {
        let folder = try Folder()
        var text = "group,x,z,word,code,three,count\n"
        for group in 0..<6 { for row in 0..<60 { text += Self.line("g\(group)", row, turn: group % 2 == 0 ? 1 : -1) } }
        try folder.write("t.csv", text)
        return folder
    }

    private static func line(_ group: String, _ row: Int, turn: Double) -> String {
        let (x, z) = (Double(row * 7 % 13) / 4 - 1.5, Double(row * 5 % 11) / 4 - 1.25)
        let level = turn * (x - z) + 2.5 * (Double(row * 37 % 23) / 22 - 0.5)
        let place = level > 0.8 ? 2 : level > -0.6 ? 1 : 0
        return "\(group),\(x),\(z),\(level > 0 ? "yes" : "no"),\(level > 0 ? 1 : -1),\(["low", "mid", "top"][place]),"
            + "\(max(0, Int(2 + level)))\n"
    }

    @Test(
        "a new task is placed by the family's loss of its rows",
        arguments: [("binomial", "word"), ("binomial", "code"), ("multinomial", "three"), ("poisson", "count")],
        ["clustered", "low-rank"])
    func newTasks(response: (family: String, name: String), structure: String) throws {
        let folder = try kinds()
        let size = structure == "clustered" ? ["--clusters", "2"] : ["--rank", "1"]
        let fitted = try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "\(response.name) ~ x + z", "--method", "armul",
                "--family",
                response.family, "--structure", structure, "--strength", "5", "-o", "m.json",
            ] + size, in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        // Rows of g1 under another name, the last ten without responses; of `constant` all rows have one response.
        let known = try folder.text("t.csv").split(separator: "\n").filter { $0.hasPrefix("g1,") }.map(String.init)
        var text = "group,x,z,word,code,three,count\n"
        for (place, line) in known.enumerated() {
            let fields = line.split(separator: ",").map(String.init)
            text += (["new"] + fields[1...2] + (place < 50 ? fields[3...] : ["NA", "", "NA", ""])).joined(
                separator: ",")
            text += "\n"
        }
        for line in known.prefix(12) {
            let fields = line.split(separator: ",").map(String.init)
            text += (["constant"] + fields[1...2] + ["no", "-1", "low", "0"]).joined(separator: ",") + "\n"
        }
        try folder.write("new.csv", text)
        let found = try Program.run(["predict", "m.json", "new.csv"], in: folder)
        try #require(found.code == 0, "\(found)")
        let own = try predictions("m.json", in: folder).rows[60..<120]
        let other = try predictions("m.json", in: folder).rows[..<60]
        let placed = found.text.split(separator: "\n").dropFirst().prefix(60).map { line in
            line.split(separator: ",").dropFirst(2).map(String.init)
        }
        #expect(placed.count == 60)
        func distance(_ rows: ArraySlice<[String]>) -> Double {
            zip(rows, placed).reduce(0) {
                $0 + abs((Double($1.0.last ?? "") ?? .nan) - (Double($1.1.last ?? "") ?? .nan))
            }
        }
        // All but the same as g1, in whose cluster or near whose loadings it is; far from those that are turned round.
        #expect(distance(own) < 0.2 * distance(other), "\(distance(own)), \(distance(other))")
        let place =
            structure == "clustered"
            ? "the centre of the cluster that is nearest to their rows for 2 tasks"
            : "the combination of the model's vectors that is nearest to their rows for 1 task"
        #expect(found.errors.contains("prediction from \(place) without coefficients in the model"), "\(found)")
        // No finite loadings make a response certain.
        let mean = "prediction from the mean of the tasks' centres for 1 task without"
        #expect(found.errors.contains(mean) == (structure == "low-rank"), "\(found)")
    }

    @Test(
        "compare tells the family's error on rows held out, and of classes how many are wrong",
        arguments: [
            ("binomial", "word", "log_loss"), ("multinomial", "three", "log_loss"), ("poisson", "count", "deviance"),
        ])
    func compare(family: String, response: String, name: String) throws {
        let folder = try kinds()
        func compare(_ arguments: [String]) throws -> Program.Outcome {
            try Program.run(
                ["compare", "t.csv", "--task", "group", "--formula", "\(response) ~ x + z", "--family", family]
                    + arguments, in: folder)
        }
        let methods = ["--methods", "pool,itl,armul,armul-clustered,armul-low-rank", "--clusters", "2", "--rank", "1"]
        let written = try compare(methods + ["--strengths", "0.2,2", "--cv", "3", "-o", "c.csv"])
        try #require(written.code == 0, "\(written)")
        let lines = Lines(try folder.data("c.csv"))
        #expect(lines.names.contains(name) && lines.names.contains("wrong_share") == (family != "poisson"))
        #expect(lines.texts("tasks") == Array(repeating: "6", count: 5))
        let errors = lines.numbers(name)
        // Half of the groups turn everything round: one model of all tells nothing, all others do.
        #expect(errors.dropFirst().allSatisfy { $0 > 0 && $0 < 0.8 * errors[0] }, "\(errors)")
        if family != "poisson" {
            let wrong = lines.numbers("wrong_share")
            #expect(wrong.dropFirst().allSatisfy { $0 > 0 && $0 < 0.7 * wrong[0] }, "\(wrong)")
        }
        #expect(written.errors.contains("armul-clustered: clusters 2; strengths "), "\(written)")
        let table = try compare(["--cv", "3", "--strengths", "0.2,2"])
        try #require(table.code == 0, "\(table)")
        #expect(table.text.hasPrefix(name == "deviance" ? "Deviance on rows held out" : "Log loss on rows held out"))
        #expect(table.text.contains(name) && table.text.contains("wrong, %") == (family != "poisson"))
        let places = ["\nitl ", "\npool ", "\narmul "].map { table.text.contains($0) }
        #expect(places == [true, true, true], "\(table.text)")
        let refused = try compare(["--methods", "itl,ridge-pool"])
        #expect(refused.code == 64, "\(refused)")
        #expect(
            refused.errors.contains(
                "--methods ridge-pool is not for --family \(family), which has "
                    + (family == "multinomial" ? "" : "molar-hard, molar-soft, ")
                    + "itl, pool, armul, armul-clustered, armul-low-rank"), "\(refused)")
    }

    @Test("compare tells how many tasks have no finite coefficients of their own")
    func compareSeparated() throws {
        let folder = try kinds()
        var text = try folder.text("t.csv")
        for row in 0..<12 { text += "odd,\(row % 5),\(row % 3),yes,1,low,0\n" }
        try folder.write("t.csv", text)
        let found = try Program.run(
            [
                "compare", "t.csv", "--task", "group", "--formula", "word ~ x + z", "--family", "binomial", "--methods",
                "itl,pool", "--json",
            ], in: folder)
        try #require(found.code == 0, "\(found)")
        let report = try #require(try JSONSerialization.jsonObject(with: found.output) as? [String: Any])
        #expect(report["separated_tasks"] as? Int == 1 && report["family"] as? String == "binomial")
        let results = try #require(report["results"] as? [[String: Any]])
        #expect(results.count == 2 && results.allSatisfy { $0["tasks"] as? Int == 7 && $0["log_loss"] is Double })
    }

    @Test("labels that are no class of the model, and rows without one, say nothing")
    func unknownLabels() throws {
        let folder = try kinds()
        let fitted = try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "word ~ x + z", "--method", "armul", "--family",
                "binomial",
                "--structure", "clustered", "--clusters", "2", "--strength", "5", "-o", "m.json",
            ], in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        for table in ["group,x,z,word\nnew,1,1,maybe\nnew,2,1,NA\n", "group,x,z\nnew,1,1\nnew,2,1\n"] {
            try folder.write("new.csv", table)
            let found = try Program.run(["predict", "m.json", "new.csv"], in: folder)
            try #require(found.code == 0, "\(found)")
            #expect(found.errors.contains("2 rows, 1 task, 2 predicted"), "\(found)")
            #expect(found.errors.contains("prediction from the mean of the tasks' centres for 1 task without"))
        }
    }

    @Test("a response that is not of the family is one line", arguments: WrongResponse.all)
    func wrong(response: WrongResponse) throws {
        let folder = try folder()
        if let rows = response.rows { try folder.write("t.csv", rows) }
        let outcome = try fit(response.family, response.name, ["-o", "m.csv"], in: folder)
        #expect(outcome.code == 65, "\(outcome)")
        #expect(outcome.errorLines == ["kindred: t.csv: \(response.message)"])
        #expect(!FileManager.default.fileExists(atPath: folder.path("m.csv")))
    }

    @Test("the number of clusters or vectors is chosen for every family, and the file says from which")
    func sizes() throws {
        let folder = try folder()
        for (family, response) in [("binomial", "bit"), ("poisson", "count")] {
            for (structure, option) in [("clustered", "--clusters"), ("low-rank", "--rank")] {
                let outcome = try fit(
                    family, response,
                    ["--structure", structure, option, "1,2", "--intercept", "shared", "--cv", "3", "-o", "m.json"],
                    in: folder)
                try #require(outcome.code == 0, "\(outcome)")
                let model = try #require(
                    try JSONSerialization.jsonObject(with: folder.data("m.json")) as? [String: Any])
                let tuning = try #require(model["tuning"] as? [String: Any])
                let name = structure == "clustered" ? "clusters" : "rank"
                #expect(tuning[name] as? [Int] == [1, 2] && tuning["penalty"] as? [Double] == [0.3, 0.3], "\(tuning)")
            }
        }
    }

    @Test("a family that a method does not have is refused, and so are variances that it does not have")
    func otherMethods() throws {
        let folder = try folder()
        func errors(_ family: String, _ options: [String]) throws -> String {
            let outcome = try Program.run(
                ["fit", "t.csv", "--task", "group", "--formula", "bit ~ x", "--family", family] + options, in: folder)
            #expect(outcome.code == 64)
            return outcome.errors
        }
        #expect(
            try errors("binomial", ["--method", "ridge"]).contains(
                "--family binomial comes with --method itl, pool, molar, armul"))
        #expect(
            try errors("multinomial", ["--method", "itl"]).contains("--family multinomial comes with --method armul"))
        #expect(try errors("poisson", ["--vcov", "hc3"]).contains("--vcov hc3: corrects by leverages"))
    }

    @Test("itl, pool and molar fit classes and counts, and predict what adds up", arguments: ["binomial", "poisson"])
    func likelihood(family: String) throws {
        let folder = try folder()
        let response = family == "binomial" ? "word" : "count"
        let observed = Self.rows.map { family == "binomial" ? ($0.yes ? 1.0 : 0) : Double($0.count) }
        func fit(_ method: String, _ output: String) throws {
            let formula = "\(response) ~ x + I(x^2)"
            let outcome = try Program.run(
                [
                    "fit", "t.csv", "--task", "group", "--formula", formula, "--method", method, "--family", family,
                    "-o",
                    output,
                ], in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            #expect(outcome.errors.contains("\(method): 4 tasks: 4 ok\n"), "\(outcome)")
        }
        for (method, model) in [("itl", "m.json"), ("molar", "m.npz"), ("pool", "m.json")] {
            try fit(method, model)
            let (_, rows) = try predictions(model, in: folder)
            let means = rows.map { Double($0.last ?? "") ?? .nan }
            if method == "pool" {
                #expect(abs(means.reduce(0, +) - observed.reduce(0, +)) <= 1e-8)
            } else {
                try checkSums(means, observed)
            }
            try fit(method, "m.csv")
            let lines = Lines(try folder.data("m.csv"))
            #expect(lines.numbers("estimate").allSatisfy { $0.isFinite })
            if method == "molar" { continue }
            #expect(lines.numbers("p_value").allSatisfy { $0 >= 0 && $0 <= 1 })
            #expect(lines.texts("df").allSatisfy { $0 == "Inf" })
            // The normal's quantile at 0.975.
            for (place, estimate) in lines.numbers("estimate").enumerated() {
                let error = lines.numbers("std_error")[place]
                #expect(abs(lines.numbers("conf_high")[place] - estimate - 1.959963984540054 * error) <= 1e-12)
                #expect(abs(lines.numbers("statistic")[place] - estimate / error) <= 1e-12)
            }
        }
    }

    @Test("compare has molar for two classes and counts", arguments: ["binomial", "poisson"])
    func compareMolar(family: String) throws {
        let folder = try kinds()
        let found = try Program.run(
            [
                "compare", "t.csv", "--task", "group", "--formula",
                "\(family == "binomial" ? "word" : "count") ~ x + z", "--family", family, "--methods",
                "itl,pool,molar-hard,molar-soft", "-o", "c.csv",
            ], in: folder)
        try #require(found.code == 0, "\(found)")
        let lines = Lines(try folder.data("c.csv"))
        #expect(lines.texts("method") == ["itl", "pool", "molar-hard", "molar-soft"])
        let errors = lines.numbers(family == "binomial" ? "log_loss" : "deviance")
        // Tasks that are turned round are far from the median, and stay so.
        #expect(errors.allSatisfy { $0 > 0 } && errors[2] < 0.8 * errors[1], "\(errors)")
    }

    @Test("a family that no task has coefficients of is one line that says why")
    func separatedEverywhere() throws {
        let folder = try Folder()
        var text = "group,x,y\n"
        for row in 0..<40 { text += "g\(row / 20),\(row % 20),\(row % 20 > 9 ? 1 : 0)\n" }
        try folder.write("t.csv", text)
        for method in ["itl", "pool"] {
            let outcome = try Program.run(
                [
                    "fit", "t.csv", "--task", "group", "--formula", "y ~ x", "--family", "binomial", "--method", method,
                    "-o", "m.csv",
                ], in: folder)
            #expect(outcome.code == 65, "\(outcome)")
            #expect(
                outcome.errors.contains("in \(method == "pool" ? "all rows" : "every task"), the features tell every "),
                "\(outcome)")
        }
    }
}
