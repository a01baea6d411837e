import Foundation
import Testing

@Suite("predict")
struct PredictTests {
    /// A model of the small table, in `model.json` beside it.
    private func folderWithModel(_ formula: String = "y ~ x", method: String = "itl") throws -> Folder {
        let folder = try SmallTable.folder()
        let outcome = try Program.run(
            [
                "fit", "t.csv", "--task", "task", "--device", "cpu", "--formula", formula, "--method", method, "-o",
                "model.json",
            ], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        return folder
    }

    private func model(in folder: Folder) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: folder.data("model.json")) as? [String: Any])
    }

    @Test("gives X b for the rows it was fitted to, in the order of the table")
    func roundTrip() throws {
        let folder = try folderWithModel()
        let tasks = try #require(model(in: folder)["tasks"] as? [[String: Any]])
        var coefficients: [String: [Double]] = [:]
        for task in tasks {
            let label = try #require(task["task"] as? String)
            coefficients[label] = task["coefficients"] as? [Double]
        }
        let outcome = try Program.run(["predict", "model.json", "t.csv"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        let found = Lines(outcome.output)
        let table = Lines(Data(SmallTable.text.utf8))
        #expect(found.names == ["row", "task", "prediction"])
        #expect(found.texts("row") == (1...12).map(String.init))
        #expect(found.texts("task") == table.texts("task"))
        for (row, x) in table.numbers("x").enumerated() {
            let b = try #require(coefficients[table.texts("task")[row]])
            let expected = b[0] + b[1] * x
            let size = abs(b[0]) + abs(b[1] * x)
            #expect(abs(found.numbers("prediction")[row] - expected) <= 8 * Double.ulpOfOne * size)
        }
    }

    @Test("codes factors as the fit did, and needs no response")
    func factors() throws {
        let folder = try folderWithModel("y ~ x + group", method: "pool")
        let whole = Lines(try Program.run(["predict", "model.json", "t.csv"], in: folder).output)
        // The new table has other levels first and no response; its rows are two of the old ones.
        try folder.write("new.csv", "group,task,x\nw,b,5\nu,a,0\n")
        let outcome = try Program.run(["predict", "model.json", "new.csv"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let predictions = whole.texts("prediction")
        #expect(Lines(outcome.output).texts("prediction") == [predictions[11], predictions[0]])
    }

    @Test("leaves rows with missing values and unknown levels empty, and counts them")
    func emptyRows() throws {
        let folder = try folderWithModel("y ~ x + group", method: "pool")
        try folder.write("new.csv", "task,group,x\na,u,\na,q,1\na,u,1\n,u,1\n")
        let outcome = try Program.run(["predict", "model.json", "new.csv"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        let found = Lines(outcome.output)
        #expect(found.texts("row") == ["1", "2", "3", "4"])
        #expect(found.numbers("prediction").map(\.isNaN) == [true, true, false, true])
        #expect(found.texts("prediction").filter(\.isEmpty).count == 3)
        #expect(outcome.errors.contains("1 predicted"))
        #expect(outcome.errors.contains("no prediction for 2 rows with missing values"))
        #expect(outcome.errors.contains("no prediction for 1 row with a category that the model has not seen"))
    }

    @Test("refuses a new task by default where tasks share nothing, and says what to do")
    func newTaskIsAnError() throws {
        let folder = try folderWithModel()
        try folder.write("new.csv", "task,x\na,1\nz,1\n")
        for options in [[], ["--new-tasks", "error"]] {
            let outcome = try Program.run(["predict", "model.json", "new.csv", "-o", "p.csv"] + options, in: folder)
            #expect(outcome.code == 65)
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errors.contains("no coefficients for task 'z'"))
            #expect(outcome.errors.contains("--new-tasks missing"))
        }
        #expect(try folder.names == ["model.json", "new.csv", "t.csv"])
    }

    @Test("tells of a new task in one line, whatever it is called")
    func newTaskOfTwoLines() throws {
        let folder = try folderWithModel()
        try folder.write("new.csv", "task,x\n\"z\n1\",1\n")
        let outcome = try Program.run(["predict", "model.json", "new.csv"], in: folder)
        #expect(outcome.code == 65)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("no coefficients for task 'z\\n1'"))
    }

    @Test("leaves new tasks empty on request")
    func newTaskIsMissing() throws {
        let folder = try folderWithModel()
        try folder.write("new.csv", "task,x\na,1\nz,1\n")
        let outcome = try Program.run(["predict", "model.json", "new.csv", "--new-tasks", "missing"], in: folder)
        #expect(outcome.code == 0)
        #expect(Lines(outcome.output).numbers("prediction").map(\.isNaN) == [false, true])
        #expect(outcome.errors.contains("no prediction for 1 task without coefficients in the model"))
    }

    @Test("has no centre to offer where each task was fitted on its own")
    func centreOfNothing() throws {
        let folder = try folderWithModel()
        let outcome = try Program.run(["predict", "model.json", "t.csv", "--new-tasks", "centre"], in: folder)
        #expect(outcome.code == 64)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("method 'itl' has no centre"))
    }

    @Test("predicts unknown tasks from a pooled model, unless told not to", arguments: [nil, "centre"])
    func pooled(policy: String?) throws {
        let folder = try folderWithModel(method: "pool")
        try folder.write("new.csv", "task,x\na,1\nz,1\n")
        let options = policy.map { ["--new-tasks", $0] } ?? []
        let outcome = try Program.run(["predict", "model.json", "new.csv"] + options, in: folder)
        #expect(outcome.code == 0)
        let predictions = Lines(outcome.output).numbers("prediction")
        #expect(predictions.count == 2)
        #expect(predictions[0] == predictions[1])
        let missing = try Program.run(["predict", "model.json", "new.csv", "--new-tasks", "missing"], in: folder)
        #expect(Lines(missing.output).numbers("prediction").map(\.isNaN) == [false, true])
        let refused = try Program.run(["predict", "model.json", "new.csv", "--new-tasks", "error"], in: folder)
        #expect(refused.code == 65)
    }

    @Test("reads the texts of missing values from the model")
    func missingTexts() throws {
        let folder = try Folder()
        try folder.write("t.csv", "task,x,y\na,1,1\na,.,2\na,2,3\na,4,4\n")
        let fit = ["fit", "t.csv", "--na", ".", "-o", "model.json"] + SmallTable.fit
        #expect(try Program.run(fit, in: folder).code == 0)
        let outcome = try Program.run(["predict", "model.json", "t.csv"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(Lines(outcome.output).numbers("prediction").map(\.isNaN) == [false, true, false, false])
    }

    @Test("reads a model that --json wrote to standard output")
    func modelFromStandardOutput() throws {
        let folder = try SmallTable.folder()
        let fit = try Program.run(["fit", "t.csv", "--json"] + SmallTable.fit, in: folder)
        #expect(fit.code == 0)
        try folder.write("model.json", fit.output)
        #expect(try Program.run(["predict", "model.json", "t.csv"], in: folder).code == 0)
    }

    @Test("says of a damaged model file where it is damaged")
    func damagedModel() throws {
        let folder = try folderWithModel()
        let whole = try folder.text("model.json")
        let damaged = [
            String(whole.prefix(whole.count / 2)), "", SmallTable.text,
            whole.replacingOccurrences(of: "\"format\": 1", with: "\"format\": 2"),
            whole.replacingOccurrences(of: "\"terms\": [\"(Intercept)\", \"x\"]", with: "\"terms\": [\"x\"]"),
            whole.replacingOccurrences(of: "y ~ x", with: "y ~"),
        ]
        for text in damaged {
            try folder.write("model.json", text)
            let outcome = try Program.run(["predict", "model.json", "t.csv"], in: folder)
            #expect(outcome.code == 65, "\(outcome) of \(text.prefix(300))")
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errors.hasPrefix("kindred: model.json"))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test("names a model or a column that is not there")
    func absent() throws {
        let folder = try folderWithModel()
        let model = try Program.run(["predict", "none.json", "t.csv"], in: folder)
        #expect(model.code == 66)
        #expect(model.errorLines.count == 1)
        #expect(model.errors.contains("'none.json'"))
        try folder.write("new.csv", "task,z\na,1\n")
        let column = try Program.run(["predict", "model.json", "new.csv"], in: folder)
        #expect(column.code == 65)
        #expect(column.errorLines.count == 1)
        #expect(column.errors.contains("new.csv:1: found no column 'x'"))
    }
}
