import Compute
import Glibc
import Tables

/// A folder for one test's files, removed with them.
final class ReaderFolder {
    let path: String

    init() {
        var name = Array("/tmp/kindred-reader-XXXXXX".utf8CString)
        path = mkdtemp(&name) == nil ? "/tmp" : String(decoding: name.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(folder)
        rmdir(path)
    }

    /// Writes a file and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) -> String {
        let path = "\(path)/\(name)"
        if let file = fopen(path, "w") {
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
        return path
    }

    /// The bytes of a file.
    static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
        }
    }

    func file(_ name: String, _ text: String) -> String { file(name, Array(text.utf8)) }
}

/// Everything that a store holds, for comparison bit by bit.
struct ReaderSnapshot: Equatable {
    var tasks: [String]
    var sampleCounts: [Int]
    var names: [String]
    /// For each column, its numbers' bits or its levels' names, a row.
    var values: [[String]]
    var inputRows: [Int]
    var totalRowCount: Int

    init(_ store: ColumnStore) throws {
        tasks = (0..<store.taskLabels.count).map { store.taskLabels[$0] }
        sampleCounts = store.layout.sampleCounts
        names = store.columns.map(\.name)
        values = try store.columns.indices.map { column in
            switch store.columns[column].kind {
            case .numbers: try store.numbers(column).map { ReaderSnapshot.text($0) }
            case .codes(let levels): try store.codes(column).map { "level \(levels[Int($0)])" }
            }
        }
        inputRows = store.knowsInputRows ? try store.inputRows : []
        totalRowCount = store.totalRowCount
    }

    init(
        tasks: [String], sampleCounts: [Int], names: [String], values: [[String]], inputRows: [Int],
        totalRowCount: Int
    ) {
        self.tasks = tasks
        self.sampleCounts = sampleCounts
        self.names = names
        self.values = values
        self.inputRows = inputRows
        self.totalRowCount = totalRowCount
    }

    static func text(_ value: Double) -> String { value.isNaN ? "nan" : "bits \(value.bitPattern)" }
}

extension ColumnStore {
    func numbers(_ column: Int) throws -> [Double] {
        var numbers = [Double](repeating: 0, count: layout.rowCount)
        try readNumbers(column: column, rows: 0..<layout.rowCount, into: &numbers)
        return numbers
    }

    func codes(_ column: Int) throws -> [UInt32] {
        var codes = [UInt32](repeating: 0, count: layout.rowCount)
        try readCodes(column: column, rows: 0..<layout.rowCount, into: &codes)
        return codes
    }
}

/// A sequence of numbers that is the same at every run.
struct ReaderRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// gzip as RFC 1952 defines it, its bytes stored and not compressed.
func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var member: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
        let block = rest.prefix(65_535)
        rest = rest.dropFirst(block.count)
        let length = UInt16(block.count)
        member.append(rest.isEmpty ? 1 : 0)
        for word in [length, ~length] { member += [UInt8(word & 255), UInt8(word >> 8)] }
        member += block
    } while !rest.isEmpty
    for word in [checksum(bytes), UInt32(bytes.count)] {
        for shift: UInt32 in [0, 8, 16, 24] { member.append(UInt8((word >> shift) & 255)) }
    }
    return member
}
