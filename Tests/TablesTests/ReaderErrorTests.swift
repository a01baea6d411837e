import Compute
import Glibc
import Tables
import Testing

@Suite("Tables that cannot be read")
struct ReaderErrorTests {
    private let folder = ReaderFolder()

    private func error(
        _ path: String, columns: [(name: String, role: TableRequest.Role)] = [("y", .infer)],
        missing: [String] = ["NA", ""], blockBytes: Int = 1 << 20, pieceBytes: Int = 1 << 14
    ) -> TableError? {
        let request = TableRequest(task: "task", columns: columns, missing: missing)
        var reader = TableReader(path: path, request: request, parallel: Parallel(threadCount: 2))
        reader.tuning.blockBytes = blockBytes
        reader.tuning.pieceBytes = pieceBytes
        do throws(TableError) {
            _ = try reader.read()
            return nil
        } catch {
            return error
        }
    }

    /// Reads a table, and expects the same error however it is cut.
    private func expect(
        _ text: String, _ message: String, columns: [(name: String, role: TableRequest.Role)] = [("y", .infer)],
        missing: [String] = ["NA", ""], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expect(Array(text.utf8), message, columns: columns, missing: missing, sourceLocation: sourceLocation)
    }

    private func expect(
        _ bytes: [UInt8], _ message: String, columns: [(name: String, role: TableRequest.Role)] = [("y", .infer)],
        missing: [String] = ["NA", ""], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let path = folder.file("t.csv", bytes)
        for (blockBytes, pieceBytes) in [(1 << 20, 1 << 14), (1, 1), (16, 5)] {
            let found = error(
                path, columns: columns, missing: missing, blockBytes: blockBytes, pieceBytes: pieceBytes)
            #expect(found == TableError(.data, "\(path)\(message)"), sourceLocation: sourceLocation)
        }
    }

    @Test("a file that does not exist, a folder, and one whose reading fails have no input")
    func noInput() {
        let absent = "\(folder.path)/absent.csv"
        #expect(
            error(absent) == TableError(.noInput, "cannot open '\(absent)': No such file or directory; check the path"))
        #expect(
            error(folder.path)
                == TableError(.noInput, "cannot read '\(folder.path)': it is a folder; name a table in it"))
        #expect(error("/proc/self/mem")?.kind == .noInput)
        #expect(error("a\nb.csv")?.description.contains("'a\\nb.csv'") == true)
    }

    @Test("a file that may not be read has no input", .enabled(if: geteuid() != 0))
    func notPermitted() {
        let path = folder.file("t.csv", "task,y\na,1\n")
        chmod(path, 0)
        #expect(
            error(path)
                == TableError(.noInput, "cannot open '\(path)': Permission denied; check its permissions"))
    }

    @Test("a column that is not there, with the one that may be meant")
    func noSuchColumn() {
        expect(
            "task,yy,zebra\na,1,2\n",
            ":1: found no column 'y' (did you mean 'yy'?); the columns are: task, yy, zebra")
        expect("\n\nTask,y\na,1\n", ":3: found no column 'task' (did you mean 'Task'?); the columns are: Task, y")
        expect("task,\"a\nb\"\na,1\n", ":1: found no column 'y'; the columns are: task, a\\nb")
    }

    @Test("a quote after a lone carriage return, which opens no field above the header either")
    func quoteAfterReturn() {
        expect("\n\r\"", ":2: found no column 'task'; the columns are: \\r\"")
        expect("\r\"a,\"b\n\"\n", ":1: found no column 'task'; the columns are: \\r\"a, b\\n")
    }

    @Test("a column of which there are two, unless nobody asks for it")
    func duplicateHeader() {
        expect("y,task,y\n1,a,2\n", ":1: column 'y': found 2 columns of this name (fields 1, 3); rename them")
        expect(
            "task" + String(repeating: ",y", count: 5000) + "\n",
            ":1: column 'y': found 5000 columns of this name (fields 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...); rename them")
        let path = folder.file("t.csv", "task,y,z,z\na,1,2,3\n")
        #expect(error(path) == nil)
    }

    @Test("a file without content, without rows, without a complete row")
    func nothing() {
        let noHeader = "; a table begins with a line that names its columns"
        expect("", ": found an empty file\(noHeader)")
        expect("\u{FEFF}", ": found an empty file\(noHeader)")
        expect("\n\r\n", ": found only blank lines\(noHeader)")
        expect("task,y", ": found a header and no rows; a table needs at least one row of data")
        expect("task,y\n\n", ": found a header and no rows; a table needs at least one row of data")
        expect(
            "task,y\n,1\na,NA\nb,\n",
            ": found no complete row among 3: missing is 'task' in 1, 'y' in 2; leave such columns out, or correct --na"
        )
    }

    @Test("rows of too few or too many fields")
    func ragged() {
        expect(
            "task,y,z\na,1,2\na,1\n",
            ":3: found 2 fields where the header has 3; write the missing ones, empty if they have no value")
        expect(
            "z,task,y\n2,a,1\n\"2\n\",a,1\n1\n",
            ":5: found 1 field where the header has 3; write the missing ones, empty if they have no value")
        expect("task,y\na,1\na,b,1\n", ":3: found 3 fields where the header has 2; quote the field that holds a comma")
        expect("task,y\na,1,2\n", ":2: found 3 fields where the header has 2; quote the field that holds a comma")
        expect("task,y\na,1,\n", ":2: found 3 fields where the header has 2; quote the field that holds a comma")
        expect(
            "task\ty\na,\t1\t2\n".replacing("\t", with: ","),
            ":2: found 4 fields where the header has 2; quote the field that holds a comma")
    }

    @Test("text where a number should be")
    func textForNumber() {
        func message(_ line: Int, _ found: String, _ word: String) -> String {
            ":\(line): column 'y': found '\(found)' where a number should be; write --na \(word) if it marks a missing "
                + "value, or C(y) in the formula if these are categories, "
                + "or a --family of classes if it is the response"
        }
        expect("task,y\na,1\na,2\na,n/a\n", message(4, "n/a", "n/a"))
        expect("task,y\n\"a\n\n\",1\n\na,1\na,-\na,?\n", message(7, "-", "-"))
        expect("task,y\na,1\na,\n", message(3, "", "''"), missing: ["NA"])
        expect("task,y\na,1\na,\"not\n\"\"known\"\"\"\n", message(3, "not\\n\"known\"", "'not\\n\"known\"'"))
        expect("task,y\na,x\n", message(2, "x", "x"), columns: [("y", .numbers)])
        expect(
            "task,y\na,1\na,1.5.2\n", message(3, "1.5.2", "1.5.2"), columns: [("y", .labels), ("y", .numbers)])
        expect("task,y\na,1\na,it's\n", message(3, "it's", "'it'\\''s'"))
        expect("task,y\na,1\na,$HOME \"'\n", message(3, "$HOME \"'", "'$HOME \"'\\'''"))
        expect(
            "task,y\na,1\na,\"1,5\"\n",
            ":3: column 'y': found '1,5' where a number should be; --na cannot name it, as it splits at commas; "
                + "write C(y) in the formula if these are categories, "
                + "or a --family of classes if it is the response")
        let long = String(repeating: "z", count: 100_000)
        let cut = String(repeating: "z", count: 60) + "..."
        #expect(
            error(folder.file("t.csv", "task,y\na,1\na,\(long)\n"))?.description.contains("found '\(cut)' where")
                == true)
    }

    @Test("the first label that is not UTF-8")
    func invalidText() {
        func table(_ rows: [[UInt8]]) -> [UInt8] { Array("y,task,f\n".utf8) + rows.joined() }
        func row(_ task: [UInt8], y: String = "1", f: [UInt8] = [0x66]) -> [UInt8] {
            Array("\(y),".utf8) + task + [0x2C] + f + [0x0A]
        }
        func message(_ line: Int, _ column: String, _ found: String) -> String {
            ":\(line): column '\(column)': found '\(found)', which is not UTF-8; "
                + "convert the table first: iconv -f latin1 -t utf-8"
        }
        let columns = [("y", TableRequest.Role.numbers), ("f", .labels)]
        let good = row([0xC3, 0xBC])
        expect(table([row([0xFC]), row([0xF6])]), message(2, "task", "\u{FFFD}"), columns: columns)
        expect(
            table([good, row([0xFC], y: "NA"), good, row([0x61, 0xFC]), row([0xFC])]), message(5, "task", "a\u{FFFD}"),
            columns: columns)
        // A quote in quotes, a label of several lines, and a column of labels after the task's.
        expect(
            table([row(Array("\"a\n\"\"b\"".utf8), f: Array("\"\"\"".utf8) + [0xFC, 0x22])]),
            message(3, "f", "\"\u{FFFD}"), columns: columns)
        expect(
            table([good, row([0xFC]), row([0x61], y: "x")]), message(3, "task", "\u{FFFD}"), columns: columns)
        expect(
            table([good, [0x31, 0x0A], row([0xFC])]),
            ":3: found 1 field where the header has 3; write the missing ones, empty if they have no value",
            columns: columns)
    }

    @Test("a quote that is never closed, and text after one that is")
    func quotes() {
        let open =
            "found a quote that opens a field and is never closed; close it, or write a quote inside quotes twice"
        expect("task,y\na,1\nb,2\nc,\"3\nd,4\n", ":4: \(open)")
        expect("task,y\na,1\n\"b\nc\",2\n\"\n", ":5: \(open)")
        expect("task,\"y\na,1\n", ":1: \(open)")
        expect("task,y\na,1\n\"\"\"", ":3: \(open)")
        expect(
            "task,y\na,1\n\"b\"c,2\n",
            ":3: column 'task': found text after the closing quote of 'b'; write a quote inside quotes twice")
        expect(
            "task,y\na,1\nb,\"NA\"2\n",
            ":3: column 'y': found text after the closing quote of 'NA'; write a quote inside quotes twice")
    }

    @Test("gzip that ends too early or is corrupt")
    func gzip() {
        let whole = gzipped(Array("task,y\na,1\nb,2\n".utf8))
        for count in 2..<whole.count {
            let path = folder.file("t.csv.gz", Array(whole.prefix(count)))
            #expect(
                error(path)
                    == TableError(
                        .data,
                        "\(path): the gzip data end too early, after \(count) bytes; copy or compress the file again"))
        }
        var broken = whole
        broken[20] ^= 1
        let path = folder.file("t.csv.gz", broken)
        #expect(
            error(path)
                == TableError(
                    .data,
                    "\(path): the gzip data are corrupt before byte \(whole.count) (incorrect data check); "
                        + "copy or compress the file again"))
        #expect(error(folder.file("t.gz", whole + [7]))?.kind == .data)
    }

    @Test("is the first error of the file, however it is cut")
    func firstError() {
        let good = String(repeating: "a,1\n", count: 500)
        expect(
            "task,y\n\(good)a,1,2\n\(good)a,x\n\(good)",
            ":502: found 3 fields where the header has 2; quote the field that holds a comma")
        expect(
            "task,y\n\"a\nb\",1\na,1,2\n\"c\",3\na,\"4\n",
            ":4: found 3 fields where the header has 2; quote the field that holds a comma")
        expect("task,z\n\"a\n", ":1: found no column 'y' (did you mean 'z'?); the columns are: task, z")
        expect(
            "\n\n\"task,y\n",
            ":3: found a quote that opens a field and is never closed; close it, or write a quote inside quotes twice")
    }

    @Test("blank lines without end, of which no more are read than may come before a header")
    func blankLines() throws {
        let path = folder.file("t.csv", String(repeating: "\n", count: 5000) + "task,y\na,1\n")
        var reader = TableReader(path: path, request: TableRequest(task: "task", columns: [("y", .numbers)]))
        reader.tuning.blockBytes = 16
        reader.tuning.pieceBytes = 1
        #expect(try reader.read().layout.rowCount == 1)
        reader.tuning.inferenceBytes = 1000
        #expect(
            throws: TableError(
                .data, "\(path): found only blank lines; a table begins with a line that names its columns")
        ) { try reader.read() }
    }

    @Test("stops when progress says so")
    func interrupted() {
        let path = folder.file("t.csv", "task,y\n" + String(repeating: "a,1\n", count: 10_000))
        let request = TableRequest(task: "task", columns: [("y", .numbers)])
        var calls: [Int] = []
        var reader = TableReader(path: path, request: request) { bytes, total in
            #expect(total == 40_007)
            calls.append(bytes)
            return calls.count < 3
        }
        reader.tuning.blockBytes = 4096
        reader.tuning.pieceBytes = 512
        #expect(throws: TableError(.interrupted, "stopped while reading '\(path)'")) { try reader.read() }
        #expect(calls.count == 3)
        #expect(calls == calls.sorted())
    }
}
