import Foundation
import Testing

@Suite("where tasks differ")
struct DifferenceTests {
    /// Twenty groups on one line but for the third, whose slope is another.
    static func table(groups: Range<Int> = 0..<20, different: Int = 2) -> String {
        var text = "group,x,y\n"
        for group in groups {
            var state = UInt64(group) &* 1000 &+ 17
            for row in 0..<20 {
                let x = Double(row % 7) - 3
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let noise = (Double(state >> 11) * 0x1p-53 - 0.5) / 4
                text += "g\(group),\(x),\(1 + (group == different ? 5 : 2) * x + noise)\n"
            }
        }
        return text
    }

    static func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write("t.csv", table() + "single,1,3\n")
        return folder
    }

    private func fit(_ arguments: [String], in folder: Folder) throws -> Program.Outcome {
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "group", "--formula", "y ~ x", "--method", "molar", "--intercept", "shared"]
                + arguments, in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        return outcome
    }

    @Test("the table says own estimates, which differ, at what rate, and whose interval stands")
    func tidy() throws {
        let folder = try Self.folder()
        let outcome = try fit(["-o", "m.csv"], in: folder)
        #expect(outcome.errors.contains("coefficients differ from the centre's at a rate of false discoveries of 5 %"))
        let table = try Lines(path: folder.path("m.csv"))
        #expect(
            Array(table.names.suffix(7)) == [
                "own_estimate", "own_std_error", "center", "differs", "differ_p", "differ_q", "conf_of",
            ])
        let itl = try Program.run(
            ["fit", "t.csv", "--task", "group", "--formula", "y ~ x", "-o", "own.csv"], in: folder)
        #expect(itl.code == 0, "\(itl)")
        let own = try Lines(path: folder.path("own.csv"))
        #expect(table.texts("own_estimate") == own.texts("estimate"))
        #expect(table.texts("own_std_error") == own.texts("std_error"))
        // Intervals without an option are those of own estimates.
        #expect(table.texts("conf_low") == own.texts("conf_low"))
        #expect(Set(table.texts("conf_of")) == ["own", ""])
        let different = table.rows.indices.filter {
            table.texts("task")[$0] == "g2" && table.texts("term")[$0] == "x"
        }
        for row in table.rows.indices where table.texts("status")[row] == "ok" {
            let distance = abs(table.numbers("own_estimate")[row] - table.numbers("center")[row])
            let isShared = table.texts("differs")[row] == "false"
            #expect(isShared == (table.numbers("estimate")[row] == table.numbers("center")[row]))
            if isShared { #expect(distance < 3 * table.numbers("own_std_error")[row]) }
            #expect(table.numbers("differ_p")[row] <= table.numbers("differ_q")[row])
        }
        for row in different {
            #expect(table.texts("differs")[row] == "true")
            #expect(table.numbers("differ_q")[row] < 1e-6)
        }
        // The group of one row has the centre and nothing else.
        #expect(table.rows.last?.suffix(7).map(\.isEmpty) == [true, true, false, true, true, true, true])
    }

    @Test("intervals of the centre come with what they promise", arguments: ["quantile", "normal"])
    func sharedIntervals(kind: String) throws {
        let folder = try Self.folder()
        let outcome = try fit(["--intervals", kind, "-o", "m.csv"], in: folder)
        #expect(outcome.errors.contains("intervals of the centre for 2 of 2 terms"), "\(outcome)")
        let text = try folder.text("m.csv")
        let heading = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }
        #expect(heading.count == 4)
        #expect(heading.contains { $0.contains("they promise nothing for one that differs by less than") })
        let table = Lines(Data(text.split(separator: "\n").dropFirst(4).joined(separator: "\n").utf8))
        #expect(Set(table.texts("conf_of")) == ["own", "center", ""])
        let slopes = table.rows.indices.filter {
            table.texts("term")[$0] == "x" && table.texts("conf_of")[$0] == "center"
        }
        // One interval for all that are near, as wide as the centre's.
        #expect(slopes.count == 19)
        #expect(Set(slopes.map { table.texts("conf_low")[$0] }).count == 1)
    }

    @Test("a model file holds the same as arrays, and is read as before")
    func arrays() throws {
        let folder = try Self.folder()
        _ = try fit(["--intervals", "normal", "-o", "m.csv"], in: folder)
        _ = try fit(["--intervals", "normal", "-o", "m.json"], in: folder)
        let text = try folder.text("m.csv")
        let table = Lines(Data(text.split(separator: "\n").dropFirst(4).joined(separator: "\n").utf8))
        let model = try #require(
            JSONSerialization.jsonObject(with: folder.data("m.json")) as? [String: Any])
        let tasks = try #require(model["tasks"] as? [[String: Any]])
        for (column, name) in [
            ("own_estimate", "own_coefficients"), ("differ_q", "differ_q"), ("conf_low", "conf_low"),
        ] {
            let written = tasks.flatMap { ($0[name] as? [Any] ?? []).map { $0 as? Double ?? .nan } }
            #expect(written.count == table.rows.count)
            for (one, other) in zip(written, table.numbers(column)) {
                // Foundation reads a number's last digit as it likes.
                #expect(abs(one - other) <= 1e-12 * abs(other) || one.isNaN && other.isNaN)
            }
        }
        let predicted = try Program.run(["predict", "m.json", "t.csv", "-o", "p.csv"], in: folder)
        #expect(predicted.code == 0, "\(predicted)")
    }

    @Test("a report names tasks and terms, and draws without a network")
    func report() throws {
        let folder = try Self.folder()
        let bundle = try folder.write("bundle.js", "/* the bundle */")
        let outcome = try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "y ~ x", "--method", "molar", "-o", "m.csv", "--report",
                "r.html",
            ], in: folder, environment: ["KINDRED_VEGA": bundle])
        #expect(outcome.code == 0, "\(outcome)")
        let page = try folder.text("r.html")
        #expect(page.contains("/* the bundle */") && page.contains("Where tasks differ"))
        #expect(page.contains("\"g11\"") && page.contains("too_few_rows: 1"))
        #expect(!page.contains("src=") && !page.contains("href="))
        _ = try fit(["-o", "m.csv", "--report", "r.vl.json"], in: folder)
        let figures = try #require(
            JSONSerialization.jsonObject(with: folder.data("r.vl.json")) as? [String: Any])
        #expect((figures["vconcat"] as? [Any])?.count == 2)
        let missing = try Program.run(
            [
                "fit", "t.csv", "--task", "group", "--formula", "y ~ x", "--method", "molar", "-o", "n.csv", "--report",
                "n.html",
            ], in: folder, environment: ["KINDRED_VEGA": "nowhere.js"])
        #expect(missing.code == 69)
        #expect(try !folder.names.contains("n.csv"))
    }

    @Test("a page that cannot be written is said before anything is, and is no other file of the run")
    func reportTrouble() throws {
        let folder = try Self.folder()
        func fit(_ arguments: [String], environment: [String: String?] = [:]) throws -> Program.Outcome {
            try Program.run(
                ["fit", "t.csv", "--task", "group", "--formula", "y ~ x", "--method", "molar"] + arguments, in: folder,
                environment: environment)
        }
        let nowhere = try fit(["-o", "m.csv", "--report", "nowhere/r.vl.json"])
        #expect(nowhere.code == 73 && nowhere.errors.contains("no folder 'nowhere'"), "\(nowhere)")
        let same = try fit(["-o", "r.vl.json", "--report", "./r.vl.json"])
        #expect(same.code == 64, "\(same)")
        #expect(
            same.errors == "kindred: --report ./r.vl.json: -o writes to that file too; name another one\n", "\(same)")
        let python = try fit(["--report", "r.svg"], environment: ["KINDRED_PYTHON": "no-such-python"])
        #expect(python.code == 69 && python.output.isEmpty, "\(python)")
        #expect(try folder.names == ["t.csv"])
    }
}

@Suite("kindred adapt")
struct AdaptTests {
    private func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write("t.csv", DifferenceTests.table())
        let rows = DifferenceTests.table(groups: 30..<32, different: 31)
        try folder.write("new.csv", rows + "few,1,3\n")
        return folder
    }

    private func fitModel(_ name: String, _ arguments: [String] = [], in folder: Folder) throws {
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "group", "--formula", "y ~ x", "--method", "molar", "-o", name] + arguments,
            in: folder)
        try #require(outcome.code == 0, "\(outcome)")
    }

    @Test("draws new tasks to the model's centre, each as if it were alone", arguments: ["m.json", "m.npz"])
    func adapt(model: String) throws {
        let folder = try folder()
        try fitModel(model, ["--intercept", "shared"], in: folder)
        let outcome = try Program.run(["adapt", model, "new.csv", "-o", "a.csv"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let table = try Lines(path: folder.path("a.csv"))
        let own = try Program.run(
            ["fit", "new.csv", "--task", "group", "--formula", "y ~ x", "-o", "own.csv"], in: folder)
        #expect(own.code == 0, "\(own)")
        #expect(table.texts("own_estimate") == (try Lines(path: folder.path("own.csv"))).texts("estimate"))
        let terms = table.texts("term")
        for row in table.rows.indices where table.texts("task")[row] != "few" {
            // N / n is 21, more than the two coefficients.
            let threshold = log(2.0).squareRoot() * table.numbers("own_std_error")[row]
            let differs = abs(table.numbers("own_estimate")[row] - table.numbers("center")[row]) > threshold
            #expect(table.texts("differs")[row] == "\(differs)")
            if table.texts("task")[row] == "g31", terms[row] == "x" { #expect(differs) }
            #expect(
                table.numbers("estimate")[row] == table.numbers(differs ? "own_estimate" : "center")[row])
        }
        #expect(
            outcome.errors.contains(
                "1 task of too few rows or with dependent columns, drawn to the centre by the LASSO"))
        // One task alone has the same lines.
        try folder.write("one.csv", DifferenceTests.table(groups: 31..<32, different: 31))
        let alone = try Program.run(["adapt", model, "one.csv", "-o", "one_out.csv"], in: folder)
        #expect(alone.code == 0, "\(alone)")
        let lone = try Lines(path: folder.path("one_out.csv"))
        let together = zip(table.texts("task"), table.numbers("estimate")).filter { $0.0 == "g31" }.map(\.1)
        // Columns are scaled by what is in the table, which may change the last digits.
        for (one, other) in zip(lone.numbers("estimate"), together) { #expect(abs(one - other) < 1e-12) }
    }

    @Test(
        "no task changes another, whatever the model's settings",
        arguments: [["--noise", "orlicz:1"], ["--sigma", "pooled"], ["--ratio", "effective"], ["--ridge", "1e-8"]])
    func alone(options: [String]) throws {
        let folder = try folder()
        try fitModel("m.json", options + ["--tie", "lower", "--task-weights", "equal"], in: folder)
        try folder.write("one.csv", DifferenceTests.table(groups: 31..<32, different: 31))
        try folder.write("many.csv", DifferenceTests.table(groups: 31..<90, different: 31))
        func estimates(_ table: String) throws -> [Double] {
            let outcome = try Program.run(["adapt", "m.json", table], in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            let lines = Lines(outcome.output)
            return ["estimate", "own_std_error", "differ_p", "conf_low"].flatMap { name in
                zip(lines.texts("task"), lines.numbers(name)).filter { $0.0 == "g31" }.map(\.1)
            }
        }
        let (alone, together) = (try estimates("one.csv"), try estimates("many.csv"))
        #expect(alone.count == 8)
        for (one, other) in zip(alone, together) {
            #expect(one.isNaN && other.isNaN || abs(one - other) <= 1e-9 * max(1e-3, abs(one)))
        }
        // An adapted model says what its centre is of, for those who adapt to it in turn.
        #expect(try Program.run(["adapt", "m.json", "one.csv", "-o", "a.json"], in: folder).code == 0)
        let (model, adapted) = (try folder.text("m.json"), try folder.text("a.json"))
        for part in ["\"tie\": \"lower\"", "\"task_weights\": \"equal\"", "\"center_tasks\": 20"] {
            #expect(model.contains(part) && adapted.contains(part), "\(part)")
        }
    }

    @Test("what it writes is a model that predicts")
    func predict() throws {
        let folder = try folder()
        try fitModel("m.json", in: folder)
        #expect(try Program.run(["adapt", "m.json", "new.csv", "-o", "a.json"], in: folder).code == 0)
        let predicted = try Program.run(["predict", "a.json", "new.csv", "-o", "p.csv"], in: folder)
        #expect(predicted.code == 0, "\(predicted)")
        let predictions = try Lines(path: folder.path("p.csv")).numbers("prediction")
        #expect(predictions.count == 41 && predictions.allSatisfy(\.isFinite))
    }

    @Test("refuses a model of another method, categories that it has not seen, and a table without the response")
    func refusals() throws {
        let folder = try folder()
        let itl = try Program.run(
            ["fit", "t.csv", "--task", "group", "--formula", "y ~ x", "-o", "itl.json"], in: folder)
        #expect(itl.code == 0)
        let other = try Program.run(["adapt", "itl.json", "new.csv"], in: folder)
        #expect(other.code == 64)
        #expect(
            other.errors
                == "kindred: itl.json: a model of method 'itl'; adapt needs one of --method molar with a centre\n")
        let missing = try Program.run(["adapt", "none.json", "new.csv"], in: folder)
        #expect(missing.code == 66)
        try fitModel("m.json", in: folder)
        for (option, complaint) in [
            ("--level=2", "--level 2.0: a share between 0 and 1 is needed"),
            ("--strength=-1", "--strength -1.0: 0 or more is needed"),
        ] {
            let wrong = try Program.run(["adapt", "m.json", "new.csv", option], in: folder)
            #expect(wrong.code == 64 && wrong.errors == "kindred: \(complaint)\n", "\(wrong)")
        }
        try folder.write("bare.csv", "group,x\na,1\n")
        let bare = try Program.run(["adapt", "m.json", "bare.csv"], in: folder)
        #expect(bare.code == 65 && bare.errors.contains("'y'"), "\(bare)")
        try folder.write(
            "c.csv", "group,c,y\n" + (0..<20).map { "g\($0 % 2),\($0 % 3 == 0 ? "u" : "v"),\($0 % 5)\n" }.joined())
        let factors = try Program.run(
            ["fit", "c.csv", "--task", "group", "--formula", "y ~ c", "--method", "molar", "-o", "c.json"], in: folder)
        #expect(factors.code == 0, "\(factors)")
        try folder.write("w.csv", "group,c,y\na,u,1\na,w,2\na,v,3\n")
        let unknown = try Program.run(["adapt", "c.json", "w.csv"], in: folder)
        #expect(unknown.code == 65)
        #expect(unknown.errors.contains("1 row with a category that the model has not seen"), "\(unknown)")
    }
}
