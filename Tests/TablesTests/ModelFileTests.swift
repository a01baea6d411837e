import Compute
import Tables
import Testing

@Suite("ModelFile")
struct ModelFileTests {
    private static func model(taskCount: Int, terms: [String], seed: UInt64) -> ModelFile {
        var generator = SplitMix(state: seed)
        func numbers(_ count: Int) -> [Double] {
            (0..<count).map { _ in
                let number = Double(bitPattern: generator.next())
                return number.isFinite ? number : .nan
            }
        }
        let statuses: [TaskStatus] = [
            .ok, .tooFewRows, .collinear(feature: terms.count - 1), .separated, .notConverged, .nonFinite,
        ]
        return ModelFile(
            version: "0.1.0", method: "itl", formula: "y ~ `a\\`b\"` + größe", taskColumn: "the \"task\"",
            response: "y\n\u{1}\\", terms: terms, levels: ["g": ["p", "q\t"], "C(x)": ["1", ""]],
            settings: [
                .init("vcov", .string("HC1")), .init("level", .number(0.95)), .init("standardize", .bool(false)),
                .init("cluster", .null), .init("list", .array([.integer(1), .object([])])),
            ],
            center: taskCount % 2 == 0
                ? nil
                : .init(
                    coefficients: numbers(terms.count), standardErrors: [.nan] + numbers(terms.count - 1),
                    sampleCount: 12 * taskCount, degreesOfFreedom: taskCount == 1 ? .nan : 7),
            clusters: taskCount % 2 == 0
                ? nil
                : .init(
                    centers: (0..<min(2, taskCount)).map { _ in numbers(terms.count) },
                    labels: (0..<taskCount).map { $0 % min(2, taskCount) }),
            subspace: taskCount % 2 == 1 || taskCount == 0
                ? nil : .init(basis: [numbers(terms.count)], loadings: numbers(taskCount)),
            tuning: taskCount == 0
                ? nil
                : .init(
                    penalties: [0, 0.1, .infinity], errors: numbers(3), standardErrors: numbers(3),
                    sizes: taskCount < 7 ? [] : [2, 3, 1], chosen: taskCount % 3),
            summary: [.init("tasks", .integer(taskCount)), .init("status", .object([.init("ok", .integer(1))]))],
            provenance: .init(
                device: "cpu", precision: "double", notices: ["fell back: \"lost\""], seed: .max,
                timings: [.init("read", .number(0.125))]),
            tasks: .init(
                labels: Labels((0..<taskCount).map { "task \($0) 😀\u{7F}\u{0}" }),
                sampleCounts: (0..<taskCount).map { $0 * 1000 }, degreesOfFreedom: numbers(taskCount),
                statuses: (0..<taskCount).map { statuses[$0 % 6] }, coefficients: numbers(taskCount * terms.count),
                standardErrors: numbers(taskCount * terms.count)))
    }

    private static func bytes(_ model: ModelFile, threads: Int = 2) throws -> [UInt8] {
        let folder = try OutputFolder()
        let file = try OutputFile(path: folder.path + "/fit.json")
        try model.write(to: file, parallel: Parallel(threadCount: threads))
        try file.finish()
        return try folder.bytes("fit.json")
    }

    @Test("reads back what was written, to the bit", arguments: [0, 1, 2, 7, 3000])
    func roundTrip(taskCount: Int) throws {
        let model = Self.model(taskCount: taskCount, terms: ["(Intercept)", "x", "g:\"q\""], seed: UInt64(taskCount))
        let bytes = try Self.bytes(model)
        let found = try ModelFile(bytes: bytes, source: "fit.json")
        #expect(found == model)
        #expect(try Self.bytes(found, threads: 1) == bytes)
    }

    @Test("reads back the arrays that were written, to the bit, whatever the threads", arguments: [0, 1, 2, 7, 30_000])
    func archive(taskCount: Int) throws {
        var model = Self.model(taskCount: taskCount, terms: ["(Intercept)", "x", "größe"], seed: UInt64(taskCount))
        // An array has no zeros at the end of a text.
        model.tasks.labels = Labels((0..<taskCount).map { "task \($0) 😀\u{0}." })
        let folder = try OutputFolder()
        for threads in [1, 3] {
            let file = try OutputFile(path: folder.path + "/fit\(threads).npz")
            try model.writeArchive(to: file, parallel: Parallel(threadCount: threads))
            try file.finish()
        }
        #expect(try ModelFile(readingFrom: folder.path + "/fit1.npz") == model)
        #expect(try folder.bytes("fit1.npz") == folder.bytes("fit3.npz"))
        model.tasks.coefficients = []
        model.tasks.standardErrors = []
        let file = try OutputFile(path: folder.path + "/shared.npz")
        try model.writeArchive(to: file, parallel: Parallel(threadCount: 2))
        try file.finish()
        #expect(try ModelFile(readingFrom: folder.path + "/shared.npz") == model)
    }

    @Test("has no numbers for tasks that have only what they share")
    func sharedOnly() throws {
        var model = Self.model(taskCount: 7, terms: ["x", "z"], seed: 3)
        model.tasks.coefficients = []
        model.tasks.standardErrors = []
        let bytes = try Self.bytes(model)
        #expect(try ModelFile(bytes: bytes, source: "fit.json") == model)
    }

    @Test("reads from a file, and says when it cannot")
    func files() throws {
        let folder = try OutputFolder()
        let model = Self.model(taskCount: 3, terms: ["x"], seed: 1)
        try folder.write(String(decoding: try Self.bytes(model), as: UTF8.self), to: "fit.json")
        #expect(try ModelFile(readingFrom: folder.path + "/fit.json") == model)
        let missing = try #require(throws: TableError.self) { try ModelFile(readingFrom: folder.path + "/none.json") }
        #expect(missing.kind == .noInput)
        #expect(
            missing.description
                == "cannot open the model '\(folder.path)/none.json': No such file or directory; check its name")
        let directory = try #require(throws: TableError.self) { try ModelFile(readingFrom: folder.path) }
        #expect(directory.kind == .noInput)
    }

    private static let whole = """
        {"format": 1, "kindred": "0.1.0", "method": "itl", "formula": "y ~ x", "task_column": "t", "response": "y",
        "terms": ["(Intercept)", "x"], "levels": {}, "settings": {}, "center": null, "summary": {},
        "provenance": {"device": "cpu", "precision": "double"},
        "tasks": [
        {"task": "a", "n": 3, "df": 1, "status": "ok", "coefficients": [1, 2e-3], "std_errors": [0.5, null]},
        {"task": "b", "n": 3, "df": 1, "status": "collinear", "collinear_term": "x",
         "coefficients": [null, null], "std_errors": [null, null]}
        ]}
        """

    @Test("reads members in any order, with any space, and skips what it does not know")
    func tolerance() throws {
        let expected = try ModelFile(bytes: Array(Self.whole.utf8), source: "fit.json")
        #expect(expected.tasks.statuses == [.ok, .collinear(feature: 1)])
        #expect(expected.tasks.coefficients.prefix(2) == [1, 2e-3])
        let changed =
            "\u{FEFF}"
            + Self.whole
            .replacing("\"terms\": [\"(Intercept)\", \"x\"],", with: "\"new\": [{\"a\": [true, null]}],")
            .replacing("\n]}", with: "\n],\r\n\t\"terms\" : [ \"(Intercept)\" , \"\\u0078\" ] } \n")
            .replacing("\"df\": 1,", with: "\"df\":1,\"more\":{\"x\":[]},")
        #expect(try ModelFile(bytes: Array(changed.utf8), source: "fit.json") == expected)
    }

    /// Two tasks in two clusters, or in a subspace of one vector.
    private static let structured =
        whole
        .replacing(
            "\"center\": null",
            with: "\"center\": null, \"clusters\": {\"centers\": [[1, 2], [3, null]]},"
                + "\"subspace\": {\"basis\": [[0, 1]]}, \"tuning\": {\"penalty\": [1, null], \"error\": [4, 5],"
                + "\"std_error\": [1, 1], \"chosen\": 1}"
        )
        .replacing("\"status\": \"ok\"", with: "\"status\": \"ok\", \"cluster\": 1, \"loadings\": [7]")
        .replacing("\"collinear_term\"", with: "\"cluster\": 0, \"loadings\": [null], \"collinear_term\"")

    @Test("reads clusters, a subspace and the penalties that were tried, an infinite one as null")
    func structure() throws {
        let model = try ModelFile(bytes: Array(Self.structured.utf8), source: "fit.json")
        #expect(model.clusters == .init(centers: [[1, 2], [3, .nan]], labels: [1, 0]))
        #expect(model.subspace == .init(basis: [[0, 1]], loadings: [7, .nan]))
        #expect(
            model.tuning
                == .init(penalties: [1, .infinity], errors: [4, 5], standardErrors: [1, 1], sizes: [], chosen: 1))
    }

    @Test(
        "says what is wrong with clusters, a subspace or penalties",
        arguments: [
            ("\"cluster\": 1", "\"cluster\": 2", "fit.json: \"clusters\" are none of 2 tasks and 2 terms; is"),
            ("\"cluster\": 1", "\"cluster\": -1", "fit.json:5: found '-1, \"loadings\""),
            ("\"cluster\": 1, ", "", "fit.json:7: task 2 is in no cluster, or has 1 loadings, unlike the task"),
            ("\"cluster\": 0, ", "", "fit.json:7: task 2 is in no cluster, or has 1 loadings, unlike the task"),
            ("\"cluster\": 1", "\"cluster\": 1, \"cluster\": 0", "fit.json:5: task 1 is in no cluster, or has 1"),
            ("\"loadings\": [null]", "\"loadings\": []", "fit.json:7: task 2 is in no cluster, or has 0 loadings"),
            ("[[0, 1]]", "[[0, 1, 2]]", "fit.json: \"subspace\" is none of 2 tasks and 2 terms; is this a whole"),
            ("[[0, 1]]", "[[0, 1], [1, 0]]", "fit.json: \"subspace\" is none of 2 tasks and 2 terms; is this a"),
            ("[[0, 1]]", "[0, 1]", "fit.json: \"subspace\" is no list of vectors; is this a whole model file?"),
            ("[[1, 2], [3, null]]", "[[1, 2], [3]]", "fit.json: \"clusters\" are none of 2 tasks and 2 terms"),
            ("[[1, 2], [3, null]]", "7", "fit.json: \"clusters\" is no list of centers; is this a whole model"),
            ("\"chosen\": 1", "\"chosen\": 2", "fit.json: \"tuning\" has not one error a penalty, or none that"),
            ("\"error\": [4, 5]", "\"error\": [4]", "fit.json: \"tuning\" has not one error a penalty, or none"),
            ("\"penalty\": [1", "\"penalty\": [-1", "fit.json: \"tuning\" has not one error a penalty, or none"),
            ("\"chosen\": 1", "\"chosen\": 1, \"rank\": [\"a\", 2]", "fit.json: \"tuning\" is no list of penalties"),
        ])
    func structureDamage(original: String, replacement: String, message: String) throws {
        let range = try #require(Self.structured.firstRange(of: original))
        let text = Self.structured.replacingCharacters(range, with: replacement)
        let error = try #require(throws: TableError.self) {
            try ModelFile(bytes: Array(text.utf8), source: "fit.json")
        }
        #expect(error.kind == .data)
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test(
        "says what is wrong with clusters in an archive",
        arguments: [
            ([0, 2], [2, 1], "\"clusters\" are none of 2 tasks and 1 terms"),
            ([0, -1], [2, 1], "\"cluster\" holds -1.0, which is no count"),
            ([0], [2, 1], "\"cluster\" has the shape (1,), or a type, that it has in no model"),
            ([0, 1], [1, 2], "\"cluster_centers\" has a shape that it has in no model of 1 terms"),
            ([0, 1], [2], "\"cluster_centers\" has a shape that it has in no model of 1 terms"),
            ([0, 1], [4, 1], "\"cluster_centers\" has a shape that it has in no model of 1 terms"),
        ])
    func archivedClusters(labels: [Int], shape: [Int], message: String) throws {
        let folder = try OutputFolder()
        let file = try OutputFile(path: folder.path + "/fit.npz")
        var archive = NpzWriter(file, parallel: Parallel(threadCount: 1))
        try archive.write("format", shape: [], integers: [1])
        for name in ["version", "method", "formula", "task_column"] { try archive.write(name, text: "y ~ x - 1") }
        try archive.write("terms", texts: ["x"])
        try archive.write("tasks", texts: ["a", "b"])
        try archive.write("n", shape: [2], integers: [3, 3])
        try archive.write("df", shape: [2], numbers: [1, 1])
        try archive.write("status", texts: ["ok", "ok"])
        try archive.write("collinear_term", shape: [2], integers: [-1, -1])
        try archive.write(
            "json",
            text: "{\"response\": \"y\", \"levels\": {}, \"settings\": {}, \"summary\": {}, "
                + "\"provenance\": {\"device\": \"\", \"precision\": \"double\"}}")
        try archive.write("cluster", shape: [labels.count], integers: labels)
        try archive.write("cluster_centers", shape: shape, numbers: Array(repeating: 1, count: shape.reduce(1, *)))
        try archive.finish()
        try file.finish()
        let error = try #require(throws: TableError.self) { try ModelFile(readingFrom: folder.path + "/fit.npz") }
        #expect(error.kind == .data)
        #expect(error.description.contains(message), "\(error)")
    }

    @Test("tells tasks apart that only look the same")
    func normalForms() throws {
        let text = Self.whole.replacing("\"a\"", with: "\"\u{E9}\"").replacing("\"b\"", with: "\"e\u{301}\"")
        let labels = try ModelFile(bytes: Array(text.utf8), source: "fit.json").tasks.labels
        #expect(labels.count == 2)
        #expect(Set((0..<2).map { LabelKey(labels[$0]) }).count == 2)
    }

    @Test(
        "reads halves of surrogate pairs one by one where they are no pair",
        arguments: [
            ("\\ud83d\\ude00", "\u{1F600}"), ("\\ud83dA", "\u{FFFD}A"), ("\\ud83d\\u0041", "\u{FFFD}A"),
            ("\\ude00\\ud83d\\ude00", "\u{FFFD}\u{1F600}"), ("\\ud83d\\ud83d\\ude00", "\u{FFFD}\u{1F600}"),
        ])
    func surrogates(escaped: String, expected: String) throws {
        let text = Self.whole.replacing("\"itl\"", with: "\"\(escaped)\"")
        #expect(try ModelFile(bytes: Array(text.utf8), source: "fit.json").method == expected)
    }

    @Test(
        "says what is wrong with a damaged or foreign file",
        arguments: [
            ("\"format\": 1", "\"format\": 2", "fit.json:1: found format 2, but this program reads format 1; use the"),
            ("\"format\": 1,", "", "fit.json: there is no \"format\"; is this a whole model file? fit the model again"),
            ("{\"format\": 1", "task,term\n", "fit.json:1: found 'task,term' where '{' was expected"),
            ("\"y ~ x\"", "3", "fit.json: \"formula\" is no text"),
            ("\"y ~ x\",", "\"y ~ x\"", "fit.json:1: found '\"task_column\": "),
            ("\"x\"], \"levels\"", "\"x\", \"z\"], \"levels\"", "fit.json: there are 3 terms but 4 coefficients of 2"),
            (
                "\"center\": null", "\"center\": {\"coefficients\": [1], \"n\": 3}",
                "fit.json: \"center\" is no center with one"
            ),
            (
                "\"center\": null", "\"center\": {\"coefficients\": [1, 1e999], \"std_errors\": [1, 2], \"n\": 3}",
                "fit.json: \"center\" is no center with one"
            ),
            (
                "\"center\": null", "\"center\": {\"coefficients\": [1, 1], \"std_errors\": [1, 2], \"n\": -3}",
                "fit.json: \"center\" is no center with one"
            ),
            (
                "\"center\": null",
                "\"center\": {\"coefficients\": [1, 1], \"std_errors\": [1, 2], \"n\": 3, \"df\": 1e999}",
                "fit.json: \"center\" is no center with one"
            ),
            ("\"n\": 3", "\"n\": -3", "fit.json:5: found '-3, \"df\": 1"),
            ("\"n\": 3, ", "", "fit.json:5: task 1 lacks its name, n, df or status, or has one twice"),
            ("\"b\"", "\"a\"", "fit.json:7: found a second task 'a'"),
            ("2e-3", "2e-3, 4", "fit.json:5: task 1 has 3 coefficients and 2 standard errors"),
            ("[1, 2e-3]", "[1]", "fit.json:5: task 1 has 1 coefficients and 2 standard errors"),
            ("2e-3", "2e-e", "fit.json:5: found '2e-e], \"std_errors\": [0.' where a number was expected"),
            ("2e-3", "1e999", "fit.json:5: found '1e999], "),
            ("\"ok\"", "\"fine\"", "fit.json:5: found the status 'fine', which this program does not know"),
            (
                "\"collinear_term\": \"x\"", "\"collinear_term\": \"q\"",
                "fit.json: task 2 is collinear in 'q', which is"
            ),
            ("\n]}", "\n", "fit.json:8: the file ends where ',' or ']' was expected; is this a whole"),
            ("\n]}", "\n]}}", "fit.json:8: found '}' where the end of the file was expected"),
            ("\"a\"", "\"a\n\"", "fit.json:5: found '' where the end of a string was expected"),
            ("\"a\"", "\"\\x\"", "fit.json:5: found 'x\""), ("\"a\"", "\"\\u12g4\"", "fit.json:5: found '12g4"),
        ])
    func damage(original: String, replacement: String, message: String) throws {
        let range = try #require(Self.whole.firstRange(of: original))
        let text = Self.whole.replacingCharacters(range, with: replacement)
        let error = try #require(throws: TableError.self) {
            try ModelFile(bytes: Array(text.utf8), source: "fit.json")
        }
        #expect(error.kind == .data)
        #expect(error.description.hasPrefix(message), "\(error)")
        #expect(!error.description.contains("\n"))
    }

    @Test("asks for no memory because an archive says that a text is so long")
    func claimedText() {
        var file = NpzFile()
        file.add("format", header: NpzFile.header("<i8", shape: "()"), data: NpzFile.word(1, 8))
        file.add("terms", header: NpzFile.header("<U1000000000", shape: "(1,)"), data: [1, 2, 3], isDeflated: true)
        file.changeLast { $0.claimedByteCount = $0.bytes.count - 3 + 4_000_000_000 }
        let folder = ReaderFolder()
        let path = folder.file("m.npz", file.bytes)
        let error = #expect(throws: TableError.self) { try ModelFile(readingFrom: path) }
        #expect(error?.description.contains("too few for the 4000000") == true, "\(String(describing: error))")
    }

    @Test("looks collinear terms up in time, however many terms and tasks there are", .timeLimit(.minutes(15)))
    func manyCollinearTerms() throws {
        let count = 30_000
        let terms = (0..<count).map { "\"t\($0)\"" }.joined(separator: ",")
        let tasks = (0..<count).map {
            "{\"task\": \"\($0)\", \"n\": 1, \"df\": 0, \"status\": \"collinear\", \"collinear_term\": \"t\(count - 1)\"}"
        }
        let text = Self.whole.replacing("\"(Intercept)\", \"x\"", with: terms)
        let start = try #require(text.firstRange(of: "\"tasks\": ["))
        let bytes = Array((text[..<start.upperBound] + tasks.joined(separator: ",") + "]}").utf8)
        let model = try expectMinute { try ModelFile(bytes: bytes, source: "fit.json") }
        #expect(model.tasks.statuses.allSatisfy { $0 == .collinear(feature: count - 1) })
    }

    @Test("refuses every file that is cut short, and nesting without end")
    func truncation() throws {
        let bytes = Array(Self.whole.utf8)
        for count in 0..<bytes.count {
            #expect(throws: TableError.self) { try ModelFile(bytes: Array(bytes[..<count]), source: "fit.json") }
        }
        let deep = Array("{\"new\": ".utf8) + Array(repeating: UInt8(ascii: "["), count: 100_000)
        let error = try #require(throws: TableError.self) { try ModelFile(bytes: deep, source: "fit.json") }
        #expect(error.description.contains("levels of nesting"))
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
