import Foundation
import Testing

/// What molar, and the LASSOs beside it, are not to be asked, with what the user is told.
struct MolarInput: Sendable, CustomStringConvertible {
    let description: String
    var table: String?
    var formula = "y ~ x + z"
    var method = "molar"
    var options: [String] = []
    var code = 64
    let message: [String]

    static let all: [MolarInput] =
        [
            MolarInput(description: "no tasks", table: "task,y,x,z\n", code: 65, message: ["t.csv: ", "no rows"]),
            MolarInput(description: "no coefficients", formula: "y ~ 0", message: ["'y ~ 0' has no features"]),
            MolarInput(
                description: "a task with fewer columns than the others", table: "task,y,x,z\na,1,2,3\nb,1,2\n",
                code: 65, message: ["t.csv:3: ", "3 fields where the header has 4"]),
            MolarInput(
                description: "columns that depend on each other in every task", formula: "y ~ x + z + I(x - z)",
                code: 65, message: ["in every task", "'I(x - z)'", "leave it out"]),
            MolarInput(
                description: "fewer rows than coefficients in every task",
                table: "task,y,x,z\na,1,2,3\na,2,2,4\nb,1,3,3\n",
                code: 65, message: ["no task has more rows than the model has coefficients", "2 rows, the model 3"]),
        ] + weights + deviations + strengths + levels + shares

    private static let weights =
        [
            ("-1", "found -1.0 in task 'g1'"), ("nan", "found nan in task 'g1'"), ("inf", "found inf in task 'g1'"),
        ].map { value, found in
            MolarInput(
                description: "a weight of \(value)", table: MolarInputTests.table(weight: { $0 == 25 ? value : "1" }),
                options: ["--weights", "w"], code: 65, message: ["'w'", found, "finite and at least 0"])
        } + [
            MolarInput(
                description: "weights that are all 0", table: MolarInputTests.table(weight: { _ in "0" }),
                options: ["--weights", "w"], code: 65, message: ["weights 'w' are all 0"])
        ]

    private static let deviations = ["-1", "0", "nan", "inf"].map { value in
        MolarInput(
            description: "errors of deviation \(value)", options: ["--sigma=\(value)"],
            message: ["'\(value)'", "'--sigma", "a number above 0 or column:NAME"])
    }

    private static let strengths =
        ["molar", "lasso", "elastic-net"].flatMap { method in
            ["-1", "nan"].map { value in
                MolarInput(
                    description: "\(method) of strength \(value)", method: method, options: ["--strength=\(value)"],
                    message: ["--strength \(value)", "0 or more is needed"])
            }
        } + [
            MolarInput(
                description: "a ridge below 0", options: ["--ridge=-1"], message: ["--ridge -1.0: 0 or more is needed"]),
            MolarInput(
                description: "a ridge and robust standard errors", options: ["--ridge", "1e-8", "--vcov", "hc1"],
                message: ["--ridge goes with --vcov iid"]),
        ]

    private static let levels =
        ["0", "1", "1.5", "nan"].map { value in
            MolarInput(
                description: "intervals that cover \(value)", options: ["--level", value],
                message: ["--level", "a share between 0 and 1 is needed"])
        }
        + ["0", "3"].map { value in
            MolarInput(
                description: "tails of exponent \(value)", options: ["--noise", "orlicz:\(value)"],
                message: ["'orlicz:\(value)'", "A above 0 and at most 2"])
        }

    /// Half of the tasks at each end are all tasks.
    private static let shares =
        ["0.5", "-0.1", "nan"].map { value in
            MolarInput(
                description: "a trim of \(value)", method: "lasso",
                options: ["--center", "trimmed-mean", "--trim=\(value)"],
                message: ["--trim \(value)", "0 or more and less than 0.5"])
        } + [
            MolarInput(
                description: "a mixture of 2", method: "elastic-net", options: ["--mixture", "2"],
                message: ["--mixture 2.0: a share from 0 to 1 is needed"]),
            MolarInput(
                description: "deviations below 0", table: MolarInputTests.table(weight: { $0 == 25 ? "-2" : "1" }),
                options: ["--sigma", "column:w"], code: 65,
                message: ["a deviation 'w': found -2.0 in task 'g1'", "above 0"]),
            MolarInput(
                description: "two deviations of a task", table: MolarInputTests.table(weight: { $0 == 25 ? "2" : "1" }),
                options: ["--sigma", "column:w"], code: 65,
                message: ["a deviation 'w': found 1.0 and 2.0 in task 'g1'", "which can have one"]),
            MolarInput(
                description: "a task weight that is not finite", table: MolarInputTests.table(weight: { _ in "inf" }),
                options: ["--task-weights", "column:w"], code: 65, message: ["a weight 'w': found inf in task 'g0'"]),
            MolarInput(
                description: "task weights that are all 0", table: MolarInputTests.table(weight: { _ in "0" }),
                options: ["--task-weights", "column:w"], code: 65, message: ["a weight 'w' is 0 for all tasks"]),
            MolarInput(
                description: "a column of task weights that is not there", options: ["--task-weights", "column:v"],
                code: 65,
                message: ["no column 'v'"]),
            MolarInput(
                description: "a radius of 0", method: "lasso", options: ["--center", "sparse", "--radius", "0"],
                message: ["--radius 0.0: more than 0 is needed"]),
            MolarInput(
                description: "bounds of a centre that has none", method: "lasso", options: ["--center-strength", "2"],
                message: ["--center-strength goes with --center sparse"]),
        ]
}

@Suite("bad input of MOLAR")
struct MolarInputTests {
    /// Eight tasks of twenty rows near `y = 1 + 2 x + 3 z`.
    ///
    /// - Parameters:
    ///   - z: what stands for the column, by task and its own value.
    ///   - weight: the column `w`, by row.
    static func table(
        z: (_ task: Int, _ value: Double) -> Double = { $1 }, weight: ((_ row: Int) -> String)? = nil
    ) -> String {
        var text = "task,y,x,z" + (weight == nil ? "\n" : ",w\n")
        for row in 0..<160 {
            let (x, own) = (Double(row * 7 % 13) - 6, Double(row * 5 % 11) - 5)
            let z = z(row / 20, own)
            let y = 1 + 2 * x + 3 * z + Double(row * 31 % 17) / 17
            text += "g\(row / 20),\(y),\(x),\(z)" + (weight.map { ",\($0(row))" } ?? "") + "\n"
        }
        return text
    }

    private func fit(_ table: String, _ options: [String], in folder: Folder? = nil) throws -> Program.Outcome {
        let folder = try folder ?? Folder()
        try folder.write("t.csv", table)
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", "y ~ x + z", "--method", "molar", "--device", "cpu"]
                + options,
            in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        return outcome
    }

    @Test("is refused, and what was found is named", arguments: MolarInput.all)
    func refused(input: MolarInput) throws {
        let folder = try Folder()
        try folder.write("t.csv", input.table ?? Self.table())
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", input.formula, "--method", input.method, "--device", "cpu"]
                + input.options, in: folder)
        #expect(outcome.code == input.code, "\(outcome)")
        for part in input.message { #expect(outcome.errors.contains(part), "\(part): \(outcome)") }
        #expect(outcome.output.isEmpty)
        #expect(try folder.names == ["t.csv"], "nothing is left behind")
    }

    @Test("a task with too few rows, weights of 0, or a value that is not finite: the others are as without it")
    func spoiledTasks() throws {
        let rows = Self.table(weight: { _ in "1" })
        let spoiled =
            rows + "few,1,1,2,1\nfew,2,3,4,1\n" + (0..<9).map { "none,\($0),\($0 % 4),\($0 % 5),0\n" }.joined()
            + "bad,1,2,3,1\n" + (0..<9).map { "bad,\($0),\($0 % 4),\($0 == 5 ? "inf" : "1.5"),1\n" }.joined()
        let outcome = try fit(spoiled, ["--weights", "w"])
        #expect(
            outcome.errors.contains("11 tasks: 8 ok, 2 with too few rows, 1 with values that are not finite\n"),
            "\(outcome)")
        #expect(outcome.errors.contains("column 'z': 'inf'"))
        #expect(outcome.errors.contains("3 tasks without an estimate got the centre's coefficients"))
        let clean = TidyTable(Lines(try fit(rows, ["--weights", "w"]).output)).lines
        let found = TidyTable(Lines(outcome.output)).lines
        #expect(clean.count == 24)
        for (key, line) in clean {
            let other = try #require(found[key])
            for name in ["estimate", "std_error"] {
                let (one, two) = (try #require(line.values[name]), try #require(other.values[name]))
                // Columns are scaled by what is in the table, which changes the last digits.
                #expect(one.isNaN && two.isNaN || abs(one - two) < 1e-9 * abs(one), "\(key)")
            }
        }
    }

    @Test("as many rows as coefficients are too few, but for a known deviation of errors")
    func knownDeviation() throws {
        let rows = Self.table() + "few,1,1,2\nfew,2,3,4\nfew,3,1,7\n"
        #expect(try fit(rows, []).errors.contains("9 tasks: 8 ok, 1 with too few rows"))
        let known = try fit(rows, ["--sigma", "0.3"])
        #expect(known.errors.contains("9 tasks: 9 ok\n"))
        #expect(known.errors.contains("1 of the fitted tasks has fewer than 6 rows"))
    }

    @Test("a column that is constant in one task is named, with the task; a ridge fits it")
    func constantColumn() throws {
        let folder = try Folder()
        let rows = Self.table { task, value in task == 5 || task == 6 ? 4 : value }
        let outcome = try fit(rows, ["-o", "m.json"], in: folder)
        #expect(outcome.errors.contains("8 tasks: 6 ok, 2 collinear (z in 'g5' and 1 other)\n"), "\(outcome)")
        let model = try String(contentsOfFile: folder.path("m.json"), encoding: .utf8)
        #expect(
            model.contains(
                "{\"task\": \"g5\", \"n\": 20, \"df\": null, \"status\": \"collinear\", \"collinear_term\": \"z\""))
        let ridged = try fit(rows, ["--ridge", "1e-8", "-o", "r.json"], in: folder)
        #expect(ridged.errors.contains("8 tasks: 8 ok\n"))
        #expect(ridged.errors.contains("2 of the fitted tasks have columns that depend on each other"))
        let other = try String(contentsOfFile: folder.path("r.json"), encoding: .utf8)
        #expect(other.contains("\"ridge\": 1e-8") || other.contains("\"ridge\": 1e-08"), "\(other.prefix(1500))")
        #expect(other.contains("\"ridged\": 2"))
    }

    @Test("a column that another one nearly tells makes large standard errors, and a condition that files report")
    func nearlyCollinear() throws {
        let folder = try Folder()
        func conditions(_ table: String) throws -> [Double] {
            let outcome = try fit(table, ["-o", "m.json"], in: folder)
            #expect(outcome.errors.contains("8 tasks: 8 ok\n"), "\(outcome)")
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("m.json")))
            let model = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let tasks = try #require(model["tasks"] as? [[String: Any]])
            return try tasks.map { try #require($0["condition"] as? Double) }
        }
        let plain = try conditions(Self.table())
        let near = try conditions(Self.table { task, value in task == 3 ? 4 + 1e-4 * value : value })
        #expect(plain.allSatisfy { (1..<10).contains($0) })
        #expect(near[3] > 1e4 && near[3] < 1e6)
        #expect(near.indices.allSatisfy { $0 == 3 || abs(near[$0] / plain[$0] - 1) < 0.5 })
    }

    @Test("no error at all in one task's response leaves the others' centre")
    func exactTask() throws {
        let rows = Self.table()
        let exact = Self.table { $1 }.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let fields = line.split(separator: ",").map(String.init)
            guard fields.first == "g2", let x = Double(fields[2]), let z = Double(fields[3]) else {
                return String(line)
            }
            return "g2,\(10 + 2 * x + 3 * z),\(fields[2]),\(fields[3])"
        }.joined(separator: "\n")
        func center(_ table: String) throws -> [Double] {
            Array(Lines(try fit(table, ["--intercept", "shared"]).output).numbers("center").prefix(3))
        }
        let (clean, spoiled) = (try center(rows), try center(exact))
        #expect(clean.count == 3)
        #expect(abs(spoiled[0] - clean[0]) < 0.5)
        for term in 1..<3 { #expect(abs(spoiled[term] - clean[term]) < 0.1) }
    }

    @Test(
        "coverages near 0 and 1 have intervals that are finite, and wider with the coverage",
        arguments: ["own", "quantile", "normal", "paper"])
    func extremeLevels(kind: String) throws {
        func widths(_ level: String) throws -> [Double] {
            let output = try fit(Self.table(), ["--level", level, "--intervals", kind]).output
            let table = String(decoding: output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
            let lines = Lines(Data((table.joined(separator: "\n") + "\n").utf8))
            return zip(lines.numbers("conf_low"), lines.numbers("conf_high")).map { $1 - $0 }
        }
        let all = try ["1e-12", "0.5", "0.95", "0.999999999999"].map(widths)
        #expect(all.allSatisfy { $0.count == 24 && $0.allSatisfy { $0.isFinite && $0 >= 0 } })
        if kind == "own" {
            for (narrow, wide) in zip(all, all.dropFirst()) { #expect(zip(narrow, wide).allSatisfy { $0 < $1 }) }
        }
    }

    @Test("a column of deviations or of weights has what tasks are given")
    func givenColumns() throws {
        let table = Self.table(weight: { $0 < 100 ? "0.3" : "0.6" })
        func numbers(_ name: String, _ options: [String]) throws -> [Double] {
            Lines(try fit(table, ["--intercept", "shared"] + options).output).numbers(name)
        }
        // Standard errors go by deviations: for the first five tasks as with 0.3 for all.
        let (small, large) = (
            try numbers("own_std_error", ["--sigma", "0.3"]), try numbers("own_std_error", ["--sigma", "0.6"])
        )
        let given = try numbers("own_std_error", ["--sigma", "column:w"])
        for row in 0..<24 { #expect(abs(given[row] / (row < 15 ? small : large)[row] - 1) < 1e-12) }
        // One task of weight has the centre.
        let single = Self.table(weight: { $0 / 20 == 6 ? "2" : "0" })
        let lines = Lines(try fit(single, ["--intercept", "shared", "--task-weights", "column:w"]).output)
        #expect(lines.numbers("center").prefix(3) == lines.numbers("own_estimate")[18..<21])
    }

    @Test("one task, and one coefficient, are left as they are")
    func nothingToShare() throws {
        let one = Self.table().split(separator: "\n").prefix(21).joined(separator: "\n") + "\n"
        let outcome = try fit(one, ["--intercept", "shared"])
        let lines = Lines(outcome.output)
        #expect(lines.texts("estimate") == lines.texts("own_estimate"))
        #expect(lines.texts("differs") == ["false", "false", "false"])
    }
}
