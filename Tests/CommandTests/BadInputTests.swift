import Foundation
import Testing

/// A table or a request that cannot be fitted, with what the user is to be told.
struct BadInput: Sendable, CustomStringConvertible {
    let description: String
    let table: String
    var formula = "y ~ x"
    var options: [String] = []
    var code = 65
    let message: [String]

    static let all: [BadInput] = [
        BadInput(
            description: "a column that is not there", table: "task,y,distance\na,1,2\n", formula: "y ~ distnace",
            message: ["t.csv:1: ", "no column 'distnace'", "did you mean 'distance'?"]),
        BadInput(
            description: "text where a number should be", table: "task,y,x\na,1,1\na,oops,2\n",
            message: ["t.csv:3: ", "column 'y'", "'oops'", "--na oops"]),
        BadInput(description: "an empty file", table: "", message: ["t.csv: ", "empty file"]),
        BadInput(description: "a header alone", table: "task,y,x\n", message: ["t.csv: ", "no rows"]),
        BadInput(
            description: "two columns of a name", table: "task,y,x,x\na,1,2,3\n",
            message: ["t.csv:1: ", "column 'x'", "2 columns", "rename"]),
        BadInput(
            description: "a row with too few fields", table: "task,y,x\na,1,2\na,1\n",
            message: ["t.csv:3: ", "2 fields where the header has 3"]),
        BadInput(
            description: "a row with too many fields", table: "task,y,x\na,1,2,3\n",
            message: ["t.csv:2: ", "4 fields where the header has 3"]),
        BadInput(
            description: "a quote that is never closed", table: "task,y,x\na,1,2\n\"a,1,2\na,1,2\n",
            message: ["t.csv:3: ", "quote", "never closed"]),
        BadInput(
            description: "negative weights", table: "task,y,x,w\na,1,2,1\nb,2,3,-1\n", options: ["--weights", "w"],
            message: ["t.csv: ", "'w'", "-1", "'b'", "at least 0"]),
        BadInput(
            description: "columns that are collinear in every task", table: SmallTable.text,
            formula: "y ~ x + I(2 * x)",
            message: ["t.csv: ", "in every task", "'I(2 * x)'", "leave it out"]),
        BadInput(
            description: "columns that are collinear in all rows", table: SmallTable.text,
            formula: "y ~ x + I(2 * x)", options: ["--method", "pool"],
            message: ["t.csv: ", "in all rows", "'I(2 * x)'", "leave it out"]),
        BadInput(
            description: "no task with enough rows", table: "task,y,x\na,1,2\nb,1,3\n",
            message: ["t.csv: ", "no task has more rows than the model has coefficients", "--method pool"]),
        BadInput(
            description: "no number that is finite", table: "task,y,x\na,nan,1\na,nan,2\na,nan,3\n",
            message: ["t.csv: ", "not finite", "line 2", "column 'y'", "'nan'"]),
        BadInput(
            description: "nothing but missing values", table: "task,y,x\na,,1\na,NA,2\n",
            message: ["t.csv: ", "missing"]),
        BadInput(
            description: "a formula that ends too early", table: SmallTable.text, formula: "y ~ x +", code: 64,
            message: ["formula 'y ~ x +', position 8: "]),
        BadInput(
            description: "a formula without a response", table: SmallTable.text, formula: "x", code: 64,
            message: ["formula 'x', position 2: ", "'~'"]),
        BadInput(
            description: "a formula with an unknown function", table: SmallTable.text, formula: "y ~ sin(x)", code: 64,
            message: ["formula 'y ~ sin(x)', position 5: ", "sin()"]),
        BadInput(
            description: "an unknown device", table: SmallTable.text, options: ["--device", "nosuchdevice"], code: 69,
            message: ["nosuchdevice", "--device cpu"]),
        BadInput(
            description: "a platform that is not there", table: SmallTable.text, options: ["--device", "opencl:99.0"],
            code: 69, message: ["opencl:99.0", "--device cpu"]),
        BadInput(
            description: "an output folder that is not there", table: SmallTable.text,
            options: ["-o", "nowhere/x.csv"], code: 73,
            message: ["cannot write 'nowhere/x.csv'", "no folder 'nowhere'"]),
    ]
}

@Suite("bad input")
struct BadInputTests {
    private let tableOptions = ["--task", "task"]

    /// One line, which names the program first, on standard error; nothing on standard output.
    private func expectOneLine(_ outcome: Program.Outcome, code: Int, _ parts: [String]) {
        #expect(outcome.code == code, "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.hasPrefix("kindred: "))
        for part in parts { #expect(outcome.errors.contains(part), "\(part)") }
        #expect(outcome.output.isEmpty)
    }

    @Test("is refused with one line and an exit code", arguments: BadInput.all)
    func refused(input: BadInput) throws {
        let folder = try Folder()
        try folder.write("t.csv", input.table)
        let device = input.options.contains("--device") ? [] : ["--device", "cpu"]
        let outcome = try Program.run(
            ["fit", "t.csv", "--formula", input.formula] + tableOptions + device + input.options, in: folder)
        expectOneLine(outcome, code: input.code, input.message)
        #expect(try folder.names == ["t.csv"], "nothing is left behind")
    }

    @Test("is refused under a task column that is not there")
    func taskColumn() throws {
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "tsk", "--formula", "y ~ x", "--device", "cpu"], in: SmallTable.folder())
        expectOneLine(outcome, code: 65, ["t.csv:1: ", "no column 'tsk'", "'task'"])
    }

    @Test("is refused where there is no file, or a folder")
    func noFile() throws {
        let folder = try SmallTable.folder()
        expectOneLine(
            try Program.run(["fit", "none.csv"] + SmallTable.fit, in: folder), code: 66, ["'none.csv'", "No such file"])
        expectOneLine(
            try Program.run(["fit", folder.path] + SmallTable.fit, in: folder), code: 66, [folder.path, "folder"])
    }

    @Test("is refused where gzip data end too early")
    func truncated() throws {
        let folder = try Folder()
        let whole = try Data(contentsOf: URL(fileURLWithPath: Sample.flights))
        try folder.write("t.csv.gz", whole.prefix(100_000))
        let outcome = try Program.run(
            ["fit", "t.csv.gz", "--task", "tailnum", "--formula", Sample.formula, "--device", "cpu"], in: folder)
        expectOneLine(outcome, code: 65, ["t.csv.gz: ", "gzip data end too early", "100000 bytes"])
    }

    @Test("is refused where a GPU is asked for and none is there", .disabled("there is a GPU") { Accelerator.hasGPU })
    func noGPU() throws {
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", "y ~ x", "--device", "gpu"], in: SmallTable.folder())
        expectOneLine(outcome, code: 69, ["no GPU", "--device cpu"])
    }

    /// Six tasks, of which one can be fitted.
    private static let mixedTable = """
        task,x,y
        good,1,1.5
        good,2,2.1
        good,3,2.9
        few,1,1
        flat,5,1
        flat,5,2
        flat,5,3
        nan,1,1
        nan,nan,2
        nan,3,1
        inf,1,1
        inf,2,-inf
        inf,3,1

        """

    @Test("of some tasks is a status that the summary counts, and stops no other task", arguments: Devices.all)
    func statuses(device: String) throws {
        let folder = try Folder()
        try folder.write("t.csv", Self.mixedTable)
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", "y ~ x", "--device", device], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let lines = TidyTable(Lines(outcome.output)).lines
        let expected = [
            "good": "ok", "few": "too_few_rows", "flat": "collinear", "nan": "non_finite", "inf": "non_finite",
        ]
        for (task, status) in expected {
            for term in ["(Intercept)", "x"] {
                let line = try #require(lines[TidyTable.Key(task: task, term: term)])
                #expect(line.status == status)
                #expect(line.values["estimate"]?.isNaN == (status != "ok"), "\(task)")
            }
        }
        #expect(
            outcome.errors.contains(
                "5 tasks: 1 ok, 1 with too few rows, 1 collinear (x in 'flat'), 2 with values that are not finite\n"))
        #expect(outcome.errors.contains("line 10, column 'x': 'nan'"))
    }

    @Test("that is nearly collinear is fitted by QR, and the summary counts it")
    func illConditioned() throws {
        let folder = try Folder()
        let rows = (0..<40).map { row in
            "\(row % 2 == 0 ? "a" : "b"),\(row * row % 17),\(row),\(row % 2 == 0 ? Double(row * 7 % 11) : Double(row) + 1e-5 * Double(row * 7 % 11))"
        }
        try folder.write("t.csv", "task,y,x,z\n" + rows.joined(separator: "\n") + "\n")
        let outcome = try Program.run(
            ["fit", "t.csv", "--task", "task", "--formula", "y ~ x + z", "--device", "cpu"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.errorLines.contains { $0.hasPrefix("1 ") && $0.contains("solved by QR") }, "\(outcome)")
        #expect(!outcome.errors.contains("ill-conditioned"), "\(outcome)")
    }

    @Test("of a task column that names rows ends at once for itl, and is no obstacle to pool")
    func oneRowTasks() throws {
        let folder = try Folder()
        try folder.write("t.csv", "task,x,y\n" + (0..<100_000).map { "t\($0),\($0 % 7),\($0 % 11)\n" }.joined())
        let start = ContinuousClock.now
        let alone = try Program.run(["fit", "t.csv"] + SmallTable.fit, in: folder)
        #expect(ContinuousClock.now - start < .seconds(30))
        expectOneLine(alone, code: 65, ["no task has more rows than the model has coefficients", "--method pool"])
        let pooled = try Program.run(["fit", "t.csv", "--method", "pool"] + SmallTable.fit, in: folder)
        #expect(pooled.code == 0, "\(pooled)")
        #expect(Lines(pooled.output).texts("n") == ["100000", "100000"])
    }
}
