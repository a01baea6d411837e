import Compute
import Glibc
import Tables
import Testing

@Suite("Reading tables whole")
struct ReaderStoreTests {
    private let folder = ReaderFolder()

    /// How the work is cut.
    struct Cut: Sendable, CustomTestStringConvertible {
        var threads = 1
        var blockBytes = 1 << 23
        var pieceBytes = 1 << 17
        var blockShift = 18
        var memoryLimit = Int.max

        var testDescription: String {
            "threads \(threads), blocks \(blockBytes), pieces \(pieceBytes), rows 2^\(blockShift), memory \(memoryLimit)"
        }

        static let all = [
            Cut(), Cut(threads: 2), Cut(threads: 2, blockBytes: 1, pieceBytes: 1, blockShift: 0),
            Cut(threads: 2, blockBytes: 64, pieceBytes: 1, blockShift: 2),
            Cut(threads: 3, blockBytes: 97, pieceBytes: 13, blockShift: 3, memoryLimit: 0),
            Cut(threads: 1, blockBytes: 1000, pieceBytes: 100, blockShift: 4, memoryLimit: 600),
            Cut(threads: 2, blockBytes: 300, pieceBytes: 40, blockShift: 2, memoryLimit: 200),
            Cut(threads: 2, memoryLimit: 0),
        ]
    }

    private func read(
        _ path: String, _ columns: [(name: String, role: TableRequest.Role)], _ cut: Cut,
        missing: [String] = ["NA", ""]
    ) throws -> ColumnStore {
        let request = TableRequest(task: "task", columns: columns, missing: missing, keepsInputRows: true)
        var reader = TableReader(
            path: path, request: request, parallel: Parallel(threadCount: cut.threads), memoryLimit: cut.memoryLimit)
        reader.tuning.blockBytes = cut.blockBytes
        reader.tuning.pieceBytes = cut.pieceBytes
        reader.tuning.blockShift = cut.blockShift
        return try reader.read()
    }

    /// A table of every trouble a field can make.
    private func randomTable(seed: UInt64, rowCount: Int, delimiter: String) -> [UInt8] {
        var random = ReaderRandom(state: seed)
        let lineEnd = Bool.random(using: &random) ? "\n" : "\r\n"
        let labels = [
            "a", "b", "long label of many letters", "x\(delimiter)y", "l\nm", "q\"\"r", "é", "NA", "r\r\ns", "\"\"",
        ]
        func field(_ texts: [String]) -> String {
            let text = texts.randomElement(using: &random) ?? ""
            let mustQuote = text.contains { "\n\r\n\"\(delimiter)".contains($0) }
            if mustQuote || Int.random(in: 0..<4, using: &random) == 0 { return "\"\(text)\"" }
            return Int.random(in: 0..<4, using: &random) == 0 ? " \(text) " : text
        }
        var text = Bool.random(using: &random) ? "\u{FEFF}" : ""
        text += ["task", "y", "f", "x"].joined(separator: delimiter) + lineEnd
        for row in 0..<rowCount {
            let numbers = ["\(Double.random(in: -9...9, using: &random))", "12", "-0.5e3", "inf", "1e300", "\(row)"]
            text += [field(labels), field(numbers + ["NA"]), field(labels), field(numbers)].joined(separator: delimiter)
            if row < rowCount - 1 || Bool.random(using: &random) { text += lineEnd }
            if Int.random(in: 0..<20, using: &random) == 0, row < rowCount - 1 { text += lineEnd }
        }
        return Array(text.utf8)
    }

    @Test("gives what the definition gives, however the work is cut", arguments: Cut.all)
    func definition(cut: Cut) throws {
        for seed in 1...24 as ClosedRange<UInt64> {
            let delimiter = seed % 2 == 0 ? "," : "\t"
            let bytes = randomTable(seed: seed, rowCount: Int(seed * seed), delimiter: delimiter)
            let path = folder.file(seed % 2 == 0 ? "t.csv" : "t.tsv", bytes)
            let expected = ReaderDefinition.snapshot(
                bytes, delimiter: Array(delimiter.utf8)[0], isNumber: [true, false, true], missing: ["NA", ""])
            let store = try read(path, [("y", .numbers), ("f", .labels), ("x", .infer)], cut)
            #expect(try ReaderSnapshot(store) == expected)
            let zipped = folder.file(seed % 2 == 0 ? "z.csv" : "z.tsv", gzipped(bytes))
            #expect(
                try ReaderSnapshot(read(zipped, [("y", .numbers), ("f", .labels), ("x", .infer)], cut)) == expected)
        }
    }

    @Test("may be cut at every byte")
    func everyByte() throws {
        let text = "task,y\r\n\"a,\n\"\"b\",1\r\n\"\",2\n\"c\n\n\",\"3\"\r\n\"a,\n\"\"b\",4\n"
        let path = folder.file("t.csv", text)
        let whole = try ReaderSnapshot(read(path, [("y", .numbers), ("task", .labels)], Cut(), missing: []))
        #expect(whole.tasks == ["", "a,\n\"b", "c\n\n"])
        for blockBytes in 1...text.utf8.count + 1 {
            for pieceBytes in 1...12 {
                let cut = Cut(threads: 2, blockBytes: blockBytes, pieceBytes: pieceBytes, blockShift: 0)
                let store = try read(path, [("y", .numbers), ("task", .labels)], cut, missing: [])
                #expect(try ReaderSnapshot(store) == whole)
            }
        }
    }

    /// What reading gives: the store, or the error.
    private enum Outcome: Equatable {
        case store(ReaderSnapshot)
        case failure(TableError)
    }

    @Test("of any bytes gives the same store or the same error, however the work is cut")
    func mutations() throws {
        var random = ReaderRandom(state: 12)
        let cuts = [
            Cut(threads: 2, blockBytes: 1, pieceBytes: 1, blockShift: 0, memoryLimit: 0),
            Cut(threads: 2, blockBytes: 23, pieceBytes: 7, blockShift: 1),
            Cut(threads: 1, blockBytes: 64, pieceBytes: 30, blockShift: 2, memoryLimit: 40),
        ]
        let bytes = Array(",\t\n\r\"\" 19-.eNAx".utf8) + [0, 0xC3, 0xFF]
        var failureCount = 0
        for seed in 1...500 as ClosedRange<UInt64> {
            var text = randomTable(seed: seed, rowCount: Int(seed % 9), delimiter: ",")
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                let byte = bytes.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = byte
                case 1: text.insert(byte, at: place)
                default: text.remove(at: place)
                }
            }
            let path = folder.file(seed % 2 == 0 ? "t.csv" : "t.txt", text)
            func outcome(_ cut: Cut) throws -> Outcome {
                do {
                    return .store(
                        try ReaderSnapshot(read(path, [("y", .numbers), ("f", .labels), ("x", .infer)], cut)))
                } catch let error as TableError {
                    return .failure(error)
                }
            }
            let whole = try outcome(Cut())
            if case .failure = whole { failureCount += 1 }
            for cut in cuts {
                #expect(try outcome(cut) == whole, "seed \(seed), \(cut): \(String(decoding: text, as: UTF8.self))")
            }
        }
        #expect((100...400).contains(failureCount), "\(failureCount)")
    }

    @Test("looks beyond its first block to tell numbers from text, but not at more than it may")
    func inferenceBytes() throws {
        let path = folder.file("t.csv", "task,y\na,1\na,x\na,x\na,2\na,3\na,x\na,x\n")
        func isText(rows: Int, bytes: Int) throws -> Bool {
            let request = TableRequest(task: "task", columns: [("y", .infer)])
            var reader = TableReader(path: path, request: request, parallel: Parallel(threadCount: 2))
            reader.tuning.blockBytes = 1
            reader.tuning.pieceBytes = 1
            reader.tuning.inferenceRows = rows
            reader.tuning.inferenceBytes = bytes
            do throws(TableError) {
                return try !reader.read().columns[0].holdsNumbers
            } catch {
                #expect(error.description.contains(":3: column 'y': found 'x'"))
                return false
            }
        }
        #expect(try isText(rows: 10_000, bytes: 1 << 26))
        #expect(try !isText(rows: 5, bytes: 1 << 26))
        #expect(try isText(rows: 3, bytes: 1 << 26))
        #expect(try !isText(rows: 10_000, bytes: 19))
        #expect(try !isText(rows: 10_000, bytes: 1))
    }

    @Test("leaves rows that are grouped already in their order", arguments: [0, Int.max])
    func grouped(memoryLimit: Int) throws {
        let rows = (0..<3000).map { "\($0 / 7),\($0)\n" }.joined()
        let path = folder.file("t.csv", "task,y\n\(rows)")
        let store = try read(
            path, [("y", .numbers), ("task", .labels)], Cut(threads: 2, blockShift: 6, memoryLimit: memoryLimit))
        #expect(try store.numbers(0) == (0..<3000).map(Double.init))
        #expect(try store.codes(1) == (0..<3000).map { UInt32($0 / 7) })
        #expect(store.layout.sampleCounts.dropLast().allSatisfy { $0 == 7 })
    }

    @Test("knows many tasks of one row each", arguments: [0, Int.max])
    func manyTasks(memoryLimit: Int) throws {
        let count = 300_000
        var text = Array("task,y\n".utf8)
        for row in 0..<count {
            let label = (row &* 7919) % count
            text += Array("task number \(label),\(label)\n".utf8)
        }
        let path = folder.file("t.csv", text)
        let one = try read(path, [("y", .numbers)], Cut(threads: 1, memoryLimit: memoryLimit))
        let two = try read(path, [("y", .numbers)], Cut(threads: 2, blockBytes: 1 << 20, memoryLimit: memoryLimit))
        #expect(one.layout.taskCount == count)
        #expect(one.layout.sampleCounts.allSatisfy { $0 == 1 })
        let numbers = try one.numbers(0)
        for task in stride(from: 0, to: count, by: 997) {
            #expect(one.taskLabels[task] == "task number \(Int(numbers[task]))")
        }
        #expect(try two.numbers(0) == numbers)
        #expect(two.taskLabels == one.taskLabels)
    }

    @Test("gives any range of rows to several threads at once", arguments: [0, Int.max])
    func ranges(memoryLimit: Int) throws {
        let rows = (0..<2000).map { "\($0 % 13),\($0),\($0 % 5)\n" }.joined()
        let path = folder.file("t.csv", "task,y,f\n\(rows)")
        let store = try read(
            path, [("y", .numbers), ("f", .labels)], Cut(threads: 2, blockShift: 5, memoryLimit: memoryLimit))
        let numbers = try store.numbers(0)
        let codes = try store.codes(1)
        #expect(numbers.map { UInt32(Int($0) % 5) } == codes)
        var agreements = [Bool](repeating: false, count: 500)
        agreements.withUnsafeMutableBufferPointer { agreements in
            Parallel(threadCount: 4).forEachBlock(500) { block in
                let range = block * 3..<block * 3 + block % 101
                var part = [Double](repeating: 0, count: range.count + 1)
                var codePart = [UInt32](repeating: 0, count: range.count + 1)
                do {
                    try store.readNumbers(column: 0, rows: range, into: &part)
                    try store.readCodes(column: 1, rows: range, into: &codePart)
                    agreements[block] =
                        part.dropLast() == numbers[range] && codePart.dropLast() == codes[range]
                } catch {}
            }
        }
        #expect(agreements.allSatisfy { $0 })
    }

    @Test("needs a folder for its scratch file only when columns exceed the memory")
    func scratchFolder() throws {
        let path = folder.file("t.csv", "task,y\nb,1\na,2\n")
        let request = TableRequest(task: "task", columns: [("y", .numbers)])
        let absent = "\(folder.path)/absent"
        _ = try TableReader(path: path, request: request, scratchFolder: absent).read()
        var spilling = TableReader(path: path, request: request, memoryLimit: 0, scratchFolder: absent)
        spilling.tuning.blockShift = 0
        #expect(
            throws: TableError(
                .cannotWrite,
                "cannot make a scratch file in '\(absent)': No such file or directory; "
                    + "set TMPDIR to a folder that can be written, or raise --memory")
        ) { try spilling.read() }
    }

    @Test("keeps to the memory with many columns and few rows")
    func wideTable() throws {
        let names = (0..<100).map { "c\($0)" }
        let row = "a," + names.joined(separator: ",").replacing("c", with: "") + "\n"
        let path = folder.file(
            "t.csv", "task,\(names.joined(separator: ","))\n" + String(repeating: row, count: 3000))
        let request = TableRequest(task: "task", columns: names.map { ($0, .numbers) })
        let columnBytes = 8 * names.count * 3000
        let error = #expect(throws: TableError.self) {
            try TableReader(
                path: path, request: request, memoryLimit: columnBytes / 2, scratchFolder: "\(folder.path)/absent"
            ).read()
        }
        #expect(error?.description.hasPrefix("cannot make a scratch file") == true)
        let spilled = try TableReader(path: path, request: request, memoryLimit: columnBytes / 2).read()
        #expect(try spilled.numbers(73) == Array(repeating: 73, count: 3000))
    }

    @Test("asks for no more memory than there is, and says how much it asked for")
    func outOfMemory() {
        #expect(
            throws: TableError(
                .cannotWrite,
                "out of memory: 1152921.5 TB asked for columns of the table; "
                    + "lower --memory, and they go to a scratch file")
        ) { try ScratchMemory(byteCount: 1 << 60) }
    }

    @Test("leaves no file behind")
    func noFileLeft() throws {
        let path = folder.file("t.csv", "task,y\nb,1\na,2\n")
        let request = TableRequest(task: "task", columns: [("y", .numbers)])
        var reader = TableReader(path: path, request: request, memoryLimit: 0, scratchFolder: folder.path)
        reader.tuning.blockShift = 0
        let store = try reader.read()
        #expect(try store.numbers(0) == [2, 1])
        unlink(path)
        #expect(rmdir(folder.path) == 0)
    }
}
