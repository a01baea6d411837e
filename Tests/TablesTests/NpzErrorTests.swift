import Compute
import Tables
import Testing

@Suite("Arrays that cannot be read")
struct NpzErrorTests {
    private let folder = ReaderFolder()

    private func error(
        _ path: String, _ name: String = "y", role: TableRequest.Role = .infer
    ) -> TableError? {
        let request = TableRequest(task: "task", columns: [(name, role)])
        let reader = TableReader(
            path: path, request: request, parallel: Parallel(threadCount: 2), scratchFolder: folder.path)
        do throws(TableError) {
            _ = try reader.read()
            return nil
        } catch {
            return error
        }
    }

    /// Expects bad data, told in one line that begins with the file's name and holds these parts.
    private func expect(
        _ path: String, column name: String = "y", role: TableRequest.Role = .infer, _ parts: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let error = error(path, name, role: role) else {
            Issue.record("no error, but one with \(parts)", sourceLocation: sourceLocation)
            return
        }
        #expect(error.kind == .data, "\(error)", sourceLocation: sourceLocation)
        #expect(error.description.hasPrefix("\(path): "), "\(error)", sourceLocation: sourceLocation)
        #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
        for part in parts {
            #expect(error.description.contains(part), "'\(part)' in: \(error)", sourceLocation: sourceLocation)
        }
    }

    private func expect(
        _ bytes: [UInt8], _ parts: [String], name: String = "t.npz",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expect(folder.file(name, bytes), parts, sourceLocation: sourceLocation)
    }

    /// A good table of six rows.
    private static func table(isDeflated: Bool = false) -> NpzFile {
        var file = NpzFile()
        file.add("task", [0, 1, 0, 1, 0, 1], isDeflated: isDeflated)
        file.add("y", [1, 2, 3, 4, 5, 6], isDeflated: isDeflated)
        return file
    }

    @Test("the table that the others are made from can be read")
    func good() {
        for isDeflated in [false, true] {
            #expect(error(folder.file("t.npz", Self.table(isDeflated: isDeflated).bytes)) == nil)
        }
    }

    @Test("a file that is no archive, by its name")
    func noArchive() {
        expect(Array("task,y\na,1\n".utf8), ["found no zip archive where one was expected", "np.savez"])
        expect([], ["found an empty file where a zip archive was expected"])
        expect(gzipped(Self.table().bytes), ["NumPy arrays", "out of gzip", "name an unpacked"], name: "t.npz.gz")
        expect(Array("hello, world".utf8), ["does not begin as a NumPy array does"], name: "t.npy")
    }

    @Test("an archive that ends too early, at every byte")
    func truncated() {
        let whole = Self.table().bytes
        for count in 1..<whole.count {
            let path = folder.file("t.npz", Array(whole.prefix(count)))
            #expect(error(path)?.kind == .data, "\(count) bytes")
        }
        expect(Array(whole.prefix(whole.count / 2)), ["the zip archive ends too early, after \(whole.count / 2) bytes"])
    }

    @Test("an array that ends too early, at every byte")
    func truncatedArray() {
        let whole = ReaderFolder.bytes(NpzFixture.path("version1.npy"))
        for count in 1..<whole.count {
            #expect(error(folder.file("t.npy", Array(whole.prefix(count))))?.kind == .data, "\(count) bytes")
        }
        expect(
            Array(whole.dropLast(3)), ["its shape (6,) makes 162 bytes of elements, but the file has 159"],
            name: "t.npy")
        expect(whole + [0], ["but the file has 163"], name: "t.npy")
    }

    @Test("a damaged directory")
    func directory() throws {
        let whole = Self.table().bytes
        let start = try #require(place(of: [0x50, 0x4B, 1, 2], in: whole))
        var bytes = whole
        bytes[start] = 0
        expect(bytes, ["directory is damaged", "entry 1 of 2"])
        bytes = whole
        bytes[start + 20] = 0xFF
        bytes[start + 24] = 0xFF
        bytes[start + 21] = 0xFF
        bytes[start + 25] = 0xFF
        expect(bytes, ["directory is damaged", "'task.npy' lies outside of the archive"])
        bytes = whole
        bytes[start + 46] = UInt8(ascii: "T")
        expect(bytes, ["found no column 'task'; the columns are: y"])
        bytes = whole
        bytes[30] = UInt8(ascii: "T")
        expect(bytes, ["member 'task.npy': found no such member at byte 0"])
        bytes = whole
        bytes[whole.count - 12] = 200
        expect(bytes, ["directory is damaged"])
    }

    @Test("a sum that is wrong", arguments: [false, true])
    func checksum(isDeflated: Bool) throws {
        var bytes = Self.table(isDeflated: isDeflated).bytes
        let six = try #require(place(of: NpzFile.bytes([6]), in: bytes))
        bytes[six + 5] ^= 1
        expect(bytes, ["member 'y.npy' is damaged", "CRC-32", "copy or save the file again"])
    }

    @Test("deflated data that are damaged or end too early")
    func deflated() throws {
        var bytes = Self.table(isDeflated: true).bytes
        // The first byte of the first member's stream.
        bytes[30 + "task.npy".utf8.count] = 7
        expect(bytes, ["member 'task.npy' is damaged", "its deflated data are damaged"])
        bytes = Self.table(isDeflated: true).bytes
        // A block that is not the last.
        bytes[30 + "task.npy".utf8.count] = 0
        expect(bytes, ["member 'task.npy' is damaged", "its deflated data end too early"])
    }

    @Test("a member that is shorter or longer than its header says", arguments: [false, true])
    func lengths(isDeflated: Bool) {
        for count in [0, 5, 7, 100] {
            var file = NpzFile()
            file.add("task", [0, 1, 0, 1, 0, 1])
            file.add(
                "y", header: NpzFile.header("<f8", shape: "(6,)"),
                data: NpzFile.bytes(Array(repeating: 1, count: count)), isDeflated: isDeflated)
            expect(
                file.bytes, ["member 'y.npy' is damaged", "its shape (6,) makes 48 bytes", "but it has \(8 * count)"])
            // The directory agrees with the header.
            let header = NpzFile.array(NpzFile.header("<f8", shape: "(6,)"), []).count
            file.changeLast { $0.claimedByteCount = header + 48 }
            guard isDeflated else {
                expect(file.bytes, ["member 'y.npy' is damaged", "it is stored in \(header + 8 * count) bytes"])
                continue
            }
            expect(
                file.bytes,
                ["member 'y.npy' is damaged"] + (count < 6 ? ["it ends after"] : ["unpacks to more", "its shape"]))
        }
    }

    @Test("sizes that are absurd, without asking for memory or time")
    func absurd() {
        for shape in [
            "(1152921504606846976,)", "(4294967296, 4294967296)", "(99999999999999999999999,)",
            "(0, 9223372036854775807)",
        ] {
            var file = NpzFile()
            file.add("task", [0, 1])
            file.add("y", header: NpzFile.header("<f8", shape: shape), data: [], isDeflated: true)
            expect(file.bytes, ["member 'y.npy' is damaged", "its header cannot be read"])
        }
        // The directory tells the same lie as the header: what is there ends soon.
        for shape in ["(1000000000,)", "(1000000000, 1)", "(2, 500000000)"] {
            var file = NpzFile()
            let header = NpzFile.header("<f4", shape: shape)
            file.add("task", header: header, data: [1, 2, 3], isDeflated: true)
            let claim = NpzFile.array(header, []).count + 4_000_000_000
            file.changeLast { $0.claimedByteCount = claim }
            let path = folder.file("t.npz", file.bytes)
            let request = TableRequest(task: shape.contains(", ") ? "task0" : "task", columns: [])
            let found = #expect(throws: TableError.self) {
                try TableReader(path: path, request: request, scratchFolder: folder.path).read()
            }
            #expect(
                found?.description.contains("too few for the 4000000") == true, "\(String(describing: found))")
        }
        var file = NpzFile()
        file.add("task", header: NpzFile.header("|S0", shape: "(4000000000,)"), data: [])
        expect(file.bytes, ["member 'task' holds texts of no length"])
    }

    @Test("members that share their bytes")
    func shared() throws {
        var bytes = Self.table().bytes
        let directory = try #require(place(of: [0x50, 0x4B, 1, 2], in: bytes))
        let second = try #require(place(of: [0x50, 0x4B, 3, 4], in: Array(bytes[1...]))) + 1
        // The first member reaches into the second.
        for field in [20, 24] {
            bytes.replaceSubrange(directory + field..<directory + field + 4, with: NpzFile.word(second - 29, 4))
        }
        expect(bytes, ["directory is damaged: member 'y.npy' lies in the bytes of another"])
    }

    @Test("a row of an array that is too long for a table")
    func longRow() {
        var file = NpzFile()
        file.add("task", [0, 1])
        let zeros = [UInt8](repeating: 0, count: 1 << 19)
        file.add("y", header: NpzFile.header("|S\(1 << 28)", shape: "(2,)"), data: zeros, isDeflated: true)
        file.changeLast { $0.claimedByteCount = $0.bytes.count - zeros.count + 1 << 29 }
        expect(file.bytes, ["a row of the wanted columns' arrays has more than"])
    }

    @Test(
        "headers that are not the literals of a header",
        arguments: [
            "", "{", "{}", "[]", "{'descr': '<f8', 'fortran_order': False, }", "{'descr': '<f8'}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), 'more': 1}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), 'shape': (6,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (6)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-6,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (6.0,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3+3,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (int('6'),)}",
            "{'descr': '<f8', 'fortran_order': 0, 'shape': (6,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (6,)} extra",
            "{'descr': '<q9', 'fortran_order': False, 'shape': (6,)}",
            "{'descr': 'f8', 'fortran_order': False, 'shape': (6,)}",
            "{'descr': '<f8'\"\", 'fortran_order': False, 'shape': (6,)}",
            "{'descr': [('a')], 'fortran_order': False, 'shape': (6,)}",
            "{'descr': \(String(repeating: "[('a', ", count: 400)), 'fortran_order': False, 'shape': (6,)}",
            "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (6,)}",
            "{'descr': '<f8\\q', 'fortran_order': False, 'shape': (6,)}",
            "{'descr': '<f8",
        ])
    func headers(text: String) {
        var file = NpzFile()
        file.add("task", [0, 1, 0, 1, 0, 1])
        file.add("y", header: text, data: NpzFile.bytes([1, 2, 3, 4, 5, 6]))
        expect(file.bytes, ["member 'y.npy' is damaged", "its header cannot be read"])
    }

    @Test("headers that Python 2, or a hand, wrote are read")
    func oldHeaders() {
        for text in [
            "{'shape': (6L,), 'descr': '<f8', 'fortran_order': False}",
            "{\"descr\":\"<f8\",\"fortran_order\":True,\"shape\":(6,),}",
            "{'descr': u'<f8', 'fortran_order': False, 'shape': (6,)}",
            "{'descr': [(('title', 'y'), '<f8')], 'fortran_order': False, 'shape': (6,)}",
            "{'descr': [(('title', 'y'), '<f8')], 'fortran_order': False, 'shape': 6}",
        ] {
            var file = NpzFile()
            file.add("task", [0, 1, 0, 1, 0, 1])
            file.add("y", header: text, data: NpzFile.bytes([1, 2, 3, 4, 5, 6]))
            if text.contains("title") { file.changeLast { $0.name = "records.npy" } }
            #expect(error(folder.file("t.npz", file.bytes)) == nil, "\(text)")
        }
    }

    @Test("versions that are not known, and headers that have no end")
    func versions() {
        var file = Self.table()
        file.changeLast { $0.bytes[6] = 4 }
        expect(file.bytes, ["member 'y.npy' is damaged", "its format is 4.0, but only 1.0, 2.0 and 3.0 are known"])
        file.changeLast {
            $0.bytes[6] = 1
            $0.bytes[9] = 0xFF
        }
        expect(file.bytes, ["member 'y.npy' is damaged", "it ends after"])
        file = Self.table()
        file.changeLast { $0.bytes[6] = 2 }
        expect(file.bytes, ["member 'y.npy' is damaged", "its header should have"])
        file.changeLast { $0.bytes[0] = 0 }
        expect(file.bytes, ["member 'y.npy' is damaged", "it does not begin as a NumPy array does"])
    }

    @Test("members that are encrypted or packed in another way")
    func methods() {
        var file = Self.table()
        file.changeLast { $0.flags = 1 }
        expect(file.bytes, ["member 'y.npy' is encrypted; save it without a password"])
        file.changeLast {
            $0.flags = 0
            $0.method = 93
        }
        expect(file.bytes, ["member 'y.npy' is packed with Zstandard; use np.savez or np.savez_compressed"])
        expect(NpzFixture.path("bzip2.npz"), ["member 'task.npy' is packed with bzip2"])
        expect(NpzFixture.path("lzma.npz"), ["member 'task.npy' is packed with LZMA"])
    }

    @Test("names that come twice, are paths, or are not there")
    func names() {
        var file = Self.table()
        file.add("y", [1])
        expect(file.bytes, ["column 'y': found 2 of this name (member 'y'; member 'y'); rename them"])
        for _ in 0..<100 { file.add("y", [1]) }
        expect(file.bytes, ["column 'y': found 102 of this name (member 'y'; ", "member 'y'; ...); rename them"])
        file = NpzFile()
        file.add("task", [0, 1])
        file.add("folder/y", [1, 2])
        expect(file.bytes, ["found no column 'y', but a member 'folder/y', whose name is a path"])
        let refused = NpzFixture.path("refused.npz")
        expect(refused, column: "folder/z", ["member 'folder/z': its name is a path"])
        expect(
            NpzFixture.path("tables.npz"), column: "C3",
            ["found no column 'C3' (did you mean 'C0'?); the columns are: task, C0,"])
        expect(NpzFixture.path("tables.npz"), column: "C01", ["found no column 'C01'"])
        expect(
            NpzFixture.path("tables.npz"), column: "C", ["member 'C' has 3 columns, not one; they are called C0 to C2"])
        expect(NpzFixture.path("padded.npz"), column: "padded", ["structured array", "task, flag, y, name, code"])
        var empty = NpzFile()
        empty.add(NpzFile.Member(name: "readme.txt", bytes: [65]))
        expect(empty.bytes, ["a zip archive without arrays", "1 members"])
    }

    @Test("arrays that are no columns, each with what to do")
    func refused() {
        let path = NpzFixture.path("refused.npz")
        expect(
            path, column: "objects",
            ["member 'objects' holds Python objects", "never run", ".astype('f8')", ".astype('U')"])
        expect(path, column: "day", ["member 'day' holds dates or durations (<M8[D])", ".astype('i8')"])
        expect(path, column: "span", ["member 'span' holds dates or durations (<m8[s])"])
        expect(path, column: "complex", ["member 'complex' holds complex numbers (<c16)", ".real and .imag"])
        expect(path, column: "long", ["member 'long' holds long doubles", ".astype('f8')"])
        expect(path, column: "cube", ["member 'cube' has 3 dimensions, as its shape (6, 2, 2) says"])
        expect(path, column: "scalar", ["member 'scalar' has 0 dimensions"])
        expect(path, column: "inner", ["member 'nested', field 'inner' holds records in records"])
        expect(path, column: "list", ["member 'nested', field 'list' holds an array in each record"])
    }

    @Test("columns of different lengths, and of none")
    func rowCounts() {
        let path = NpzFixture.path("refused.npz")
        expect(path, column: "short", ["member 'task' has 6 rows and member 'short' has 5"])
        var file = NpzFile()
        file.add("task", [])
        file.add("y", [])
        expect(file.bytes, ["member 'task' has no elements; a table needs at least one row"])
        file = NpzFile()
        file.add("task", [1, 2])
        file.add("y", [.nan, .nan])
        expect(file.bytes, ["found no complete row among 2: missing is 'y' in 2"])
    }

    @Test("text where numbers should be, and bytes that are no text")
    func texts() {
        expect(
            NpzFixture.path("types.npz"), column: "textl", role: .numbers,
            ["member 'textl' holds text where numbers should be", ".astype('f8')", "C(textl)"])
        var file = NpzFile()
        file.add("task", [0, 1, 0])
        file.add("y", header: NpzFile.header("|S2", shape: "(3,)"), data: Array("abcd".utf8) + [0xE9, 0])
        expect(file.bytes, ["member 'y', element 2: found", "not UTF-8", "np.char.decode"])
        file = NpzFile()
        file.add("task", [0, 1, .nan, 1])
        let codes = [0x61, 0xD800, 0x11_0000, 0x11_0000].flatMap { NpzFile.word($0, 4) }
        file.add("y", header: NpzFile.header("<U1", shape: "(4,)"), data: codes)
        expect(file.bytes, ["member 'y', element 1: found", "no Unicode text"])
    }

    private func place(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        (0...bytes.count - pattern.count).first { Array(bytes[$0..<$0 + pattern.count]) == pattern }
    }
}
