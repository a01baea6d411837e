import Compute
import Glibc
import Tables
import Testing

/// What changes the whole process is tried in one of its own.
@Suite("Reading tables in a process of its own")
struct ReaderProcessTests {
    @Test("reads standard input, plain and gzip")
    func standardInput() async {
        await #expect(processExitsWith: .success) {
            let folder = ReaderFolder()
            let text = Array("task\ty\nb\t1\na\t2\n".utf8)
            for bytes in [text, gzipped(text)] {
                let file = open(folder.file("in", bytes), O_RDONLY)
                dup2(file, STDIN_FILENO)
                close(file)
                let store = try TableReader(path: "-", request: TableRequest(task: "task", columns: [("y", .numbers)]))
                    .read()
                #expect(try store.numbers(0) == [2, 1])
                #expect(store.sourceName == "standard input")
            }
        }
    }

    @Test("reads a pipe that brings a few bytes at a time")
    func pipe() async {
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            #expect(Glibc.pipe(&ends) == 0)
            for byte in gzipped(Array("task,y\nb,1\na,2\n".utf8)) { #expect(write(ends[1], [byte], 1) == 1) }
            close(ends[1])
            dup2(ends[0], STDIN_FILENO)
            var totals: [Int?] = []
            let store = try TableReader(path: "-", request: TableRequest(task: "task", columns: [("y", .numbers)])) {
                totals.append($1)
                return true
            }.read()
            #expect(try store.numbers(0) == [2, 1])
            // The size of a pipe is never known, while it is read nor after.
            #expect(!totals.isEmpty && totals.allSatisfy { $0 == nil })
        }
    }

    @Test("takes no room for blank lines")
    func blankLines() async {
        await #expect(processExitsWith: .success) {
            let folder = ReaderFolder()
            let names = (0..<5000).map { "c\($0)" }
            let path = folder.file(
                "t.csv",
                "task,\(names.joined(separator: ","))\n" + String(repeating: "\n", count: 1_000_000) + "a"
                    + String(repeating: ",1", count: names.count))
            var reader = TableReader(
                path: path, request: TableRequest(task: "task", columns: names.map { ($0, .numbers) }))
            reader.tuning.pieceBytes = 1 << 22
            reader.tuning.blockShift = 4
            var limit = rlimit(rlim_cur: 8 << 30, rlim_max: .max)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
            let store = try reader.read()
            #expect(try store.numbers(4999) == [1])
        }
    }

    @Test("says what it needs where the scratch file may not grow")
    func fullDisk() async {
        await #expect(processExitsWith: .success) {
            let folder = ReaderFolder()
            let rows = (0..<5000).map { "\($0 % 13),\($0)\n" }.joined()
            let path = folder.file("t.csv", "task,y\n\(rows)")
            var reader = TableReader(
                path: path, request: TableRequest(task: "task", columns: [("y", .numbers)]), memoryLimit: 0,
                scratchFolder: folder.path)
            reader.tuning.blockShift = 10
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 20_000, rlim_max: .max)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            #expect(
                throws: TableError(
                    .cannotWrite,
                    "cannot write the scratch file in '\(folder.path)': File too large; at least 24.6 KB are needed "
                        + "there: set TMPDIR to a folder with more room, or raise --memory")
            ) { try reader.read() }
        }
    }
}
