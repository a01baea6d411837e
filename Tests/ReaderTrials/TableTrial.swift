import Compute
import Tables

/// Tables of text and of arrays, each read in one piece by one thread and in many by two.
enum TableTrial {
    /// Reads text whose header should name `task`, `y`, `x` and `g`.
    static func verdict(onText bytes: [UInt8], in folder: TrialFolder) -> ReaderTrial.Verdict {
        let request = TableRequest(
            task: "task", columns: [("y", .infer), ("x", .numbers), ("g", .labels)], keepsInputRows: true)
        let isPacked = bytes.starts(with: [0x1F, 0x8B])
        return verdict(
            on: request, path: folder.write(bytes), blockBytes: isPacked ? 1024 : blockBytes(of: bytes),
            isPacked: isPacked)
    }

    /// Reads the columns that the members' names suggest, one at a time.
    static func verdict(onArrays bytes: [UInt8], in folder: TrialFolder) -> ReaderTrial.Verdict {
        let path = folder.write(bytes)
        let names = arrayNames(in: bytes)
        let task = names.contains("task") ? "task" : "x0"
        var result = ReaderTrial.Verdict.refused
        for name in names.subtracting(["task"]).sorted().prefix(4) {
            let request = TableRequest(task: task, columns: [(name, .infer), (name, .labels)], keepsInputRows: true)
            let verdict = verdict(on: request, path: path, blockBytes: blockBytes(of: bytes), isPacked: true)
            if case .broken = verdict { return verdict }
            if verdict == .read { result = .read }
        }
        return result
    }

    /// So few that every input of some length is read in several blocks.
    private static func blockBytes(of bytes: [UInt8]) -> Int { max(16, bytes.count / 32) }

    /// - Parameter isPacked: whether damage to the packed bytes may show before that of the table or after it.
    private static func verdict(
        on request: TableRequest, path: String, blockBytes: Int, isPacked: Bool
    ) -> ReaderTrial.Verdict {
        let whole = Outcome(request, path: path, threadCount: 1) { _ in }
        let pieces = Outcome(request, path: path, threadCount: 2) {
            $0.blockBytes = blockBytes
            $0.pieceBytes = blockBytes / 3
            $0.blockShift = 4
        }
        guard whole == pieces || isPacked && whole.isRefused && pieces.isRefused else {
            return .broken("in one piece: \(whole); in several: \(pieces)")
        }
        switch whole {
        case .read: return .read
        case .refused(let error): return ReaderTrial.Verdict(error, naming: path)
        }
    }

    /// What stands before each `.npy`, and that with a column's number.
    private static func arrayNames(in bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = ["x0", "y"]
        var place = 0
        while place + 4 <= bytes.count, names.count < 64 {
            defer { place += 1 }
            guard bytes[place...].starts(with: [0x2E, 0x6E, 0x70, 0x79]) else { continue }
            let letters = bytes[..<place].suffix(8).reversed().prefix { $0 > 0x20 && $0 < 0x7F }.reversed()
            let name = String(decoding: letters, as: UTF8.self)
            names.insert(name)
            names.insert(name + "0")
        }
        return names
    }
}

/// What came of reading a table.
private enum Outcome: Equatable {
    case read(Content)
    case refused(TableError)

    struct Content: Equatable {
        var tasks: Labels
        var sampleCounts: [Int]
        var columns: [ColumnStore.Column]
        /// Each column's numbers as bits, or its codes.
        var values: [[UInt64]]
        var inputRows: [Int]
        var totalRowCount: Int
        var missing: [ColumnStore.MissingCount]
        var nonFinite: [NonFiniteValue?]
    }

    var isRefused: Bool { if case .refused = self { true } else { false } }

    init(
        _ request: TableRequest, path: String, threadCount: Int, tune: (inout TableReader.Tuning) -> Void
    ) {
        var reader = TableReader(
            path: path, request: request, parallel: Parallel(threadCount: threadCount), memoryLimit: 1 << 26)
        tune(&reader.tuning)
        do throws(TableError) {
            let store = try reader.read()
            self = .read(Content(store))
        } catch {
            self = .refused(error)
        }
    }
}

extension Outcome.Content {
    init(_ store: ColumnStore) {
        let rows = 0..<store.layout.rowCount
        tasks = store.taskLabels
        sampleCounts = store.layout.sampleCounts
        columns = store.columns
        totalRowCount = store.totalRowCount
        missing = store.droppedByColumn
        nonFinite = store.firstNonFinite
        do throws(ComputeError) {
            inputRows = try store.inputRows
            values = []
            for (index, column) in store.columns.enumerated() {
                if column.holdsNumbers {
                    var numbers = [Double](repeating: 0, count: rows.count)
                    try store.readNumbers(column: index, rows: rows, into: &numbers)
                    values.append(numbers.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern })
                } else {
                    var codes = [UInt32](repeating: 0, count: rows.count)
                    try store.readCodes(column: index, rows: rows, into: &codes)
                    values.append(codes.map(UInt64.init))
                }
            }
        } catch {
            preconditionFailure("a store in memory is read: \(error)")
        }
    }
}
