import Compute
import Tables
import Testing

@Suite("Tables of NumPy's arrays")
struct NpzReaderTests {
    private let folder = ReaderFolder()

    /// Ways to cut the work: whole, in blocks of a few rows, and with all columns in the scratch file.
    private static let cuts: [(blockBytes: Int, pieceBytes: Int, memory: Int, threads: Int)] = [
        (1 << 20, 1 << 14, .max, 2), (1, 1, .max, 1), (300, 70, .max, 3), (300, 70, 1, 2),
    ]

    private func read(
        _ path: String, columns: [(name: String, role: TableRequest.Role)], task: String = "task",
        missing: [String] = ["NA", ""], cut: (blockBytes: Int, pieceBytes: Int, memory: Int, threads: Int) = cuts[0]
    ) throws -> ColumnStore {
        let request = TableRequest(task: task, columns: columns, missing: missing, keepsInputRows: true)
        var reader = TableReader(
            path: path, request: request, parallel: Parallel(threadCount: cut.threads), memoryLimit: cut.memory,
            scratchFolder: folder.path)
        reader.tuning.blockBytes = cut.blockBytes
        reader.tuning.pieceBytes = cut.pieceBytes
        return try reader.read()
    }

    /// A column in the order of the file.
    private func numbers(_ path: String, _ name: String, task: String = "task") throws -> [Double] {
        let store = try read(path, columns: [(name, .numbers)], task: task)
        return try zip(store.inputRows, store.numbers(0)).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func labels(_ path: String, _ name: String, missing: [String] = ["NA"]) throws -> [String] {
        let store = try read(path, columns: [(name, .labels)], missing: missing)
        guard case .codes(let levels) = store.columns[0].kind else { return [] }
        return try zip(store.inputRows, store.codes(0)).sorted { $0.0 < $1.0 }.map { levels[Int($0.1)] }
    }

    private static func dropped(_ store: ColumnStore) -> [String] {
        store.droppedByColumn.map { "\($0.column) \($0.count)" }
    }

    @Test("a column that may be absent drops no row, and is absent where it is text or of another length")
    func optionalColumn() throws {
        var file = NpzFile()
        file.add("task", texts: ["a", "b", "a"])
        file.add("x", [1, .nan, 3])
        file.add("y", [.nan, 5, -9])
        file.add("words", texts: ["p", "q", "r"])
        file.add("short", [1])
        let path = folder.file("o.npz", file.bytes)
        let names = ["y", "words", "short", "none"]
        let store = try read(
            path, columns: [("x", .numbers)] + names.map { ($0, .numbersIfAny) }, missing: ["-9"])
        #expect(store.columns.map(\.name) == ["x", "y"])
        #expect(try store.numbers(0) == [1, 3])
        #expect(try store.numbers(1).allSatisfy(\.isNaN))
        #expect(Self.dropped(store) == ["x 1"])
    }

    private static let packings = ["", "_deflated"]
    private static let signed: [Double] = [-2, -1, 0, 1, 2, 100]
    private static let unsigned: [Double] = [0, 1, 2, 3, 4, 200]

    @Test("hold numbers of every type, in both orders of bytes", arguments: packings)
    func numberTypes(packing: String) throws {
        let path = NpzFixture.path("types\(packing).npz")
        for order in ["l", "b"] {
            for size in [2, 4, 8] {
                #expect(try numbers(path, "f\(size)\(order)") == Self.signed.map { $0 / 4 })
                #expect(
                    try labels(path, "f\(size)\(order)") == ["-0.5", "-0.25", "0", "0.25", "0.5", "25"], "f\(size)")
            }
            for size in [1, 2, 4, 8] {
                #expect(try numbers(path, "i\(size)\(order)") == Self.signed)
                #expect(try numbers(path, "u\(size)\(order)") == Self.unsigned)
                #expect(try labels(path, "i\(size)\(order)") == ["-2", "-1", "0", "1", "2", "100"])
                #expect(try labels(path, "u\(size)\(order)") == ["0", "1", "2", "3", "4", "200"])
            }
        }
        #expect(try numbers(path, "flag") == [0, 1, 1, 0, 1, 0])
        #expect(try labels(path, "flag") == ["False", "True", "True", "False", "True", "False"])
    }

    @Test("hold texts, as bytes and as code points in both orders", arguments: packings)
    func texts(packing: String) throws {
        let path = NpzFixture.path("types\(packing).npz")
        for name in ["bytes", "textl", "textb"] {
            #expect(try labels(path, name) == ["b", "a", "größe", "a", "", "😀x"])
            let store = try read(path, columns: [(name, .infer)])
            #expect(!store.columns[0].holdsNumbers)
            #expect(Self.dropped(store) == ["\(name) 1"], "no text is a missing value")
        }
    }

    @Test("hold whole numbers beyond 2^53: exact as labels, rounded as text is as numbers")
    func largeIntegers() throws {
        let path = NpzFixture.path("types.npz")
        let texts = [
            "9007199254740993", "9007199254740994", "9007199254740995", "-9223372036854775808", "9223372036854775807",
            "0",
        ]
        #expect(try labels(path, "large") == texts)
        #expect(try numbers(path, "large") == texts.compactMap { Double($0) })
    }

    @Test("may be tasks of any type, in the order that text has")
    func taskTypes() throws {
        let path = NpzFixture.path("types.npz")
        for name in ["f2b", "f8l", "i1l", "u8b"] {
            let store = try read(path, columns: [], task: name)
            let texts = (0..<6).map { store.taskLabels[$0] }
            #expect(texts == texts.sorted { (Double($0) ?? 0) < (Double($1) ?? 0) })
        }
        #expect(try read(path, columns: [], task: "textb").taskLabels == Labels(["a", "b", "größe", "😀x"]))
    }

    @Test("NaN is a missing value, infinity is not, and --na names numbers by their values")
    func missing() throws {
        let path = NpzFixture.path("types.npz")
        let store = try read(path, columns: [("missing", .infer), ("i2l", .numbers)])
        #expect(try store.inputRows == [0, 2, 4, 3, 5])
        #expect(try store.numbers(0) == [1.5, 2.5, -.infinity, .infinity, 3.5])
        #expect(Self.dropped(store) == ["missing 1"])
        #expect(store.firstNonFinite.map { $0?.place } == [.element(3), nil])
        #expect(store.firstNonFinite[0]?.text == "inf")
        let fewer = try read(path, columns: [("missing", .numbers), ("i2l", .numbers)], missing: ["inf", "-2.0"])
        #expect(try fewer.inputRows == [2, 4, 5])
        #expect(Self.dropped(fewer) == ["i2l 1", "missing 2"])
        let labels = try read(path, columns: [("missing", .labels)])
        #expect(try labels.inputRows == [0, 2, 4, 3, 5])
    }

    @Test("of two dimensions are columns, in both orders of elements", arguments: packings)
    func matrices(packing: String) throws {
        let path = NpzFixture.path("tables\(packing).npz")
        for name in ["C", "F", "Cb", "Fb"] {
            for column in 0..<3 {
                #expect(try numbers(path, "\(name)\(column)") == (0..<6).map { Double(3 * $0 + column) }, "\(name)")
            }
        }
        for column in 0..<3 { #expect(try numbers(path, "T\(column)") == (0..<6).map { Double(6 * column + $0) }) }
        #expect(try numbers(path, "one0") == [0, 3, 6, 9, 12, 15])
        let wanted: [(name: String, role: TableRequest.Role)] = ["F2", "C1", "F0", "Fb1", "T2", "C0"].map {
            ($0, .numbers)
        }
        let whole = try ReaderSnapshot(read(path, columns: wanted))
        for cut in Self.cuts { #expect(try ReaderSnapshot(read(path, columns: wanted, cut: cut)) == whole) }
    }

    @Test("may be alone in a file")
    func single() throws {
        let path = NpzFixture.path("table.npy")
        let store = try read(path, columns: [("x1", .numbers), ("x2", .labels)], task: "x0")
        #expect(store.taskLabels == Labels(["0", "3", "6", "9", "12", "15"]))
        #expect(try store.numbers(0) == [1, 4, 7, 10, 13, 16])
        #expect(try store.codes(1) == [0, 1, 2, 3, 4, 5])
    }

    @Test(
        "of records are a column a field, in every version of the format",
        arguments: ["version1.npy", "version2.npy", "version3.npy", "padded.npz"])
    func records(name: String) throws {
        let path = NpzFixture.path(name)
        #expect(try numbers(path, "y") == [0, 0.5, 1, 1.5, 2, 2.5])
        #expect(try numbers(path, "flag") == [0, 1, 0, 1, 0, 1])
        #expect(try labels(path, "name") == ["", "x", "xy", "xyz", "", "x"])
        #expect(try labels(path, "code") == ["", "a", "ab", "", "a", "ab"])
        #expect(try read(path, columns: []).layout.sampleCounts == [3, 3])
    }

    @Test("may have names beyond Latin letters")
    func unicodeName() throws {
        #expect(try numbers(NpzFixture.path("unicode.npy"), "größe") == [2])
    }

    @Test("lie in archives with sizes after the members, and in 64 bits", arguments: ["streamed.npz", "zip64.npz"])
    func archives(name: String) throws {
        #expect(try numbers(NpzFixture.path(name), "y") == [0, 1, 2, 3, 4, 5])
    }

    @Test("that nobody asks for are no error")
    func unasked() throws {
        #expect(try numbers(NpzFixture.path("refused.npz"), "y") == [0, 1, 2, 3, 4, 5])
        #expect(try numbers(NpzFixture.path("refused.npz"), "matrix1") == [0, 0, 0, 0, 0, 0])
    }

    @Test("are known by their first bytes, whatever their name")
    func otherName() throws {
        let path = folder.file("t.csv", ReaderFolder.bytes(NpzFixture.path("streamed.npz")))
        #expect(try numbers(path, "y") == [0, 1, 2, 3, 4, 5])
    }

    @Test("give the store that the same table as text gives, however it is cut", arguments: [1, 2, 700, 5000])
    func sameAsText(rowCount: Int) throws {
        var random = ReaderRandom(state: UInt64(rowCount))
        let tasks = (0..<rowCount).map { _ in Double(Int.random(in: -3...30, using: &random)) }
        let groups = (0..<rowCount).map { _ in ["u", "größe", "", "NA", "v, w"].randomElement(using: &random) ?? "" }
        let x = (0..<rowCount).map { row in
            row % 7 == 3 ? Double.nan : Double.random(in: -1e9...1e9, using: &random)
        }
        let z = (0..<rowCount).map { _ in Double(Int.random(in: 0...4, using: &random)) / 4 }
        var text = "task,group,x,z\n"
        for row in 0..<rowCount {
            text += "\(Int(tasks[row])),\"\(groups[row])\",\(x[row].isNaN ? "" : x[row].description),"
            text += z[row] == z[row].rounded() ? "\(Int(z[row]))\n" : "\(z[row])\n"
        }
        let columns: [(name: String, role: TableRequest.Role)] = [
            ("x", .infer), ("group", .labels), ("z", .numbers), ("z", .labels), ("task", .labels),
        ]
        let csv = folder.file("t.csv", text)
        for isDeflated in [false, true] {
            var file = NpzFile()
            file.add("task", tasks, isDeflated: isDeflated)
            file.add("group", texts: groups, isDeflated: isDeflated)
            file.add("x", x, isDeflated: isDeflated)
            file.add("z", z, isDeflated: isDeflated)
            let npz = folder.file("t.npz", file.bytes)
            let expected = Result { try ReaderSnapshot(read(csv, columns: columns)) }
            for cut in Self.cuts {
                switch expected {
                case .success(let snapshot):
                    let store = try read(npz, columns: columns, cut: cut)
                    #expect(try ReaderSnapshot(store) == snapshot)
                    #expect(try store.droppedByColumn == read(csv, columns: columns).droppedByColumn)
                case .failure(let error):
                    // Tables of one or two rows may have no complete one.
                    let found = #expect(throws: TableError.self) { try read(npz, columns: columns, cut: cut) }
                    #expect(
                        found?.description == (error as? TableError)?.description.replacing("t.csv", with: "t.npz"))
                }
            }
        }
    }

    @Test("stop when the user says so")
    func interrupted() {
        let request = TableRequest(task: "task", columns: [("F1", .numbers)])
        for packing in Self.packings {
            let path = NpzFixture.path("tables\(packing).npz")
            let reader = TableReader(path: path, request: request) { _, _ in false }
            #expect(throws: TableError(.interrupted, "stopped while reading '\(path)'")) { try reader.read() }
        }
    }
}
