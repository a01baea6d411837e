import Compute
import Tables
import Testing

@Suite("Text of tables")
struct ReaderTextTests {
    private let folder = ReaderFolder()

    private func store(
        _ name: String, _ bytes: [UInt8], columns: [(name: String, role: TableRequest.Role)] = [("y", .infer)],
        missing: [String] = ["NA", ""]
    ) throws -> ColumnStore {
        let request = TableRequest(task: "task", columns: columns, missing: missing, keepsInputRows: true)
        return try TableReader(path: folder.file(name, bytes), request: request, parallel: Parallel(threadCount: 1))
            .read()
    }

    private func store(
        _ text: String, name: String = "t.csv", columns: [(name: String, role: TableRequest.Role)] = [("y", .infer)],
        missing: [String] = ["NA", ""]
    ) throws -> ColumnStore {
        try store(name, Array(text.utf8), columns: columns, missing: missing)
    }

    private func tasks(_ store: ColumnStore) -> [String] { (0..<store.taskLabels.count).map { store.taskLabels[$0] } }

    @Test(
        "is the same with LF, CRLF, a byte order mark, blank lines at its end and no last line end",
        arguments: [
            "task,y\na,1\nb,2\na,3\n", "task,y\r\na,1\r\nb,2\r\na,3\r\n", "\u{FEFF}task,y\na,1\nb,2\na,3\n",
            "task,y\na,1\nb,2\na,3", "task,y\na,1\nb,2\na,3\n\n\r\n\n", "\ntask,y\na,1\nb,2\n\na,3",
            "\u{FEFF}\"task\",\"y\"\r\n\"a\",\"1\"\r\n\"b\",\"2\"\r\n\"a\",\"3\"", " task ,y \n a\t, 1\n b,2 \na ,+3\n",
            "task,y,z\na,1,\"1,\n\"\"2\"\nb,2,\na,3,\"\"\n", "z,y,u,task,v\n1,1,,a,2\n,2,\",\",b,\n,3,,a,\n",
        ])
    func lineEnds(text: String) throws {
        let store = try store(text)
        #expect(tasks(store) == ["a", "b"])
        #expect(try store.numbers(0) == [1, 3, 2])
        #expect(try store.inputRows == [0, 2, 1])
    }

    @Test("keeps commas, line ends and quotes inside quotes, and blanks there")
    func quotes() throws {
        let store = try store(
            "task,\"a \"\"b\"\"\",y\n\"x, \"\"y\"\"\",\" two\nlines \",1\n5\" pipe,\"\"\"\",2\n",
            columns: [("a \"b\"", .labels), ("y", .numbers)])
        #expect(tasks(store) == ["5\" pipe", "x, \"y\""])
        guard case .codes(let levels) = store.columns[0].kind else {
            Issue.record("labels are read as codes")
            return
        }
        #expect(try store.codes(0).map { levels[Int($0)] } == ["\"", " two\nlines "])
    }

    @Test("a column that may be absent drops no row: what is no number there is NaN")
    func optionalColumn() throws {
        let text = "task,y,x\na,1,2\nb,,3\na,NA,4\nb,\"?, no\",5\na,6,\n"
        let found = try store(text, columns: [("x", .numbers), ("y", .numbersIfAny), ("z", .numbersIfAny)])
        #expect(found.columns.map(\.name) == ["x", "y"])
        #expect(try found.numbers(0) == [2, 4, 3, 5])
        #expect(try found.numbers(1).map(\.isNaN) == [false, true, true, true])
        #expect(found.droppedByColumn.map(\.column) == ["x"])
        // One that is needed as well is read as such.
        let needed = try store(text, columns: [("x", .numbersIfAny), ("x", .numbers)])
        #expect(try needed.numbers(0) == [2, 4, 3, 5])
        #expect(needed.columns.count == 1)
    }

    @Test("is split by tabs in .tsv, and elsewhere where the header says so")
    func delimiters() throws {
        let tabs = "task\ty\na,b\t1\n\"c\td\"\t2\n"
        for name in ["t.tsv", "t.TSV", "t.txt", "noending"] {
            let store = try store(tabs, name: name)
            #expect(tasks(store) == ["a,b", "c\td"])
            #expect(try store.numbers(0) == [1, 2])
        }
        #expect(try tasks(store("task,y\ta,\na,1,\n", name: "t.txt", columns: [])) == ["a"])
        #expect(try tasks(store("task,y\na\tb,1\n", name: "t.dat")) == ["a\tb"])
    }

    @Test("may be gzip of one member or several, whatever its name")
    func gzip() throws {
        let first = Array("task,y\na,1\nb,".utf8)
        let second = Array("2\na,3\n".utf8)
        let members = [
            gzipped(first + second), gzipped(first) + gzipped(second), gzipped(first) + gzipped([]) + gzipped(second),
            gzipped(first) + gzipped(second) + [0, 0, 0],
        ]
        for (bytes, name) in zip(members + members, ["t.csv.gz", "t.csv", "t", "t.csv.GZ"]) {
            #expect(try store(name, bytes).numbers(0) == [1, 3, 2])
        }
        #expect(tasks(try store("t.tsv.gz", gzipped(Array("task\ty\na,\t1\n".utf8)))) == ["a,"])
    }

    @Test("may be compressed gzip")
    func compressedGzip() throws {
        // Python: gzip.compress(b"task,y\n" + b"a,1\nb,2\n" * 50, mtime=0)
        let bytes: [UInt8] = [
            0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2B, 0x49, 0x2C, 0xCE, 0xD6, 0xA9,
            0xE4, 0x4A, 0xD4, 0x31, 0xE4, 0x4A, 0xD2, 0x31, 0x1A, 0xA5, 0x07, 0x09, 0x0D, 0x00, 0x3D, 0xD2,
            0x83, 0x45, 0x97, 0x01, 0x00, 0x00,
        ]
        let store = try store("t.csv.gz", bytes)
        #expect(store.layout.sampleCounts == [50, 50])
        #expect(try store.numbers(0) == Array(repeating: 1, count: 50) + Array(repeating: 2, count: 50))
    }

    @Test("drops rows with a missing value and counts them, and drops with them what only they held")
    func missing() throws {
        let store = try store(
            "task,y,f,z\na,1,u,\n,2,u,1\nb,NA,v,1\na, ,NA,1\na,5,\"NA\",1\nc,\"\",w,1\na,inf,x,9\n",
            columns: [("y", .infer), ("f", .infer)])
        #expect(tasks(store) == ["a"])
        #expect(try store.numbers(0) == [1, .infinity])
        #expect(store.columns[1].kind == .codes(levels: Labels(["u", "x"])))
        #expect(store.totalRowCount == 7)
        #expect(store.droppedRowCount == 5)
        #expect(store.droppedByColumn.map(\.column) == ["task", "y", "f"])
        #expect(store.droppedByColumn.map(\.count) == [1, 3, 2])
        #expect(try store.inputRows == [0, 6])
    }

    @Test("may mark missing values by numbers, by words, or not at all")
    func missingTexts() throws {
        let text = "task,y\na,-9\na,-9.0\na,999\na,1\na,nan\n"
        #expect(try store(text, missing: ["-9", "nan"]).numbers(0) == [-9, 999, 1])
        #expect(try store(text.replacing("nan", with: "."), missing: [".", "999"]).numbers(0) == [-9, -9, 1])
        #expect(try tasks(store("task,y\n,1\nNA,2\n", missing: [])) == ["", "NA"])
    }

    @Test("remembers where a column first holds a number that is not finite")
    func nonFinite() throws {
        let store = try store(
            "task,y,x\na,NA,nan\n\"a\nb\",2,3\na,3, -Inf \na,NaN,4\na,1e999,NaN\n",
            columns: [("y", .numbers), ("x", .numbers), ("task", .labels)])
        #expect(store.firstNonFinite.map { $0?.place } == [.line(6), .line(5), nil])
        #expect(store.firstNonFinite.map { $0?.text } == ["NaN", "-Inf", nil])
    }

    @Test("gives labels in ascending order: numbers by value, else bytes")
    func order() throws {
        #expect(
            try tasks(store("task,y\n10,1\n9,1\n-1,1\n1.0,1\n1,1\n1e1,1\n")) == ["-1", "1", "1.0", "9", "10", "1e1"])
        #expect(
            try tasks(store("task,y\n10,1\n9,1\nb,1\nab,1\na,1\nB,1\né,1\n")) == ["10", "9", "B", "a", "ab", "b", "é"])
        #expect(try tasks(store("task,y\n10,1\n9,1\nnan,1\n")) == ["10", "9", "nan"])
        let digits = ["2", "9", "10"].map { $0 + "." + String(repeating: "0", count: 49 - $0.utf8.count) }
        #expect(try tasks(store("task,y\n\(digits.reversed().map { "\($0),1\n" }.joined())")) == digits)
        let long = ["school-000000010", "school-000000009", "school-00000001", "school-0000000091"]
        #expect(try tasks(store("task,y\n\(long.map { "\($0),1\n" }.joined())")) == long.sorted())
    }

    @Test("tells labels apart that only look the same")
    func normalForms() throws {
        let store = try store("task,y\n\u{E9},1\ne\u{301},2\n\u{E9},3\n")
        #expect(tasks(store).map { Array($0.utf8) } == [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
        #expect(try store.numbers(0) == [2, 1, 3])
    }

    @Test("may hold bytes that are not UTF-8 where no label is taken from")
    func invalidBytes() throws {
        let text = Array("task,y,z\na,1,".utf8) + [0xFF] + Array("\n".utf8) + [0xFE] + Array(",NA,\nb,2,\n".utf8)
        let store = try store("t.csv", text)
        #expect(tasks(store) == ["a", "b"])
        #expect(try store.numbers(0) == [1, 2])
    }

    @Test("tells numbers from text by the majority of a column's first values")
    func inference() throws {
        let store = try store(
            "task,half,most,none,number\na,1,x,NA,1\na,x,x,NA,2\n",
            columns: [("most", .infer), ("number", .infer), ("number", .labels), ("task", .infer)])
        #expect(store.columns.map(\.holdsNumbers) == [false, true, false, false])
        #expect(throws: TableError.self) { try self.store("task,y\na,1\na,x\n") }
        let blank = try self.store("y,task\n\n\n\r\n1,a\n2,a\n", missing: ["NA"])
        #expect(blank.columns[0].holdsNumbers)
    }

    @Test("counts the first 10,000 rows and no more to tell numbers from text")
    func inferenceRows() throws {
        func rows(texts: Int, numbers: Int) -> String {
            String(repeating: "a,x\n", count: texts) + String(repeating: "a,1\n", count: numbers)
        }
        let text = try store("task,y\n" + rows(texts: 5001, numbers: 4999) + rows(texts: 0, numbers: 3))
        #expect(!text.columns[0].holdsNumbers)
        #expect(throws: TableError.self) {
            try self.store("task,y\n" + rows(texts: 5000, numbers: 5000) + rows(texts: 3, numbers: 0))
        }
    }

    @Test("gives one column a name and kind, however often it is asked for")
    func repeatedColumns() throws {
        let store = try store(
            "task,y\n3,1\n1,2\n3,4\n",
            columns: [
                ("y", .numbers), ("task", .numbers), ("y", .infer), ("task", .labels), ("y", .labels), ("task", .infer),
            ])
        #expect(store.columns.map(\.name) == ["y", "task", "task", "y"])
        #expect(store.columns.map(\.holdsNumbers) == [true, true, false, false])
        #expect(try store.numbers(1) == [1, 3, 3])
        #expect(try store.codes(2) == [0, 1, 1])
        #expect(try store.codes(3) == [1, 0, 2])
        #expect(store.column(named: "y", holdingNumbers: false) == 3)
        #expect(store.column(named: "task", holdingNumbers: true) == 1)
    }
}
